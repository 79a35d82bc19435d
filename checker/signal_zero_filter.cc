#include "checker/signal_zero_filter.h"

#include <linux/kd.h>
#include <seccomp.h>

#include <array>
#include <cerrno>
#include <memory>

namespace holdfast::checker {
namespace {

struct SignalCall {
  int number;
  unsigned signal_argument;
};

constexpr std::array kSignalCalls{
    SignalCall{SCMP_SYS(kill), 1},
    SignalCall{SCMP_SYS(tkill), 1},
    SignalCall{SCMP_SYS(tgkill), 2},
    SignalCall{SCMP_SYS(pidfd_send_signal), 1},
    SignalCall{SCMP_SYS(rt_sigqueueinfo), 1},
    SignalCall{SCMP_SYS(rt_tgsigqueueinfo), 2},
};

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

}  // namespace

Result<void> allow_signal_zero_only() {
  const Context context(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
  if (!context) return failure("seccomp: out of memory");
  int result = 0;
  for (const SignalCall& call : kSignalCalls) {
    // All 64 bits are compared: what the kernel would cut off is refused, never let through.
    const scmp_arg_cmp not_zero{
        .arg = call.signal_argument, .op = SCMP_CMP_NE, .datum_a = 0, .datum_b = 0};
    if (result == 0) {
      result =
          seccomp_rule_add_array(context.get(), SCMP_ACT_ERRNO(EPERM), call.number, 1, &not_zero);
    }
  }
  const scmp_arg_cmp console{
      .arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xffffffff, .datum_b = KDSIGACCEPT};
  if (result == 0) {
    result =
        seccomp_rule_add_array(context.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, &console);
  }
  if (result == 0) result = seccomp_load(context.get());
  if (result < 0) return failure("signal filter: " + error_text(-result));
  return {};
}

}  // namespace holdfast::checker
