#include "vrrp-engine/process.h"

#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "common/compiled_file.h"
#include "common/maintenance_file.h"
#include "common/user_namespace.h"
#include "engine_config.pb.h"
#include "vrrp-engine/messages.h"

namespace holdfast::vrrp {
namespace {

// After the addresses are gone the notifier gets this long to take the last transitions.
constexpr std::chrono::milliseconds kFarewell{500};
// Ready is who has heard from the helper what is held; without a helper one can do no more either.
constexpr std::chrono::seconds kReadyAnyway{1};
constexpr std::chrono::milliseconds kStatusRest{200};

Result<MaintenanceOrders> maintenance_orders(const std::string& path) {
  MaintenanceOrders orders;
  if (path.empty()) return failure("this engine was started without --maintenance");
  const auto list = holdfast::read_maintenance(path);
  if (!list) return std::unexpected(list.error());
  for (const wire::MaintenanceOrder& order : list->orders()) {
    const bool whole = order.router().empty();
    const auto words =
        log::printable(fmt::format("since {}, by {} (`holdfast maintenance off{}{}` ends it)",
                                   order.since(), order.by(), whole ? "" : " ", order.router()));
    if (whole) orders.host = words;
    if (!whole) orders.routers[order.router()] = words;
  }
  return orders;
}

}  // namespace

Result<EngineSettings> EngineProcess::read_settings(const std::string& path) {
  google::protobuf::Arena arena(large_blocks());
  auto& config = *google::protobuf::Arena::CreateMessage<compiled::EngineConfig>(&arena);
  if (const auto read = read_compiled_file(path, CompiledKind::kEngine, config); !read) {
    return std::unexpected(read.error());
  }
  return settings_from(config);
}

EngineProcess::EngineProcess(EventLoop& loop, ProcessOptions options, EngineSettings settings,
                             UniqueFd health_socket, UniqueFd control_socket)
    : loop_(loop),
      options_(std::move(options)),
      helper_(loop, options_.net_socket, [this] { after_event(); }),
      transition_log_(loop),
      transitions_(loop, options_.events_socket),
      engine_(std::move(settings), *this),
      health_(loop, std::move(health_socket), shown_as(options_.checker_user), engine_,
              [this] { after_event(); }),
      control_(
          loop, std::move(control_socket), engine_,
          [this](wire::StatusReply& reply) {
            reply.set_helper_connected(helper_.is_ready());
            reply.set_checker_connected(health_.is_connected());
            reply.set_notifier_connected(transitions_.is_connected());
          },
          [this](const ucred& who) { return read_maintenance(who); }),
      deadline_(loop.add_timer([this] {
        engine_.on_deadline(BootClock::now());
        after_event();
      })),
      stop_limit_(loop.add_timer([this] { end(); })),
      ready_limit_(loop.add_timer([this] { tell_ready(); })),
      status_rest_(loop.add_timer([this] {
        status_rests_ = false;
        tell_status();
      })),
      terminate_(loop.add_signal(SIGTERM, [this] { stop(); })),
      hand_over_(loop.add_signal(kHandOverSignal,
                                 [this] {
                                   log_line<kHandingOver>();
                                   loop_.exit(0);
                                 })),
      hangup_(loop.add_signal(SIGHUP, [this] { reload(); })) {}

void EngineProcess::start() {
  log_line<kStarted>(engine_.routers().size(), engine_.settings().system_name);
  if (!options_.maintenance.empty()) {
    auto orders = maintenance_orders(options_.maintenance);
    if (!orders) log_line<kMaintenanceUnread>(orders.error().text);
    if (orders) engine_.on_maintenance(std::move(*orders), BootClock::now());
    if (const size_t down = engine_.in_maintenance()) log_line<kStillInMaintenance>(down);
  }
  helper_.start(engine_);
  transitions_.start();
  ready_limit_.arm_after(kReadyAnyway);
  after_event();
}

void EngineProcess::tell_ready() {
  if (std::exchange(ready_, true)) return;
  notify("READY=1\nSTATUS=" + status_);
}

void EngineProcess::hold(RouterId router, const HoldAction& action) {
  helper_.hold(router, action);
}
void EngineProcess::resign(RouterId router, Duration linger) {
  helper_.resign(router, linger);
}
void EngineProcess::withdraw(RouterId router) {
  helper_.withdraw(router);
}

void EngineProcess::transition(const RouterSettings& router, const TransitionAction& action) {
  moves_.push_back({router.id, router.name, action});
  if (RouterEntry* entry = engine_.find(router.id)) entry->since_unix_ms = unix_ms_now();
}

void EngineProcess::priority_changed(const RouterSettings& router, const PriorityAction& action) {
  transition_log_.tell(router.name, action);
}

void EngineProcess::packet_refused(const RouterSettings& router, Ipv4 source, Rung rung,
                                   uint64_t suppressed) {
  log_line<kPacketRefused>(router.name, source.text(), rung_reason(rung), suppressed);
}

void EngineProcess::other_addresses(const RouterSettings& router, Ipv4 source,
                                    uint64_t suppressed) {
  log_line<kOtherAddresses>(router.name, source.text(), suppressed);
}

void EngineProcess::other_interval(const RouterSettings& router, const Advertisement& heard,
                                   uint64_t suppressed) {
  const auto ms = [](Duration time) { return time / std::chrono::milliseconds(1); };
  log_line<kOtherInterval>(router.name, heard.source.text(), ms(heard.interval),
                           ms(router.advert_interval), suppressed);
}

void EngineProcess::after_event() {
  // The addresses move first: what the log and the notifier are told comes after it.
  helper_.flush();
  tell_moves();
  if (const auto next = engine_.next_deadline()) {
    deadline_.arm(*next);
  } else {
    deadline_.disarm();
  }
  control_.after_event();
  tell_status();
  if (helper_.is_ready()) tell_ready();
  finish_if_done();
}

void EngineProcess::tell_moves() {
  if (moves_.empty()) return;
  for (const Move& move : moves_) {
    transition_log_.tell(move.name, move.action);
    if (!move.action.resumed) transitions_.push(move.router, move.action);
  }
  moves_ = std::vector<Move>();  // of thousands: `= {}` would keep the memory
  transitions_.send_untold();
  moved_ = true;
}

// "1 Active, 0 Backup, 0 Fault": only when it may have changed, and not for each of thousands: the
// manager has work with it.
void EngineProcess::tell_status() {
  if (!moved_ || status_rests_) return;
  moved_ = false;
  status_rests_ = true;
  status_rest_.arm_after(kStatusRest);
  size_t active = 0;
  size_t backup = 0;
  size_t fault = 0;
  for (const auto& [id, entry] : engine_.routers()) {
    active += entry.router.state() == State::kActive ? 1U : 0U;
    backup += entry.router.state() == State::kBackup ? 1U : 0U;
    fault += entry.router.state() == State::kFault ? 1U : 0U;
  }
  auto status = fmt::format("{} Active, {} Backup, {} Fault", active, backup, fault);
  if (const size_t down = engine_.in_maintenance())
    status += fmt::format(", {} in maintenance", down);
  if (status == status_) return;
  status_ = std::move(status);
  notify("STATUS=" + status_);
}

void EngineProcess::reload() {
  notify_reloading();
  auto settings = read_settings(options_.config);
  if (settings) {
    engine_.reconfigure(std::move(*settings), BootClock::now());
    moved_ = true;
    log_line<kReloaded>(engine_.settings().generation, engine_.routers().size());
    after_event();
  } else {
    log_line<kReloadFailed>(settings.error().text);
  }
  notify("READY=1\nSTATUS=" + status_);
}

Result<void> EngineProcess::read_maintenance(const ucred& who) {
  auto orders = maintenance_orders(options_.maintenance);
  if (!orders) {
    log_line<kMaintenanceUnread>(orders.error().text);
    return std::unexpected(orders.error());
  }
  const size_t before = engine_.in_maintenance();
  engine_.on_maintenance(std::move(*orders), BootClock::now());
  helper_.flush();
  const size_t after = engine_.in_maintenance();
  if (after != before) log_line<kMaintenance>(after, before, who.uid, who.pid);
  moved_ = true;
  after_event();
  return {};
}

void EngineProcess::stop() {
  if (std::exchange(stopping_, true)) return;
  log_line<kStopping>();
  Duration longest = kLinger;
  for (const auto& [id, entry] : engine_.routers()) {
    longest = std::max(longest, entry.router.linger());
  }
  longest += kFarewell;
  stop_limit_.arm_after(longest);
  // With the long intervals of VRRPv3 the successor takes longer than a unit has to stop. Who stops
  // us is to wait for a little longer than we do.
  notify(fmt::format("STOPPING=1\nEXTEND_TIMEOUT_USEC={}",
                     (longest + kFarewell) / std::chrono::microseconds(1)));
  engine_.on_shutdown(BootClock::now());
  after_event();
}

void EngineProcess::end() {
  transition_log_.flush();
  loop_.exit(0);
}

void EngineProcess::finish_if_done() {
  if (!stopping_ || !engine_.is_finished()) return;
  // Scripts that still wait are the notifier's: it outlives us.
  const bool told = transitions_.is_taken() || !transitions_.is_connected();
  if (told && helper_.is_idle()) return end();
  // Not taken yet: look again soon; stop_limit_ ends the waiting.
  deadline_.arm_after(std::chrono::milliseconds(10));
}

}  // namespace holdfast::vrrp
