#include "config/cluster.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "config/allow.h"
#include "config/catalogue.h"
#include "config/cluster_election.h"

namespace holdfast::config {
namespace {

struct Node {
  const CompileResult* compiled = nullptr;
  Sources::Shift shift;

  const Model& model() const { return compiled->model; }
  Place at(Place place) const { return Sources::shifted(place, shift); }
  std::string name() const { return printable_name(compiled->sources.file(0).name()); }
};

struct Member {
  const Node* node = nullptr;
  const Instance* instance = nullptr;

  Place at(Place place) const { return node->at(place); }
  // Of a setting, or of the instance's name if it is not set.
  template <class T>
  Place of(const Setting<T>& setting) const {
    return at(setting.is_set() ? setting.place : instance->name.place);
  }
  std::string name() const { return in_backticks(instance->name.value); }
};

// The instances of several nodes that are one virtual router.
using Router = std::vector<Member>;

const std::string& kind_of(const Instance& instance) {
  return instance.authentication.type.value;
}

class Cluster {
 public:
  Cluster(const std::deque<CompileResult>& nodes, ClusterResult& result)
      : diagnostics_(result.diagnostics) {
    for (const CompileResult& node : nodes) {
      nodes_.push_back({.compiled = &node, .shift = result.sources.append(node.sources)});
    }
  }

  void run() {
    check_router_ids();
    match();
    for (const Router& router : routers_) {
      if (router.size() == 1) report_alone(router.front());
      for (size_t i = 1; i < router.size(); ++i) compare(router.front(), router[i]);
      check_priorities(router);
      check_weights(router);
    }
  }

 private:
  // By a shared address; else by VRID and name.
  void match() {
    std::map<Ipv4, size_t> by_address;
    std::map<std::pair<int64_t, std::string_view>, size_t> by_name;
    for (const Node& node : nodes_) {
      for (const Instance& instance : node.model().instances) {
        const Member member{&node, &instance};
        std::optional<size_t> index;
        const auto consider = [&](const auto& map, const auto& key) {
          const auto found = map.find(key);
          if (index || found == map.end()) return;
          // Its own node's instances are other routers.
          if (routers_[found->second].back().node != &node) index = found->second;
        };
        for (const auto* list : {&instance.addresses, &instance.excluded_addresses}) {
          for (const VirtualAddress& item : *list) consider(by_address, item.address.value);
        }
        const auto name = std::pair(instance.vrid.value, std::string_view(instance.name.value));
        consider(by_name, name);
        if (!index) {
          index = routers_.size();
          routers_.emplace_back();
        }
        routers_[*index].push_back(member);
        by_name.emplace(name, *index);
        for (const VirtualAddress& item : instance.addresses) {
          by_address.emplace(item.address.value, *index);
        }
      }
    }
  }

  void report_alone(const Member& member) {
    const Node& node = *member.node;
    // A node that could not be read whole may have it.
    const auto unsure = [](const Node& one) { return !one.compiled->ok(); };
    if (std::ranges::any_of(nodes_, unsure)) return;
    Diagnostic& diagnostic = diagnostics_.report<kNodesAlone>(
        member.at(member.instance->name.place), member.name(), node.name());
    for (const Node& other : nodes_) {
      for (const Instance& instance : other.model().instances) {
        const bool same = &other != &node && instance.name.value == member.instance->name.value;
        if (!same || diagnostic.other) continue;
        diagnostic.also(other.at(instance.name.place), "has another VRID and other addresses");
      }
    }
    diagnostic.note("nobody takes its addresses over")
        .help("give the other nodes the same vrrp_instance, or check without this one");
  }

  void compare(const Member& one, const Member& other) {
    const Instance& a = *one.instance;
    const Instance& b = *other.instance;
    if (a.vrid.is_set() && b.vrid.is_set() && a.vrid.value != b.vrid.value) {
      diagnostics_
          .report<kNodesVrid>(other.of(b.vrid), other.name(), b.vrid.value, a.vrid.value,
                              one.node->name())
          .also(one.of(a.vrid), "the other number")
          .note("neither hears the other, and both hold the addresses")
          .help("give them the same number");
    }
    if (version_of(one).value == version_of(other).value) {
      compare_interval(one, other);
      compare_authentication(one, other);
      compare_checksum(one, other);
    } else {
      report_versions(one, other);
    }
    compare_group(one, other);
    compare_addresses(one, other);
    compare_addresses(other, one);
    compare_prefixes(one, other);
  }

  static Setting<int64_t> version_of(const Member& member) {
    return own_or_general(member.instance->version, member.node->model().global.version);
  }

  // What else each version says of itself does not matter then.
  void report_versions(const Member& one, const Member& other) {
    const auto a = version_of(one);
    const auto b = version_of(other);
    diagnostics_
        .report<kNodesVersion>(other.of(b), other.name(), b.value, a.value, one.node->name())
        .also(one.of(a), "compare")
        .note("each drops what the other sends, so that both hold the addresses")
        .help("write the same `vrrp_version` on all nodes, or none on any: 2 is the default");
  }

  void compare_interval(const Member& one, const Member& other) {
    const auto& a = one.instance->advert_interval;
    const auto& b = other.instance->advert_interval;
    if (a.value == b.value) return;
    if (version_of(one).value == 3) return report_learnt_interval(one, other);
    diagnostics_
        .report<kNodesInterval>(other.of(b), other.name(), seconds(b.value), seconds(a.value),
                                one.node->name())
        .also(one.of(a), "the other interval")
        .note(
            "VRRP version 2 drops advertisements with another interval, so that both hold the "
            "addresses")
        .help("write the same `advert_int` on all nodes");
  }

  void report_learnt_interval(const Member& one, const Member& other) {
    const auto& a = one.instance->advert_interval;
    const auto& b = other.instance->advert_interval;
    diagnostics_
        .report<kNodesLearnInterval>(other.of(b), other.name(), seconds(b.value), seconds(a.value),
                                     one.node->name())
        .also(one.of(a), "the other interval")
        .note(
            "with VRRP version 3 a Backup learns the interval of the Active, so that it depends on "
            "who was Active how soon the other takes over")
        .help("write the same `advert_int` on all nodes");
  }

  static double seconds(Micros time) { return std::chrono::duration<double>(time).count(); }

  // The password itself never stands in a message's own words.
  void compare_authentication(const Member& one, const Member& other) {
    const auto& a = one.instance->authentication;
    const auto& b = other.instance->authentication;
    constexpr const char* kBoth =
        "each drops what the other sends, so that both hold the addresses";
    if (kind_of(*one.instance) != kind_of(*other.instance)) {
      diagnostics_.report<kNodesAuthentication>(other.of(b.type), other.name(), one.node->name())
          .also(one.of(a.type), "compare")
          .note(kBoth)
          .help("write the same `authentication` block on all nodes, or none on any");
    } else if (a.pass.value != b.pass.value) {
      diagnostics_.report<kNodesPassword>(other.of(b.pass), other.name(), one.node->name())
          .also(one.of(a.pass), "the other password")
          .note(kBoth)
          .help("write the same `auth_pass` on all nodes");
    }
  }

  static Setting<bool> checksum_of(const Member& member) {
    return own_or_general(member.instance->v3_checksum_as_v2,
                          member.node->model().global.v3_checksum_as_v2);
  }

  void compare_checksum(const Member& one, const Member& other) {
    const auto a = checksum_of(one);
    const auto b = checksum_of(other);
    if (version_of(one).value != 3 || a.value == b.value) return;
    const auto rfc = [](const Setting<bool>& message_alone) {
      return message_alone.value ? "9568" : "5798";
    };
    diagnostics_.report<kNodesChecksum>(other.of(b), other.name(), rfc(b), rfc(a), one.node->name())
        .also(one.of(a), "compare")
        .note(
            "holdfast accepts both; keepalived without `v3_checksum_as_v2` drops the one of RFC "
            "9568, so that both hold the addresses")
        .help(
            "write the same `v3_checksum_as_v2` on all nodes, or none on any: off is the default");
  }

  static Setting<Ipv4> group_of(const Member& member) {
    return own_or_general(member.instance->multicast_group,
                          member.node->model().global.multicast_group);
  }

  void compare_group(const Member& one, const Member& other) {
    const auto a = group_of(one);
    const auto b = group_of(other);
    if (a.value == b.value) return;
    diagnostics_
        .report<kNodesGroup>(other.of(b), other.name(), b.value.text(), a.value.text(),
                             one.node->name())
        .also(one.of(a), "compare")
        .note("neither hears the other, and both hold the addresses")
        .help("use the same multicast group on all nodes");
  }

  // What `one` has and `other` has not.
  void compare_addresses(const Member& one, const Member& other) {
    std::set<Ipv4> there;
    for (const VirtualAddress& item : other.instance->addresses) there.insert(item.address.value);
    std::vector<std::string> missing;
    Place first;
    for (const VirtualAddress& item : one.instance->addresses) {
      if (there.contains(item.address.value)) continue;
      if (missing.empty()) first = item.address.place;
      missing.push_back(item.address.value.text());
    }
    if (missing.empty()) return;
    constexpr size_t kShown = 5;
    const size_t count = missing.size();
    missing.resize(std::min(count, kShown));
    Diagnostic& diagnostic = diagnostics_.report<kNodesAddresses>(
        one.at(first), other.name(), other.node->name(), fmt::join(missing, ", "));
    if (count > kShown) diagnostic.note(fmt::format("and {} more", count - kShown));
    diagnostic.also(other.at(other.instance->name.place), "lacks it")
        .note(
            "nobody holds it while that node is Active, and keepalived before 2.3.3 drops "
            "advertisements with another list")
        .help("list the same addresses in the same order on all nodes");
  }

  void compare_prefixes(const Member& one, const Member& other) {
    for (const auto lists : {&Instance::addresses, &Instance::excluded_addresses}) {
      std::map<Ipv4, const VirtualAddress*> there;
      for (const VirtualAddress& item : one.instance->*lists) there[item.address.value] = &item;
      for (const VirtualAddress& item : other.instance->*lists) {
        const auto found = there.find(item.address.value);
        if (found == there.end() || found->second->prefix_length == item.prefix_length) continue;
        diagnostics_
            .report<kNodesPrefix>(other.at(item.address.place), item.address.value.text(),
                                  item.prefix_length, found->second->prefix_length,
                                  one.node->name())
            .also(one.at(found->second->address.place), "the other length")
            .help("write the length of the network's prefix on all nodes");
      }
    }
  }

  // Each pair once, and of a pair what matters most.
  void check_priorities(const Router& router) {
    for (size_t i = 0; i < router.size(); ++i) {
      for (size_t j = i + 1; j < router.size() && j < i + kPairsMax; ++j) {
        compare_priorities(router[i], router[j]);
      }
    }
  }

  void compare_priorities(const Member& one, const Member& other) {
    const Instance& a = *one.instance;
    const Instance& b = *other.instance;
    if (a.base_priority() == b.base_priority()) {
      diagnostics_
          .report<kNodesEqualPriority>(other.of(b.priority), other.name(), b.base_priority(),
                                       one.node->name())
          .also(one.of(a.priority), "the same")
          .note(
              "whoever is first holds the addresses, and of two at once the one with the higher "
              "IP address, which the files do not tell")
          .help("give each node a priority of its own");
      return;
    }
    const Member& lower = a.base_priority() < b.base_priority() ? one : other;
    const Member& higher = &lower == &one ? other : one;
    if (!lower.instance->starts_as_master()) return;
    if (higher.instance->starts_as_master()) {
      diagnostics_
          .report<kNodesBothMaster>(lower.of(lower.instance->state), lower.name(),
                                    higher.node->name())
          .also(higher.of(higher.instance->state), "and here")
          .note("after a start both claim the addresses for a moment")
          .help("write `state BACKUP` on the nodes with the lower priorities");
      return;
    }
    Diagnostic& diagnostic =
        diagnostics_
            .report<kNodesMasterLower>(lower.of(lower.instance->state), lower.name(),
                                       lower.instance->base_priority(), higher.node->name(),
                                       higher.instance->base_priority())
            .also(higher.of(higher.instance->priority), "the higher one");
    if (!higher.instance->nopreempt.value) {
      diagnostic.note(
          "that node takes the addresses as soon as it runs: `state` only says how to "
          "start");
    }
    diagnostic.help("give the node that is meant to hold the addresses the highest priority");
  }

  void check_weights(const Router& router) {
    if (router.size() < 2) return;
    std::vector<Candidate> candidates;
    for (const Member& member : router) {
      candidates.push_back({.scripts = &member.node->model().scripts, .instance = member.instance});
    }
    for (const Standstill& one : weights_that_move_nothing(candidates)) {
      report_standstill(router[one.best], router[one.next], one);
    }
  }

  void report_standstill(const Member& best, const Member& next, const Standstill& one) {
    Diagnostic& diagnostic =
        diagnostics_.report<kNodesWeight>(best.at(one.place), one.weight, in_backticks(one.check))
            .also(next.of(next.instance->priority),
                  fmt::format("{} stays at {}", next.node->name(), one.priority_of_next));
    const std::string sum = fmt::format(
        "if it fails, {} goes from {} to {}, and the best of the others has {}", best.node->name(),
        one.priority, one.priority_when_failed, one.priority_of_next);
    diagnostic.note(sum);
    if (one.next_never_preempts) {
      diagnostic.note("with `nopreempt` it does not take over however low the other is")
          .help(
              "remove `nopreempt`, or let the check have no weight, so that a failure is a FAULT");
      return;
    }
    if (one.priority_when_failed == one.priority_of_next) {
      diagnostic.note(
          "at equal priority nobody takes over; only if both are MASTER at once does "
          "the higher IP address win, which the files do not tell");
    }
    diagnostic.help(fmt::format("write `weight {}` or {}, on all nodes", one.weight_needed,
                                one.weight_needed < 0 ? "lower" : "higher"));
  }

  // A name from the sample has its own message in each file.
  void check_router_ids() {
    std::map<std::string_view, const Node*> seen;
    for (const Node& node : nodes_) {
      const auto& id = node.model().global.router_id;
      if (!id.is_set() || id.value == "LVS_DEVEL") continue;
      const auto [before, first] = seen.emplace(id.value, &node);
      if (first) continue;
      diagnostics_.report<kNodesRouterId>(node.at(id.place), in_backticks(id.value))
          .also(before->second->at(before->second->model().global.router_id.place), "and here")
          .note("mails do not tell which node they are from")
          .help("write each node's own name, or remove the lines: the host's name is the default");
    }
  }

  static constexpr size_t kPairsMax = 16;

  Diagnostics& diagnostics_;
  std::vector<Node> nodes_;
  std::vector<Router> routers_;
};

}  // namespace

ClusterResult check_cluster(const std::deque<CompileResult>& nodes) {
  ClusterResult result;
  for (const CompileResult& node : nodes) result.names.push_back(node.sources.file(0).name());
  Cluster(nodes, result).run();
  Allows(result.sources).silence(result.diagnostics);
  result.diagnostics.sort();
  return result;
}

std::string render(const ClusterResult& cluster, Colour colour) {
  std::string out;
  for (const Diagnostic& one : cluster.diagnostics.all()) {
    out += render(one, cluster.sources, colour) + "\n";
  }
  const size_t left_out = cluster.diagnostics.left_out();
  if (left_out > 0) out += fmt::format("{} more left out\n", left_out);
  return out;
}

}  // namespace holdfast::config
