// The checker: runs health scripts and reports to the engine. It holds no capability; see
// granted_runner_main.h for the one grant that a script can get.
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <optional>
#include <span>
#include <vector>

#include "checker/checker.h"
#include "checker/granted_runner_main.h"
#include "checker/messages.h"
#include "common/log.h"
#include "common/privilege.h"
#include "common/script_system_calls.h"
#include "common/service.h"

namespace holdfast::checker {
namespace {

struct Arguments {
  std::string config;
  std::string engine_socket;
  std::string runners;
  bool granted_runner = false;
  std::optional<pid_t> runner;  // of the granted runner; 0: no check asked for one
  std::string no_runner;        // why there is none
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

// Starts the granted runner while CAP_KILL is there, then executes this program anew without it.
// capset(2) could give it up as well, but the unit's filter refuses that, and a fresh program has
// nothing in memory of the one that had the right.
Result<void> start_again_without_the_right(std::span<char*> words, const std::string& config) {
  std::string answer = "--runner=0";
  auto started = GrantedRunner::start("/proc/self/exe", config);
  if (!started) answer = "--no-runner=" + started.error().text;
  std::optional<GrantedRunner> runner = started ? std::move(*started) : std::nullopt;
  if (runner) {
    answer = fmt::format("--runner={}", runner->pid());
    if (const auto kept = runner->survive_exec(); !kept) return kept;
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
    return system_failure("clear the ambient capabilities");
  }
  std::vector<char*> argv(words.begin(), words.end());
  argv.push_back(answer.data());
  argv.push_back(nullptr);
  ::execv("/proc/self/exe", argv.data());
  return system_failure("execute the checker anew");
}

Grant grant_of(const Arguments& arguments) {
  Grant grant;
  grant.available = arguments.runner.has_value();
  if (!arguments.no_runner.empty()) grant.missing_reason = arguments.no_runner;
  const pid_t inherited = arguments.runner.value_or(0);
  if (inherited > 0) grant.runner = GrantedRunner::inherited(inherited);
  return grant;
}

int run(const Arguments& arguments) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  Grant grant = grant_of(arguments);
  const auto confined = confine({.capabilities = {}, .limit_system_calls = limit_scripts});
  if (!confined) {
    log_line<kCannotStart>(confined.error().text);
    return 1;
  }
  EventLoop loop;
  Checker checker(loop, arguments.config, arguments.engine_socket, arguments.runners,
                  std::move(grant));
  if (const auto loaded = checker.load(); !loaded) {
    log_line<kCannotStart>(loaded.error().text);
    return 1;
  }
  const auto stop = [&loop, &checker] {
    log_line<kStopping>();
    notify("STOPPING=1");
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
    notify("READY=1\nSTATUS=" + checker.status());
  });
  loop.enable_watchdog();
  notify("READY=1\nSTATUS=" + checker.status());
  return loop.run();
}

int start(int argc, char** argv) {
  log::open("checker");
  Arguments arguments;
  CLI::App app("holdfast checker: runs health scripts and reports to the engine");
  app.add_option("--config", arguments.config, "checker.pb, as `holdfast compile` wrote it")
      ->required();
  app.add_option("--engine-socket", arguments.engine_socket, "the engine's health.sock");
  app.add_option("--runners", arguments.runners,
                 "the directory of runner.USER.sock, for scripts of other users")
      ->default_val("/run/holdfast");
  // Private: the checker starts itself so; there is no use in them for anybody else.
  app.add_flag("--granted-runner", arguments.granted_runner)->group("");
  app.add_option("--runner", arguments.runner)->group("");
  app.add_option("--no-runner", arguments.no_runner)->group("");
  CLI11_PARSE(app, argc, argv);
  if (arguments.granted_runner) {
    return granted_runner_main(UniqueFd(kGrantSocket), arguments.config);
  }
  if (arguments.engine_socket.empty()) {
    log_line<kCannotStart>("--engine-socket is missing: give the path of health.sock");
    return 1;
  }
  const bool first_time = !arguments.runner && arguments.no_runner.empty();
  if (first_time && has_capability(CAP_KILL)) {
    const auto again =
        start_again_without_the_right({argv, static_cast<size_t>(argc)}, arguments.config);
    log_line<kCannotStart>(again.error().text);
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
