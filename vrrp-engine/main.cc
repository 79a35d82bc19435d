// vrrp-engine: the election. Unprivileged, on Unix sockets alone. See docs/privileges.md.
#include <sys/mman.h>

#include <CLI/CLI.hpp>

#include <cerrno>
#include <csignal>

#include "common/passed_socket.h"
#include "common/privilege.h"
#include "common/service.h"
#include "common/system_calls.h"
#include "common/users.h"
#include "vrrp-engine/messages.h"
#include "vrrp-engine/process.h"

namespace holdfast::vrrp {
namespace {

Result<void> limit_system_calls() {
  Filter filter(SCMP_ACT_ERRNO(EPERM));
  allow_base(filter);
  allow_unix_sockets(filter);
  return filter.load();
}

Result<int> run(ProcessOptions options, const std::string& checker_user) {
  const auto checker = user_id(checker_user);
  if (!checker) return std::unexpected(checker.error());
  options.checker_user = *checker;
  auto health = passed_socket("health.sock");
  if (!health) return std::unexpected(health.error());
  auto control = passed_socket("control.sock");
  if (!control) return std::unexpected(control.error());
  // What it touches once stays: no election waits for a disk.
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) {
    log_line<kNotLocked>(error_text(errno));
  }
  if (const auto confined = confine({{}, limit_system_calls}); !confined) {
    return std::unexpected(confined.error());
  }
  auto settings = EngineProcess::read_settings(options.config);
  if (!settings) return std::unexpected(settings.error());

  EventLoop loop;
  EngineProcess process(loop, std::move(options), std::move(*settings), std::move(*health),
                        std::move(*control));
  process.start();
  loop.enable_watchdog();
  return loop.run();
}

}  // namespace
}  // namespace holdfast::vrrp

int main(int argc, char** argv) {
  holdfast::log::open("vrrp-engine");
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("holdfast's election engine; started by systemd or `holdfast run`");
  holdfast::vrrp::ProcessOptions options;
  std::string checker_user;
  app.add_option("--config", options.config, "engine.pb")->required();
  app.add_option("--net-socket", options.net_socket, "net-helper's socket")->required();
  app.add_option("--events-socket", options.events_socket, "the notifier's socket")->required();
  app.add_option("--maintenance", options.maintenance, "the list of routers that are kept down");
  app.add_option("--checker-user", checker_user, "who may connect to health.sock")->required();
  CLI11_PARSE(app, argc, argv);
  const auto code = holdfast::vrrp::run(std::move(options), checker_user);
  if (code) return *code;
  holdfast::log_line<holdfast::vrrp::kCannotStart>(code.error().text);
  return 1;
}
