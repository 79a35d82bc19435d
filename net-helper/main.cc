// net-helper: the suite's one process with network privileges. See docs/privileges.md.
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "common/compiled_file.h"
#include "common/event_loop.h"
#include "common/privilege.h"
#include "common/service.h"
#include "net-helper/helper.h"
#include "net-helper/messages.h"
#include "net_config.pb.h"

namespace holdfast::net {
namespace {

constexpr std::array kCapabilities = {CAP_NET_ADMIN, CAP_NET_RAW};

// Made by the build: common/net_helper_filter.cc.
constexpr sock_filter kFilter[] = {
#include "net-helper/filter_program.inc"
};

Result<void> limit_system_calls() {
  const sock_fprog program{.len = std::size(kFilter), .filter = const_cast<sock_filter*>(kFilter)};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) return {};
  return system_failure("load the seccomp filter");
}

Result<Policy> read_policy(const std::string& path) {
  google::protobuf::Arena arena(large_blocks());
  auto& message = *google::protobuf::Arena::CreateMessage<compiled::NetConfig>(&arena);
  const auto read = read_compiled_file(path, CompiledKind::kNet, message);
  if (!read) return std::unexpected(read.error());
  auto policy = Policy::from_message(message);
  if (!policy) return failure(path + ": " + policy.error().text);
  return policy;
}

void reload(Helper& helper, const std::string& path, Trail& trail) {
  notify_reloading();
  auto policy = read_policy(path);
  if (policy) helper.reload(std::move(*policy));
  if (!policy) trail.record(kReloadFailed, "", {}, policy.error().text);
  notify("READY=1\nSTATUS=serving");
}

Result<int> run(std::span<char*> words) {
  if (words.size() != 3 || words[1] != std::string_view("--config")) {
    return failure("usage: net-helper --config FILE");
  }
  UniqueFd listening(sd_listen_fds(0) == 1 ? SD_LISTEN_FDS_START : -1);
  if (!listening) return failure("started without net.sock: start it by systemd or `holdfast run`");
  // What it touches once stays: no advertisement waits for a disk.
  const bool locked = ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
  if (!locked) log_line<kNotLocked>(error_text(errno));
  const auto confined = confine({kCapabilities, limit_system_calls});
  if (!confined) return std::unexpected(confined.error());
  auto policy = read_policy(words[2]);
  if (!policy) return std::unexpected(policy.error());
  // Where standard error is the journal's (systemd.exec(5)), it takes records as well.
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  Trail trail(journal ? "/run/systemd/journal/socket" : "");
  trail.record(kStarted, policy->row(), {}, "");

  EventLoop loop;
  auto helper = Helper::start(loop, std::move(*policy), std::move(listening), trail);
  if (!helper) return std::unexpected(helper.error());
  const auto stop = [&loop, &helper] {
    notify("STOPPING=1");
    (*helper)->stop();
    loop.exit(0);
  };
  const Source terminate = loop.add_signal(SIGTERM, stop);
  const Source hand_over = loop.add_signal(kHandOverSignal, [&loop] { loop.exit(0); });
  const Source hangup = loop.add_signal(SIGHUP, [&] { reload(**helper, words[2], trail); });
  loop.enable_watchdog();
  notify("READY=1\nSTATUS=serving");
  return loop.run();
}

}  // namespace
}  // namespace holdfast::net

int main(int argc, char** argv) {
  holdfast::log::open("net-helper");
  std::signal(SIGPIPE, SIG_IGN);
  const auto code = holdfast::net::run({argv, static_cast<size_t>(argc)});
  if (code) return *code;
  holdfast::log_line<holdfast::net::kFatal>(code.error().text);
  return 1;
}
