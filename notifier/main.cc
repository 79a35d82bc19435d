// The notifier: runs notification scripts and sends mail, without any capability.
#include <csignal>
#include <utility>

#include "common/event_loop.h"
#include "common/log.h"
#include "common/passed_socket.h"
#include "common/privilege.h"
#include "common/script_system_calls.h"
#include "common/service.h"
#include "notifier/messages.h"
#include "notifier/options.h"
#include "notifier/service.h"

namespace holdfast::notifier {
namespace {

int refuse_start(const Error& error) {
  log_line<kStartFailed>(error.text);
  return 1;
}

int run(int argc, char** argv) {
  log::open("notifier");
  const auto options = parse_options(argc, argv);
  if (!options) {
    log_line<kUsage>(options.error().text);
    return 2;
  }
  auto events_socket = passed_socket("events.sock");
  if (!events_socket) return refuse_start(events_socket.error());
  if (const auto confined = confine({.capabilities = {}, .limit_system_calls = limit_scripts});
      !confined) {
    return refuse_start(confined.error());
  }
  // A peer that goes away is an error of the write, not our end.
  std::signal(SIGPIPE, SIG_IGN);

  EventLoop loop;
  const auto service = Service::start(loop, {.events_socket = std::move(*events_socket),
                                             .engine_user = options->engine_user,
                                             .config = options->config,
                                             .state_directory = options->state_directory,
                                             .runners = options->runners});
  if (!service) return refuse_start(service.error());
  const Source terminate = loop.add_signal(SIGTERM, [&service] { (*service)->stop(); });
  const Source interrupt = loop.add_signal(SIGINT, [&service] { (*service)->stop(); });
  const Source hang_up = loop.add_signal(SIGHUP, [&service] { (*service)->reload(); });
  loop.enable_watchdog();
  return loop.run();
}

}  // namespace
}  // namespace holdfast::notifier

int main(int argc, char** argv) {
  return holdfast::notifier::run(argc, argv);
}
