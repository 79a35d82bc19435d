// Routers: what was copied from the sample, and numbers that do nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "config/catalogue.h"
#include "config/interpret.h"
#include "config/lint.h"

namespace holdfast::config {
namespace {

constexpr int64_t kSampleVridValue = 51;
constexpr int64_t kOwnerPriority = 255;
constexpr int64_t kWeightOfSample = 2;
constexpr int64_t kRoundStep = 5;
constexpr size_t kPasswordBytesMax = 8;

bool is_trivial(std::string_view password) {
  // What keepalived's documents and their copies say, and what people type first.
  constexpr std::array<std::string_view, 19> kKnown = {
      "1234",     "12345",    "123456",     "1234567",  "12345678", "4321", "1212",
      "password", "passw0rd", "pass",       "secret",   "changeme", "test", "admin",
      "root",     "vrrp",     "keepalived", "keepaliv", "qwerty"};
  std::string text(password.substr(0, kPasswordBytesMax));
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool one_letter =
      text.size() > 1 && text.find_first_not_of(text.front()) == std::string::npos;
  return one_letter || std::ranges::find(kKnown, text) != kKnown.end();
}

class RouterLinter {
 public:
  RouterLinter(const LintInput& input, Diagnostics& diagnostics)
      : input_(input), diagnostics_(diagnostics), complete_(!diagnostics.has_errors()) {}

  void run() {
    for (const Script& script : input_.model.scripts) scripts_.emplace(script.name.value, &script);
    lint_router_id();
    lint_strict();
    lint_groups();
    for (const Instance& instance : input_.model.instances) {
      lint_vrid(instance);
      lint_password(instance);
      lint_owner(instance);
      lint_prefixes(instance);
      lint_tracked_interfaces(instance);
      lint_addresses(instance.addresses);
      lint_addresses(instance.excluded_addresses);
      for (const TrackedScript& tracked : instance.tracked) lint_weight(instance, tracked);
    }
  }

 private:
  void lint_router_id() {
    const auto& id = input_.model.global.router_id;
    if (id.value != "LVS_DEVEL") return;
    diagnostics_.report<kSampleRouterId>(id.place, in_backticks(id.value))
        .note("it stands in the subject of mails, which do not tell your hosts apart")
        .help("write the name of this host, or remove the line: the host's name is the default");
  }

  // A word of `group` is a member, one a line or several.
  void lint_groups() {
    for (const Statement* group : statements_named(*input_.model.statements, "vrrp_sync_group")) {
      size_t members = 0;
      bool complete = !group->unclosed && group->words.size() > 1;
      for (const Statement* block : statements_named(group->children, "group")) {
        complete = complete && !block->unclosed;
        for (const Statement& line : block->children) members += line.words.size();
      }
      if (members != 1 || !complete) continue;
      const Word& name = group->words[1];
      diagnostics_.report<kGroupOfOne>(name.place, in_backticks(name.text))
          .note("a group keeps instances together, and one alone has nothing to follow")
          .help("name the other instances, or remove the group");
    }
  }

  void lint_vrid(const Instance& instance) {
    if (instance.vrid.value != kSampleVridValue) return;
    diagnostics_.report<kSampleVrid>(instance.vrid.place)
        .note(
            "another cluster on the same network that copied it, too, would take these "
            "advertisements for its own")
        .help("choose a number from 1 to 255 that nobody else on the network uses, on all hosts");
  }

  // The password itself never stands in a message's own words.
  void lint_password(const Instance& instance) {
    const auto& pass = instance.authentication.pass;
    if (!pass.is_set() || !is_trivial(pass.value)) return;
    diagnostics_.report<kTrivialPassword>(pass.place)
        .note(
            "it is among the first that anybody tries or copies, and so does not even keep a "
            "stranger's cluster apart")
        .help(
            "choose another one, on all hosts; it goes over the network in clear text, so do not "
            "use it elsewhere");
  }

  void lint_owner(const Instance& instance) {
    if (instance.base_priority() != kOwnerPriority) return;
    const bool weighted = std::ranges::any_of(
        instance.tracked, [&](const auto& tracked) { return weight_of(tracked).value != 0; });
    // That its weights are ignored has been said.
    if (weighted) return;
    if (!instance.priority.is_set() && !complete_) return;
    const Place place = instance.priority.is_set() ? instance.priority.place : instance.state.place;
    Diagnostic& diagnostic = diagnostics_.report<kClaimsOwnership>(place);
    if (!instance.priority.is_set()) {
      diagnostic.note("without `priority`, `state MASTER` means 255");
    }
    diagnostic.note("255 is for a router whose own, permanent addresses these are (RFC 9568 5.2.4)")
        .help("use 254 or less for addresses that move between hosts");
  }

  void lint_tracked_interfaces(const Instance& instance) {
    for (const TrackedInterface& tracked : instance.tracked_interfaces) {
      if (tracked.name.value != instance.interface.value || tracked.weight.value != 0) continue;
      diagnostics_
          .report<kTracksItself>(tracked.name.place, in_backticks(tracked.name.value),
                                 in_backticks(instance.name.value))
          .note("while it is down the router is in FAULT, with this line or without")
          .help("remove the line");
    }
  }

  // Who left out one length left out all.
  void lint_prefixes(const Instance& instance) {
    std::vector<const VirtualAddress*> without;
    for (const auto* list : {&instance.addresses, &instance.excluded_addresses}) {
      for (const VirtualAddress& item : *list) {
        if (!item.has_prefix) without.push_back(&item);
      }
    }
    if (without.empty()) return;
    const auto first = std::ranges::min_element(
        without, {}, [](const VirtualAddress* item) { return item->address.place; });
    const std::string text = (*first)->address.value.text();
    Diagnostic& diagnostic = diagnostics_.report<kNoPrefix>((*first)->address.place, text);
    const size_t others = without.size() - 1;
    if (others > 0) {
      diagnostic.note(fmt::format("so do {} more address{} of this vrrp_instance", others,
                                  others == 1 ? "" : "es"));
    }
    diagnostic.help(
        fmt::format("write {}/32 if that is meant, or the length of the network's prefix", text));
  }

  void lint_addresses(const std::vector<VirtualAddress>& addresses) {
    for (const VirtualAddress& item : addresses) {
      const std::string text = item.address.value.text();
      if (text != "192.168.200.16" && text != "192.168.200.17" && text != "192.168.200.18")
        continue;
      diagnostics_.report<kSampleAddress>(item.address.place, text)
          .help("write an address of your own network");
      return;  // who copied one copied all
    }
  }

  Setting<int64_t> weight_of(const TrackedScript& tracked) const {
    if (tracked.weight.is_set()) return tracked.weight;
    const auto script = scripts_.find(tracked.name.value);
    return script == scripts_.end() ? Setting<int64_t>{} : script->second->weight;
  }

  // With 1 nothing moves ever, for an equal priority does not take over. With 2 it needs priorities
  // that differ by 1; somebody who chose 100 or 150 chose the other one 10 or 50 away.
  void lint_weight(const Instance& instance, const TrackedScript& tracked) {
    const auto weight = weight_of(tracked);
    const int64_t size = std::abs(weight.value);
    const int64_t priority = instance.base_priority();
    if (size == 0 || size > kWeightOfSample || priority == kOwnerPriority) return;
    if (size == kWeightOfSample && priority % kRoundStep != 0) return;
    diagnostics_.report<kSmallWeight>(weight.place, weight.value)
        .note(size == 1 ? "a host of equal priority does not take over, so that priorities would "
                          "have to differ by less than 1"
                        : "it moves the address only between hosts whose priorities differ by 1")
        .help(
            "make it larger than the difference between the priorities of the hosts; `holdfast "
            "check` with the files of all hosts tells whether it is");
  }

  struct Demand {
    Place place;
    std::string_view keyword;
  };

  void lint_strict() {
    const auto found = statements_named(*input_.model.statements, "vrrp_strict");
    const Place everywhere = found.empty() ? Place{} : found.front()->place();
    for (const Instance& instance : input_.model.instances) {
      const auto& own = instance.strict;
      if (own.is_set() && own.value) lint_strict({own.place, "strict_mode"}, instance);
      if (!own.is_set() && everywhere) lint_strict({everywhere, "vrrp_strict"}, instance);
    }
  }

  void lint_strict(const Demand& demand, const Instance& instance) {
    if (instance.authentication.type.is_set()) {
      report_strict(demand, instance.authentication.type.place, "authentication",
                    "RFC 3768 removed it, and keepalived leaves it out of what it sends");
    }
    if (instance.starts_as_master() && instance.priority.is_set() &&
        instance.priority.value != kOwnerPriority) {
      report_strict(demand, instance.state.place, "`state MASTER`",
                    "only the owner of the addresses, with priority 255, starts as MASTER");
    }
    if (instance.preempt_delay.is_set()) {
      report_strict(demand, instance.preempt_delay.place, "preempt_delay", "no RFC knows it");
    }
    if (instance.unicast) {
      report_strict(demand, instance.unicast, "unicast_peer", "it knows multicast only");
    }
  }

  void report_strict(const Demand& demand, Place place, std::string_view what,
                     const std::string& why) {
    diagnostics_.report<kStrictContradiction>(place, demand.keyword, what)
        .also(demand.place, "demanded here")
        .note(why)
        .help(fmt::format("remove {}, on all hosts", demand.keyword));
  }

  const LintInput& input_;
  Diagnostics& diagnostics_;
  bool complete_;
  std::map<std::string_view, const Script*> scripts_;
};

}  // namespace

void lint_routers(const LintInput& input, Diagnostics& diagnostics) {
  RouterLinter(input, diagnostics).run();
}

}  // namespace holdfast::config
