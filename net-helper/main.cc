// net-helper: the suite's one process with network privileges. See docs/privileges.md.
#include <linux/capability.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <span>
#include <string>
#include <string_view>

#include "common/compiled_file.h"
#include "common/event_loop.h"
#include "common/privilege.h"
#include "common/service.h"
#include "common/users.h"
#include "net-helper/helper.h"
#include "net-helper/messages.h"
#include "net_config.pb.h"

namespace holdfast::net {
namespace {

constexpr std::array kCapabilities = {CAP_NET_ADMIN, CAP_NET_RAW};
constexpr auto kNoUser = static_cast<uid_t>(-1);
constexpr const char* kUsage = "usage: net-helper --config FILE --engine-user USER";

struct Arguments {
  std::string config;
  uid_t engine_user = kNoUser;
};

Result<Arguments> read_arguments(std::span<char*> words) {
  Arguments arguments;
  for (size_t i = 1; i + 1 < words.size(); i += 2) {
    const std::string_view option = words[i];
    if (option == "--config") {
      arguments.config = words[i + 1];
    } else if (option == "--engine-user") {
      const auto user = user_id(words[i + 1]);
      if (!user) return std::unexpected(user.error());
      arguments.engine_user = *user;
    } else {
      return failure(kUsage);
    }
  }
  if (words.size() % 2 == 0 || arguments.config.empty() || arguments.engine_user == kNoUser)
    return failure(kUsage);
  return arguments;
}

Result<Policy> read_policy(const std::string& path) {
  compiled::NetConfig message;
  if (auto read = read_compiled_file(path, CompiledKind::kNet, message); !read) {
    return std::unexpected(read.error());
  }
  auto policy = Policy::from_message(message);
  if (!policy) return failure(path + ": " + policy.error().text);
  return policy;
}

void reload(Helper& helper, const std::string& path) {
  notify_reloading();
  auto policy = read_policy(path);
  if (policy) {
    helper.reload(std::move(*policy));
  } else {
    log_line<kReloadFailed>(policy.error().text);
  }
  notify_ready("serving");
}

Result<int> run(std::span<char*> words) {
  const auto arguments = read_arguments(words);
  if (!arguments) return std::unexpected(arguments.error());
  auto listening = PassedSockets::take().claim("net.sock");
  if (!listening) return std::unexpected(listening.error());
  if (auto confined = confine({kCapabilities, SystemCalls::kNetHelper}); !confined) {
    return std::unexpected(confined.error());
  }
  auto policy = read_policy(arguments->config);
  if (!policy) return std::unexpected(policy.error());
  log_line<kStarted>(policy->routers.size(), policy->interface_ids.size());

  EventLoop loop;
  auto helper =
      Helper::start(loop, std::move(*policy), std::move(*listening), arguments->engine_user);
  if (!helper) return std::unexpected(helper.error());
  const auto stop = [&loop, &helper] {
    notify_stopping();
    (*helper)->stop();
    loop.exit(0);
  };
  const Source terminate = loop.add_signal(SIGTERM, stop);
  const Source hand_over = loop.add_signal(kHandOverSignal, [&loop] { loop.exit(0); });
  const Source hangup =
      loop.add_signal(SIGHUP, [&helper, &arguments] { reload(**helper, arguments->config); });
  loop.enable_watchdog();
  notify_ready("serving");
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
