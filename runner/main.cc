// The runner of one user: runs the scripts that the configuration names for that user, when the
// checker or the notifier asks. See docs/privileges.md.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <span>
#include <string>
#include <string_view>

#include "common/event_loop.h"
#include "common/passed_socket.h"
#include "common/privilege.h"
#include "common/script_system_calls.h"
#include "common/service.h"
#include "common/users.h"
#include "runner/messages.h"
#include "runner/server.h"

namespace holdfast::runner {
namespace {

constexpr auto kNoUser = static_cast<uid_t>(-1);
constexpr const char* kUsage =
    "usage: runner --config FILE --checker-user USER --notifier-user USER [--idle SECONDS]";

struct Arguments {
  std::string config;
  uid_t checker_user = kNoUser;
  uid_t notifier_user = kNoUser;
  std::chrono::seconds idle{60};
};

Result<Arguments> read_arguments(std::span<char*> words) {
  Arguments arguments;
  for (size_t i = 1; i + 1 < words.size(); i += 2) {
    const std::string_view option = words[i];
    const std::string value = words[i + 1];
    if (option == "--config") {
      arguments.config = value;
    } else if (option == "--checker-user" || option == "--notifier-user") {
      const auto user = user_id(value);
      if (!user) return failure(fmt::format("{}: {}", option, user.error().text));
      (option == "--checker-user" ? arguments.checker_user : arguments.notifier_user) = *user;
    } else if (option == "--idle") {
      int64_t seconds = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (error != std::errc{} || end != value.data() + value.size() || seconds < 1) {
        return failure(kUsage);
      }
      arguments.idle = std::chrono::seconds(seconds);
    } else {
      return failure(kUsage);
    }
  }
  const bool complete = !arguments.config.empty() && arguments.checker_user != kNoUser &&
                        arguments.notifier_user != kNoUser;
  if (words.size() % 2 == 0 || !complete) return failure(kUsage);
  return arguments;
}

// Root's is there because the administrator wants scripts with root's rights: it keeps them.
Result<void> give_up_rights() {
  if (::geteuid() == 0) return {};
  return confine({.capabilities = {}, .limit_system_calls = limit_scripts});
}

Result<int> run(std::span<char*> words) {
  const auto arguments = read_arguments(words);
  if (!arguments) return std::unexpected(arguments.error());
  auto listening = passed_socket("runner.sock");
  if (!listening) return std::unexpected(listening.error());
  if (const auto confined = give_up_rights(); !confined) return std::unexpected(confined.error());
  EventLoop loop;
  Server server(loop, {.listening = std::move(*listening),
                       .checker_user = arguments->checker_user,
                       .notifier_user = arguments->notifier_user,
                       .config = arguments->config,
                       .idle = arguments->idle});
  const auto stop = [&loop] {
    log_line<kStopping>();
    notify("STOPPING=1");
    loop.exit(0);
  };
  const Source terminate = loop.add_signal(SIGTERM, stop);
  const Source interrupt = loop.add_signal(SIGINT, stop);
  loop.enable_watchdog();
  notify("READY=1\nSTATUS=" + server.status());
  return loop.run();
}

}  // namespace
}  // namespace holdfast::runner

int main(int argc, char** argv) {
  holdfast::log::open("runner");
  std::signal(SIGPIPE, SIG_IGN);
  const auto code = holdfast::runner::run({argv, static_cast<size_t>(argc)});
  if (code) return *code;
  holdfast::log_line<holdfast::runner::kCannotStart>(code.error().text);
  return 1;
}
