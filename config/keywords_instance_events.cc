// Rows of `vrrp_instance`: who is told of changes.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kInstance;

template <NotifyEvent kEvent>
void set_command(Call& call) {
  auto& commands = call.instance().notify;
  const auto before = std::ranges::find(commands, kEvent, &NotifyCommand::event);
  NotifyCommand& one =
      before == commands.end() ? commands.emplace_back(NotifyCommand{kEvent, {}}) : *before;
  set(one.command, call.value());
  one.run_as = call.value().run_as;
}

}  // namespace

std::vector<Keyword> instance_event_keywords() {
  constexpr Rows kRow{kHere};
  return {
      kRow("notify_master", {command()}, {}, "Runs when the router becomes MASTER.",
           "notifier.pb routers.notify_master", set_command<NotifyEvent::kMaster>),
      kRow("notify_backup", {command()}, {}, "Runs when the router becomes BACKUP.",
           "notifier.pb routers.notify_backup", set_command<NotifyEvent::kBackup>),
      kRow("notify_fault", {command()}, {}, "Runs when the router enters FAULT.",
           "notifier.pb routers.notify_fault", set_command<NotifyEvent::kFault>),
      kRow("notify_stop", {command()}, {}, "Runs when the service stops.",
           "notifier.pb routers.notify_stop", set_command<NotifyEvent::kStop>),
      kRow("notify", {command()}, {},
           "Runs at every change, with INSTANCE, the name, the state and the priority appended.",
           "notifier.pb routers.notify", set_command<NotifyEvent::kAny>),
      not_yet(kHere, "a router that a reload removes stops, and tells notify_stop",
              Severity::kWarning)("notify_deleted", {command()}, {},
                                  "Runs when a reload removes the router."),
      not_yet(kHere, "an advertisement of lower priority changes nothing that could be told",
              Severity::kWarning)("notify_master_rx_lower_pri", {command()}, {},
                                  "Runs when a MASTER hears an advertisement of lower priority."),
      kRow("smtp_alert", {on_or_off()}, "as smtp_alert_vrrp",
           "Whether changes of state are mailed.", "notifier.pb routers.smtp_alert",
           [](Call& call) { set(call.instance().smtp_alert, call.value()); }),
  };
}

}  // namespace holdfast::config
