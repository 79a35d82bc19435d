// The checker: runs health scripts and reports to the engine. It holds no capability; see
// granted_runner_main.h for the one grant that a script can get.
#include <linux/capability.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>

#include "checker/checker.h"
#include "checker/granted_runner_main.h"
#include "checker/messages.h"
#include "common/log.h"
#include "common/privilege.h"
#include "common/service.h"

namespace holdfast::checker {
namespace {

struct Arguments {
  std::string config;
  std::string engine_socket;
  bool granted_runner = false;
};

// A run has three descriptors of ours open, so many checks soon reach a soft limit of 1024. The
// scripts inherit it, and some close every number below it: hence not the hard limit.
constexpr rlim_t kDescriptorsMax = 65536;

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kDescriptorsMax));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// While CAP_KILL is there: afterwards is too late.
Grant take_grant(const std::string& config) {
  Grant grant;
  if (!has_capability(CAP_KILL)) return grant;
  grant.available = true;
  auto runner = GrantedRunner::start("/proc/self/exe", config);
  if (runner) {
    grant.runner = std::move(*runner);
  } else {
    grant.available = false;
    grant.missing_reason = runner.error().text;
  }
  return grant;
}

int run(const Arguments& arguments) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  Grant grant = take_grant(arguments.config);
  const auto confined = confine({.capabilities = {}, .system_calls = SystemCalls::kChecker});
  if (!confined) {
    log_line<kCannotStart>(confined.error().text);
    return 1;
  }
  EventLoop loop;
  Checker checker(loop, arguments.config, arguments.engine_socket, std::move(grant));
  if (const auto loaded = checker.load(); !loaded) {
    log_line<kCannotStart>(loaded.error().text);
    return 1;
  }
  const auto stop = [&loop, &checker] {
    log_line<kStopping>();
    notify_stopping();
    checker.begin_stop();
    loop.exit(0);
  };
  const Source terminate = loop.add_signal(SIGTERM, stop);
  const Source interrupt = loop.add_signal(SIGINT, stop);
  const Source reload = loop.add_signal(SIGHUP, [&checker] {
    notify_reloading();
    if (const auto loaded = checker.load(); !loaded) {
      log_line<kKeptOldConfig>(loaded.error().text);
    }
    notify_ready(checker.status());
  });
  loop.enable_watchdog();
  notify_ready(checker.status());
  return loop.run();
}

int start(int argc, char** argv) {
  log::open("checker");
  Arguments arguments;
  CLI::App app("holdfast checker: runs health scripts and reports to the engine");
  app.add_option("--config", arguments.config, "checker.pb, as `holdfast compile` wrote it")
      ->required();
  app.add_option("--engine-socket", arguments.engine_socket, "the engine's health.sock");
  // Private: the checker starts itself so; there is no use in it for anybody else.
  app.add_flag("--granted-runner", arguments.granted_runner)->group("");
  CLI11_PARSE(app, argc, argv);
  if (arguments.granted_runner) {
    return granted_runner_main(UniqueFd(kGrantSocket), arguments.config);
  }
  if (arguments.engine_socket.empty()) {
    log_line<kCannotStart>("--engine-socket is missing: give the path of health.sock");
    return 1;
  }
  raise_descriptor_limit();
  return run(arguments);
}

}  // namespace
}  // namespace holdfast::checker

int main(int argc, char** argv) {
  return holdfast::checker::start(argc, argv);
}
