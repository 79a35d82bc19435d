#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "config/catalogue.h"
#include "config/interpret.h"

namespace holdfast::config {
namespace {

constexpr int64_t kOwnerPriority = 255;
constexpr size_t kPasswordBytesMax = 8;
// What the helper takes (net-helper/policy.h).
constexpr size_t kRoutersMax = 10'000;
constexpr size_t kInterfacesMax = 1000;
// Among more scripts nobody waits for the most similar name.
constexpr size_t kSearchedMax = 1000;
constexpr size_t kSearchesMax = 100;

class Checker {
 public:
  Checker(Model& model, Diagnostics& diagnostics)
      : model_(model),
        diagnostics_(diagnostics),
        has_sure_version_(model.global.version.is_set() ||
                          statements_named(*model.statements, "vrrp_version").empty()) {}

  void run() {
    for (const Script& script : model_.scripts) scripts_.emplace(script.name.value, &script);
    check_names(model_.scripts, "vrrp_script");
    check_names(model_.instances, "vrrp_instance");
    for (const Script& script : model_.scripts) check_script(script);
    for (Instance& instance : model_.instances) check_instance(instance);
    check_vrids();
    check_owners();
    check_size();
    check_mail();
    check_names_in_lists(model_, diagnostics_);
    if (!diagnostics_.has_errors()) lint();
  }

  // global_defs may follow.
  void run_on_instances() {
    has_sure_version_ = false;
    check_names(model_.instances, "vrrp_instance");
    for (Instance& instance : model_.instances) {
      instance.tracked.clear();
      check_instance(instance);
    }
    check_vrids();
    check_owners();
  }

 private:
  void check_names(const auto& things, std::string_view kind) {
    std::unordered_map<std::string_view, Place> names;
    std::unordered_map<uint32_t, const Setting<std::string>*> ids;
    for (const auto& thing : things) {
      const std::string_view name = thing.name.value;
      if (name.empty()) continue;
      const auto [before, first] = names.emplace(name, thing.name.place);
      if (!first) {
        diagnostics_.report<kSameName>(thing.name.place, kind, in_backticks(name))
            .also(before->second, "first defined here");
        continue;
      }
      const auto [other, alone] = ids.emplace(id_of(name), &thing.name);
      if (alone) continue;
      diagnostics_
          .report<kSameId>(thing.name.place, in_backticks(other->second->value), in_backticks(name))
          .also(other->second->place, "the other one")
          .help("give one of them another name");
    }
  }

  void check_script(const Script& script) {
    if (lacks(script.contents, "script")) {
      diagnostics_.report<kNoScript>(script.name.place, in_backticks(script.name.value))
          .help("write `script \"/path/to/check\"`");
    }
  }

  void check_instance(Instance& instance) {
    check_required(instance);
    if (has_sure_version(instance)) check_version(instance);
    check_preemption(instance);
    drop_repeated_addresses(instance);
    check_tracked(instance);
    check_tracked_interfaces(instance);
  }

  void check_required(const Instance& instance) {
    const Place place = instance.name.place;
    const std::string name = in_backticks(instance.name.value);
    if (lacks(instance.contents, "interface")) {
      diagnostics_.report<kNoInterface>(place, name).help("write `interface NAME`");
    }
    if (lacks(instance.contents, "virtual_router_id")) {
      diagnostics_.report<kNoVrid>(place, name)
          .help(
              "write `virtual_router_id N`, with an N from 1 to 255 that no other virtual router "
              "on this network has");
    }
    if (instance.addresses.empty() && lacks(instance.contents, "virtual_ipaddress")) {
      diagnostics_.report<kNoAddress>(place, name)
          .help("write `virtual_ipaddress { ADDRESS/LENGTH }`");
    }
  }

  // Else a line that could not be read, and has been reported, was meant to say it.
  bool has_sure_version(const Instance& instance) const {
    if (instance.version.is_set()) return true;
    return has_sure_version_ && lacks(instance.contents, "version");
  }

  void check_version(Instance& instance) {
    if (speaks_version_3(model_.global, instance)) {
      const Place version = own_or_general(instance.version, model_.global.version).place;
      check_interval_3(instance.advert_interval, version);
      drop_authentication(instance.authentication, version);
      return;
    }
    // keepalived gives a router of IPv6 version 3 in any case.
    if (!instance.is_ipv6) check_interval_2(instance.advert_interval);
    check_authentication(instance.authentication);
    const auto& checksum = instance.v3_checksum_as_v2;
    if (!checksum.value) return;
    diagnostics_.report<kMeansNothing>(checksum.place, "`v3_checksum_as_v2`")
        .note("this router speaks VRRP version 2, which has one form of checksum only");
  }

  void check_interval_2(const Setting<Micros>& interval) {
    if (interval.value >= std::chrono::seconds(1) &&
        interval.value % std::chrono::seconds(1) == Micros(0)) {
      return;
    }
    diagnostics_.report<kFractionalInterval>(interval.place)
        .note("keepalived rounds it, and a host that does not will not be heard")
        .help("write whole seconds, or `version 3` for parts of a second, on all hosts");
  }

  // Rounds as keepalived does: a Backup learns the interval, so that nothing is lost by it.
  void check_interval_3(Setting<Micros>& interval, Place version) {
    constexpr Micros kStep = std::chrono::milliseconds(10);
    constexpr Micros kMost = 4095 * kStep;
    const Micros rounded = (interval.value + kStep / 2) / kStep * kStep;
    if (rounded > kMost) {
      diagnostics_.report<kIntervalTooLong>(interval.place)
          .also(version, "version 3 is chosen here")
          .note(interval.value >= kMost + kStep
                    ? "keepalived sends one each 40.95 s instead"
                    : "keepalived 2.2.7 says 0 instead, which peers drop")
          .help("write 40.95 or less, on all hosts, or `version 2` for up to 255 whole seconds");
    } else if (rounded != interval.value) {
      diagnostics_
          .report<kIntervalRounded>(interval.place, in_seconds(interval.value), in_seconds(rounded))
          .also(version, "version 3 is chosen here")
          .help(fmt::format("write `advert_int {}`, on all hosts", in_seconds(rounded)));
      interval.value = rounded;
    }
  }

  static double in_seconds(Micros time) { return std::chrono::duration<double>(time).count(); }

  // As keepalived does, whatever the block says.
  void drop_authentication(AuthenticationSettings& settings, Place version) {
    if (!settings.place) return;
    diagnostics_.report<kAuthenticationIgnored>(settings.place)
        .also(version, "version 3 is chosen here")
        .note("keepalived ignores it, too: whoever can send on this network can take part")
        .help("remove the block, on all hosts");
    settings = {};
  }

  void check_authentication(const AuthenticationSettings& settings) {
    if (lacks(settings.contents, "auth_type")) {
      diagnostics_.report<kAuthenticationIncomplete>(settings.place, "auth_type")
          .help("write `auth_type PASS`");
    }
    if (lacks(settings.contents, "auth_pass")) {
      diagnostics_.report<kAuthenticationIncomplete>(settings.place, "auth_pass")
          .help("write `auth_pass` and up to 8 bytes");
    }
    if (settings.type.value == "AH") {
      diagnostics_.report<kUnsupported>(settings.type.place, "auth_type AH")
          .note("it signs with MD5, and RFC 3768 removed it")
          .help("use PASS on every host");
    }
    check_password(settings);
  }

  // The password itself never stands in a message's own words.
  void check_password(const AuthenticationSettings& settings) {
    const auto& pass = settings.pass;
    if (settings.pass_is_cut) {
      diagnostics_.report<kPasswordCut>(pass.place)
          .note("`#` and `!` start a comment, so that the rest is not part of the password")
          .help("put the password in double quotes, on every host");
    }
    if (pass.value.size() <= kPasswordBytesMax) return;
    diagnostics_.report<kPasswordTooLong>(pass.place, pass.value.size())
        .note("keepalived cuts the rest off silently")
        .help("keep the first 8 bytes, here and on every host");
  }

  void check_preemption(Instance& instance) {
    if (instance.nopreempt.value && instance.starts_as_master()) {
      diagnostics_.report<kNopreemptMaster>(instance.nopreempt.place)
          .also(instance.state.place, "starts as MASTER here")
          .help("write `state BACKUP` on every host to use nopreempt");
      instance.nopreempt.value = false;
    }
    if (instance.preempt_delay.value == Micros(0)) return;
    const bool useless = instance.nopreempt.value || instance.starts_as_master();
    if (!useless) return;
    diagnostics_.report<kDelayUnused>(instance.preempt_delay.place,
                                      instance.nopreempt.value ? "nopreempt" : "`state MASTER`");
    instance.preempt_delay.value = Micros(0);
  }

  void drop_repeated_addresses(Instance& instance) {
    std::map<uint32_t, Place> seen;
    for (auto* list : {&instance.addresses, &instance.excluded_addresses}) {
      std::erase_if(*list, [&](const VirtualAddress& item) {
        const auto [before, first] = seen.emplace(item.address.value.value, item.address.place);
        if (first) return false;
        diagnostics_
            .report<kAddressTwice>(item.address.place, item.address.value.text(),
                                   in_backticks(instance.name.value))
            .also(before->second, "first listed here");
        return true;
      });
    }
  }

  void check_tracked(Instance& instance) {
    std::map<std::string_view, const TrackedScript*> last;
    for (const TrackedScript& tracked : instance.tracked) {
      const auto [before, first] = last.emplace(tracked.name.value, &tracked);
      if (!first) {
        diagnostics_
            .report<kTrackedTwice>(tracked.name.place, in_backticks(tracked.name.value),
                                   in_backticks(instance.name.value))
            .also(before->second->name.place, "first tracked here");
        before->second = &tracked;
      } else if (!scripts_.contains(tracked.name.value)) {
        report_undefined(tracked);
      }
    }
    std::set<const TrackedScript*> kept;
    for (const auto& [name, tracked] : last) kept.insert(tracked);
    std::vector<TrackedScript> result;
    for (const TrackedScript& tracked : instance.tracked) {
      if (kept.contains(&tracked)) result.push_back(tracked);
    }
    instance.tracked = std::move(result);
  }

  // The instance's own interface is tracked anyway.
  void check_tracked_interfaces(const Instance& instance) {
    if (!instance.interface.is_set()) return;
    for (const TrackedInterface& tracked : instance.tracked_interfaces) {
      if (tracked.name.value != instance.interface.value) {
        diagnostics_
            .report<kUnsupported>(tracked.name.place, "tracking another interface than its own")
            .note("the instance's own interface is always tracked");
      } else if (tracked.weight.value != 0) {
        diagnostics_.report<kUnsupported>(tracked.weight.place, "a weight of an interface")
            .note("a router whose own interface is down is in FAULT");
      }
    }
  }

  void report_undefined(const TrackedScript& tracked) {
    // The one that has lost its name.
    if (scripts_.contains("")) return;
    Diagnostic& diagnostic =
        diagnostics_.report<kUndefinedScript>(tracked.name.place, in_backticks(tracked.name.value));
    if (scripts_.size() > kSearchedMax || searches_++ >= kSearchesMax) return;
    std::vector<std::string_view> names;
    for (const auto& [name, script] : scripts_) names.push_back(name);
    const auto similar = most_similar(tracked.name.value, names);
    diagnostic.help(similar.empty() ? "define it, or remove this line"
                                    : fmt::format("did you mean {}?", in_backticks(similar)));
  }

  // Routers with the same VRID may share an interface if their multicast groups or the families of
  // their addresses differ.
  void check_vrids() {
    std::map<std::tuple<std::string_view, int64_t, Ipv4>, const Instance*> seen;
    for (const Instance& instance : model_.instances) {
      if (!instance.vrid.is_set() || !instance.interface.is_set() || instance.is_ipv6) continue;
      const Ipv4 group = instance.multicast_group.is_set() ? instance.multicast_group.value
                                                           : model_.global.multicast_group.value;
      const auto [before, first] = seen.emplace(
          std::tuple(std::string_view(instance.interface.value), instance.vrid.value, group),
          &instance);
      // A copy has been reported as such.
      if (first || before->second->name.value == instance.name.value) continue;
      diagnostics_
          .report<kSameVrid>(instance.vrid.place, instance.vrid.value,
                             in_backticks(instance.interface.value))
          .also(before->second->vrid.place, "first used here")
          .help("give one of the two another number, on all hosts");
    }
  }

  // Each of two would take it from under the other. Sorted, because there may be many.
  void check_owners() {
    struct Owned {
      const VirtualAddress* item;
      const Instance* by;
      std::string_view interface() const {
        return item->device.is_set() ? item->device.value : by->interface.value;
      }
      auto key() const { return std::tuple(item->address.value, interface()); }
    };
    std::vector<Owned> all;
    for (const Instance& instance : model_.instances) {
      for (const auto* list : {&instance.addresses, &instance.excluded_addresses}) {
        for (const VirtualAddress& item : *list) all.push_back({&item, &instance});
      }
    }
    std::ranges::stable_sort(all, {}, &Owned::key);
    for (size_t i = 1; i < all.size(); ++i) {
      const Owned& first = all[i - 1];
      const Owned& second = all[i];
      if (first.key() != second.key()) continue;
      // A copy has been reported as such, by its name or its VRID.
      if (first.by->name.value == second.by->name.value) continue;
      if (first.by->vrid.value == second.by->vrid.value &&
          first.by->interface.value == second.by->interface.value) {
        continue;
      }
      diagnostics_
          .report<kAddressOfTwo>(second.item->address.place, second.item->address.value.text(),
                                 in_backticks(first.by->name.value))
          .also(first.item->address.place, "first used here")
          .help("leave it to one of the two; that one takes it along wherever it goes");
    }
  }

  void check_size() {
    std::set<std::string_view> interfaces;
    const auto count = [this, &interfaces](const Setting<std::string>& interface) {
      if (!interface.is_set() || !interfaces.insert(interface.value).second) return;
      if (interfaces.size() == kInterfacesMax + 1) {
        diagnostics_.report<kTooMany>(interface.place, kInterfacesMax, "interfaces with addresses");
      }
    };
    size_t routers = 0;
    for (const Instance& instance : model_.instances) {
      if (instance.is_ipv6) continue;
      if (++routers == kRoutersMax + 1) {
        diagnostics_.report<kTooMany>(instance.name.place, kRoutersMax, "vrrp_instances");
      }
      count(instance.interface);
      for (const auto* list : {&instance.addresses, &instance.excluded_addresses}) {
        for (const VirtualAddress& item : *list) count(item.device);
      }
    }
  }

  // One that could not be read has been reported.
  void check_mail() {
    const Global& global = model_.global;
    const auto names = [this](std::string_view keyword) {
      return std::ranges::any_of(
          statements_named(*model_.statements, keyword), [](const Statement* one) {
            return one->keyword->opens == Block::kNone || one->unclosed || !one->children.empty();
          });
    };
    for (const Instance& instance : model_.instances) {
      if (!wants_mail(global, instance)) continue;
      const Place place = instance.smtp_alert.is_set()      ? instance.smtp_alert.place
                          : global.smtp_alert_vrrp.is_set() ? global.smtp_alert_vrrp.place
                                                            : global.smtp_alert.place;
      const bool has_server = global.mail.server.is_set() || names("smtp_server");
      const bool has_reader = !global.mail.to.empty() || names("notification_email");
      if (has_server && has_reader) return;
      diagnostics_.report<kNowhereToMail>(place, has_server ? "`notification_email`"
                                                 : has_reader
                                                     ? "`smtp_server`"
                                                     : "`smtp_server` and no `notification_email`");
      return;
    }
  }

  void lint() {
    if (model_.instances.empty()) diagnostics_.report<kNoRouter>(Place{});
    std::set<std::string_view> tracked_names;
    for (const Instance& instance : model_.instances) {
      for (const TrackedScript& tracked : instance.tracked) {
        tracked_names.insert(tracked.name.value);
        lint_order(tracked.name, scripts_.at(tracked.name.value)->name);
      }
      if (instance.base_priority() == kOwnerPriority) lint_owner(instance);
    }
    for (const Script& script : model_.scripts) {
      if (tracked_names.contains(script.name.value)) continue;
      diagnostics_.report<kUntracked>(script.name.place, in_backticks(script.name.value))
          .help("name it in the track_script block of a vrrp_instance, or remove it");
    }
  }

  // keepalived knows at each line what stands above it.
  void lint_order(const Setting<std::string>& tracked, const Setting<std::string>& script) {
    const bool above = tracked.place.file == script.place.file && tracked.place.expansion == 0 &&
                       script.place.expansion == 0 && tracked.place.line < script.place.line;
    if (!above || !told_order_.insert(script.value).second) return;
    diagnostics_.report<kTrackedAbove>(tracked.place, in_backticks(script.value))
        .also(script.place, "defined here")
        .note("it counts here; keepalived finds no such script, and runs the router without it")
        .help("move the vrrp_script above, so that both read the same");
  }

  void lint_owner(const Instance& instance) {
    for (const TrackedScript& tracked : instance.tracked) {
      const Script& script = *scripts_.at(tracked.name.value);
      const int64_t weight = tracked.weight.is_set() ? tracked.weight.value : script.weight.value;
      if (weight == 0) continue;
      diagnostics_
          .report<kOwnerIgnoresWeights>(tracked.name.place, in_backticks(tracked.name.value))
          .help("use a priority of 254 or less");
    }
  }

  Model& model_;
  Diagnostics& diagnostics_;
  std::map<std::string_view, const Script*> scripts_;
  std::set<std::string_view> told_order_;
  size_t searches_ = 0;
  bool has_sure_version_;  // of global_defs
};

}  // namespace

void check(Model& model, Diagnostics& diagnostics) {
  Checker(model, diagnostics).run();
}

bool has_wrong_instances(Model model) {
  Diagnostics diagnostics;
  Checker(model, diagnostics).run_on_instances();
  return diagnostics.has_errors();
}

uint32_t id_of(std::string_view name) {
  uint32_t hash = 0x811c9dc5U;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x01000193U;
  }
  return hash == 0 ? 1 : hash;
}

bool wants_mail(const Global& global, const Instance& instance) {
  if (instance.smtp_alert.is_set()) return instance.smtp_alert.value;
  if (global.smtp_alert_vrrp.is_set()) return global.smtp_alert_vrrp.value;
  return global.smtp_alert.value;
}

}  // namespace holdfast::config
