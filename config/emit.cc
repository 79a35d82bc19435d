#include "config/emit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "common/child_process.h"
#include "common/compiled_file.h"
#include "common/vrrp_encode.h"
#include "config/catalogue.h"
#include "config/check.h"

namespace holdfast::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint32_t kLeaseLimitMs = 3000;
// The longest skew time of VRRPv2 is 255/256 s (RFC 3768 6.1); the rest is for the way.
// What is beyond the skew of VRRPv3, which is less than an interval, is for the way.
constexpr uint32_t kResignLingerLimitMs = 1100;
constexpr uint32_t kWayMs = 100;
constexpr uint32_t kScriptTimeoutMs = 60'000;
constexpr size_t kPasswordBytes = 8;
constexpr uint32_t kOwnerPriority = 255;

uint32_t in_ms(Micros time) {
  return static_cast<uint32_t>(std::chrono::duration_cast<milliseconds>(time).count());
}

uint32_t seconds_in_ms(int64_t value) {
  return in_ms(seconds(value));
}

template <class T>
const T& either(const Setting<T>& own, const Setting<T>& general) {
  return own_or_general(own, general).value;
}

void fill(const Command& command, compiled::Command& out) {
  out.set_text(command.text);
  if (command.runner == Command::Runner::kExec) {
    for (const std::string& argument : command.argv) out.mutable_exec()->add_argv(argument);
    return;
  }
  const bool bash = command.runner == Command::Runner::kBash;
  out.mutable_shell()->set_interpreter(bash ? "/bin/bash" : "/bin/sh");
  out.mutable_shell()->set_script(command.text);
}

compiled::Command& notification(NotifyEvent event, compiled::NotifierRouter& router) {
  switch (event) {
    case NotifyEvent::kMaster:
      return *router.mutable_notify_master();
    case NotifyEvent::kBackup:
      return *router.mutable_notify_backup();
    case NotifyEvent::kFault:
      return *router.mutable_notify_fault();
    case NotifyEvent::kStop:
      return *router.mutable_notify_stop();
    case NotifyEvent::kAny:
      break;
  }
  return *router.mutable_notify();
}

class Emitter {
 public:
  Emitter(Model& model, const CompileOptions& options, CompileResult& result)
      : model_(model), options_(options), result_(result) {}

  void run() {
    result_.engine.set_system_name(system_name());
    for (const Script& script : model_.scripts) scripts_[script.name.value] = &script;
    emit_checks();
    if (options_.keep_model) {
      for (const Instance& instance : model_.instances) emit_router(instance);
    }
    // Of a large file the model and the result take as much memory as each other.
    for (; !options_.keep_model && !model_.instances.empty(); model_.instances.pop_front()) {
      emit_router(model_.instances.front());
    }
    emit_mail();
    result_.notifier.set_script_timeout_ms(kScriptTimeoutMs);
  }

 private:
  const std::string& system_name() const {
    const auto& router_id = model_.global.router_id;
    return router_id.is_set() ? router_id.value : options_.host_name;
  }

  // Scripts that nothing tracks do not run.
  void emit_checks() {
    std::set<std::string_view> tracked;
    for (const Instance& instance : model_.instances) {
      for (const TrackedScript& script : instance.tracked) tracked.insert(script.name.value);
    }
    for (const Script& script : model_.scripts) {
      if (!tracked.contains(script.name.value)) continue;
      compiled::Check& check = *result_.engine.add_checks();
      check.set_id(id_of(script.name.value));
      check.set_name(script.name.value);
      emit_script(script);
    }
  }

  void emit_script(const Script& script) {
    compiled::ScriptCheck& check = *result_.checker.add_scripts();
    check.set_id(id_of(script.name.value));
    check.set_name(script.name.value);
    const uint32_t timeout_ms = in_ms(either(script.timeout, script.interval));
    if (auto* entry = runner_script(script.run_as, *check.mutable_command())) {
      entry->set_asker(compiled::RunnerScript::ASKER_CHECKER);
      entry->set_timeout_ms(timeout_ms);
      fill(script.command.value, *entry->mutable_command());
      check.mutable_command()->set_text(script.command.value.text);
    } else {
      fill(script.command.value, *check.mutable_command());
    }
    check.set_interval_ms(in_ms(script.interval.value));
    check.set_timeout_ms(timeout_ms);
    check.set_rise(static_cast<uint32_t>(script.rise.value));
    check.set_fall(static_cast<uint32_t>(script.fall.value));
    // The grant is for what runs as the checker's user.
    if (check.command().has_remote()) return;
    const auto [asks, first] = asks_signal_zero_.try_emplace(script.command.value.text);
    if (first) asks->second = asks_signal_zero(script.command.value, options_.read_script);
    if (!asks->second) return;
    check.set_signal_zero(true);
    result_.diagnostics.report<kMayKill>(script.command.place)
        .note("it runs with CAP_KILL, behind a filter that lets nothing but signal 0 pass");
  }

  void emit_router(const Instance& instance) {
    compiled::EngineRouter& engine = *result_.engine.add_routers();
    compiled::NetRouter& net = *result_.net.add_routers();
    fill_both(instance, engine);
    fill_both(instance, net);
    const bool version_3 = speaks_version_3(model_.global, instance);
    engine.set_version(version_3 ? 3 : 2);
    if (instance.authentication.type.is_set()) {
      fill_authentication(instance, *engine.mutable_authentication());
    }
    for (const VirtualAddress& item : instance.addresses) {
      fill_address(item, engine, *engine.add_advertised());
      fill_address(item, engine, *net.add_addresses());
    }
    for (const VirtualAddress& item : instance.excluded_addresses) {
      fill_address(item, engine, *net.add_addresses());
    }
    emit_election(instance, engine);
    emit_announcements(instance, *engine.mutable_garp());
    emit_policy(instance, engine.garp(), net);
    const bool alone = either(instance.v3_checksum_as_v2, model_.global.v3_checksum_as_v2);
    net.set_advertisement(version_3 ? advertisement_3(engine, alone) : advertisement_2(engine));
    net.set_checksum_adds_source(version_3 && !alone);
    emit_notifications(instance);
  }

  void fill_both(const Instance& instance, auto& out) const {
    out.set_id(id_of(instance.name.value));
    out.set_name(instance.name.value);
    out.set_interface(instance.interface.value);
    out.set_vrid(static_cast<uint32_t>(instance.vrid.value));
    out.set_advert_interval_ms(in_ms(instance.advert_interval.value));
    out.set_multicast_group(
        either(instance.multicast_group, model_.global.multicast_group).bytes());
  }

  static void fill_authentication(const Instance& instance, compiled::Authentication& out) {
    out.set_type(compiled::Authentication::TYPE_PASS);
    std::string data = instance.authentication.pass.value;
    data.resize(kPasswordBytes, '\0');
    out.set_data(data);
  }

  // What its router says with priority 0: the helper fills in another one, and the source.
  static std::string advertisement_2(const compiled::EngineRouter& router) {
    vrrp::AdvertisementV2 says{
        .vrid = static_cast<uint8_t>(router.vrid()),
        .priority = vrrp::kPriorityResign,
        .interval_s = static_cast<uint8_t>(router.advert_interval_ms() / 1000),
        .addresses = advertised(router)};
    if (router.has_authentication()) {
      says.auth_type = vrrp::kAuthPass;
      std::ranges::copy(router.authentication().data(), says.auth_data.begin());
    }
    return as_string(encode_message(says));
  }

  static std::string advertisement_3(const compiled::EngineRouter& router, bool checksum_alone) {
    const vrrp::AdvertisementV3 says{
        .vrid = static_cast<uint8_t>(router.vrid()),
        .priority = vrrp::kPriorityResign,
        .interval_cs = static_cast<uint16_t>(router.advert_interval_ms() / 10),
        .addresses = advertised(router),
        .checksum = checksum_alone ? vrrp::ChecksumForm::kRfc9568 : vrrp::ChecksumForm::kRfc5798,
        .source = {},
        .destination = Ipv4::from_bytes(router.multicast_group()).value_or(Ipv4{})};
    return as_string(encode_message(says));
  }

  static std::vector<Ipv4> advertised(const compiled::EngineRouter& router) {
    std::vector<Ipv4> addresses;
    for (const compiled::Address& one : router.advertised()) {
      addresses.push_back(Ipv4::from_bytes(one.address()).value_or(Ipv4{}));
    }
    return addresses;
  }

  static std::string as_string(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  static void fill_address(const VirtualAddress& item, const compiled::EngineRouter& router,
                           compiled::Address& out) {
    out.set_address(item.address.value.bytes());
    out.set_prefix_length(static_cast<uint32_t>(item.prefix_length));
    const bool elsewhere = item.device.is_set() && item.device.value != router.interface();
    if (elsewhere) out.set_interface(item.device.value);
  }

  int64_t down_timer_adverts(const Instance& instance) const {
    return either(instance.down_timer_adverts, model_.global.down_timer_adverts);
  }

  void emit_election(const Instance& instance, compiled::EngineRouter& out) const {
    out.set_priority(static_cast<uint32_t>(instance.base_priority()));
    out.set_preempt(!instance.nopreempt.value);
    out.set_preempt_delay_ms(in_ms(instance.preempt_delay.value));
    out.set_starts_eager(instance.starts_as_master());
    out.set_down_timer_adverts(static_cast<uint32_t>(down_timer_adverts(instance)));
    for (const TrackedScript& tracked : instance.tracked) {
      const Script& script = *scripts_.at(tracked.name.value);
      const bool own = tracked.weight.is_set();
      compiled::Tracker& tracker = *out.add_trackers();
      tracker.set_check_id(id_of(tracked.name.value));
      tracker.set_weight(static_cast<int32_t>(own ? tracked.weight.value : script.weight.value));
      tracker.set_reverse(own ? tracked.reverse : script.reverse);
    }
  }

  void emit_announcements(const Instance& instance, compiled::GratuitousArp& out) const {
    GratuitousArpSettings general = model_.global.garp;
    if (model_.global.minimal_garp.value) {
      if (!general.repeat.is_set()) general.repeat.value = 1;
      if (!general.delay_s.is_set()) general.delay_s.value = 0;
    }
    out.set_repeat(static_cast<uint32_t>(either(instance.garp.repeat, general.repeat)));
    out.set_delay_ms(seconds_in_ms(either(instance.garp.delay_s, general.delay_s)));
    out.set_refresh_ms(seconds_in_ms(either(instance.garp.refresh_s, general.refresh_s)));
    out.set_refresh_repeat(
        static_cast<uint32_t>(either(instance.garp.refresh_repeat, general.refresh_repeat)));
  }

  void emit_policy(const Instance& instance, const compiled::GratuitousArp& garp,
                   compiled::NetRouter& out) const {
    out.set_lease_limit_ms(kLeaseLimitMs);
    out.set_priority_min(1);
    const bool owner = instance.base_priority() == kOwnerPriority;
    out.set_priority_max(owner ? kOwnerPriority : kOwnerPriority - 1);
    // A little over the time after which a peer has taken over: its skew is up to a second, of
    // VRRPv3 up to an interval.
    const Micros interval = instance.advert_interval.value;
    Micros down = interval * down_timer_adverts(instance);
    uint32_t linger_ms = kResignLingerLimitMs;
    if (speaks_version_3(model_.global, instance)) {
      down += std::max(interval - seconds(1), Micros(0));
      linger_ms = std::max(linger_ms, in_ms(interval) + kWayMs);
    }
    out.set_kernel_lease_s(static_cast<uint32_t>(std::chrono::ceil<seconds>(down).count() + 1));
    out.set_resign_linger_limit_ms(linger_ms);
    out.set_announce_limit(garp.refresh_ms() == 0 ? garp.repeat()
                                                  : std::max(garp.repeat(), garp.refresh_repeat()));
  }

  void emit_notifications(const Instance& instance) {
    compiled::NotifierRouter& out = *result_.notifier.add_routers();
    out.set_id(id_of(instance.name.value));
    out.set_name(instance.name.value);
    for (const NotifyCommand& one : instance.notify) {
      emit_notification(instance, one, notification(one.event, out));
    }
    out.set_smtp_alert(wants_mail(model_.global, instance));
  }

  void emit_notification(const Instance& instance, const NotifyCommand& one,
                         compiled::Command& out) {
    auto* entry = runner_script(one.run_as, out);
    if (entry == nullptr) return fill(one.command.value, out);
    entry->set_asker(compiled::RunnerScript::ASKER_NOTIFIER);
    entry->set_timeout_ms(kScriptTimeoutMs);
    if (one.event == NotifyEvent::kAny) entry->set_router_name(instance.name.value);
    fill(one.command.value, *entry->mutable_command());
    out.set_text(one.command.value.text);
  }

  // A new script of the runner of that user, named in `out`; null: it has none.
  compiled::RunnerScript* runner_script(const RunAs& run_as, compiled::Command& out) {
    const auto& name = either(run_as.user, model_.global.script_user.user);
    const auto [found, is_new] = users_.try_emplace(name);
    if (is_new) found->second = find_script_user(name, options_);
    if (!found->second.has_runner()) return nullptr;
    const Account& account = found->second.account;
    RunnerFile& file = result_.runners[account.name];
    compiled::RunnerConfig& runner = file.config;
    if (runner.user().empty()) {
      file.uid = account.uid;
      runner.set_user(account.name);
      for (const auto& [variable, value] : {std::pair{"PATH", std::string_view(kScriptPath)},
                                            {"HOME", account.home},
                                            {"USER", account.name},
                                            {"LOGNAME", account.name}}) {
        runner.add_environment(fmt::format("{}={}", variable, value));
      }
    }
    compiled::RunnerScript& script = *runner.add_scripts();
    script.set_id(static_cast<uint32_t>(runner.scripts_size()));
    out.mutable_remote()->set_user(account.name);
    out.mutable_remote()->set_script_id(script.id());
    return &script;
  }

  void emit_mail() {
    const MailSettings& mail = model_.global.mail;
    compiled::Mail& out = *result_.notifier.mutable_mail();
    out.set_server(mail.server.value);
    out.set_port(static_cast<uint32_t>(mail.port.value));
    out.set_connect_timeout_ms(in_ms(mail.connect_timeout.value));
    out.set_helo_name(mail.helo_name.is_set() ? mail.helo_name.value : options_.host_name);
    out.set_from(mail.from.is_set() ? mail.from.value : "keepalived@" + options_.host_name);
    for (const auto& recipient : mail.to) out.add_to(recipient.value);
    out.set_router_id(system_name());
  }

  Model& model_;
  const CompileOptions& options_;
  CompileResult& result_;
  std::map<std::string_view, const Script*> scripts_;
  std::map<std::string, ScriptUser> users_;
  std::map<std::string_view, bool> asks_signal_zero_;  // by command: many may name one file
};

}  // namespace

void emit(Model& model, const CompileOptions& options, CompileResult& result) {
  Emitter(model, options, result).run();
}

}  // namespace holdfast::config
