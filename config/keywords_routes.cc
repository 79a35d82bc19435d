// Rows of addresses, routes and rules that belong to the host, and of an instance's own routes and
// rules.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr auto kFamilies = std::to_array<std::string_view>({"inet", "inet6"});
constexpr auto kPreferences = std::to_array<std::string_view>({"low", "medium", "high"});
constexpr auto kLock = std::to_array<std::string_view>({"lock"});
constexpr auto kEcn = std::to_array<std::string_view>({"ecn"});
constexpr auto kZeroOne = std::to_array<std::string_view>({"0", "1"});
constexpr auto kEnabled = std::to_array<std::string_view>({"enabled", "disabled"});
constexpr auto kEncapsulations =
    std::to_array<std::string_view>({"ip", "ip6", "mpls", "ila", "seg6", "rpl"});

constexpr Argument kName = word("a name or number");
constexpr Argument kTable = word("the name or number of a table");
constexpr Argument kAmount = number(0, UINT32_MAX);
constexpr Argument kLocked = optional(choice(kLock));
constexpr Argument kFamily = optional(choice(kFamilies));

constexpr auto kStaticAddressOptions = std::to_array<Option>({
    {"brd", word("an address, + or -")},
    {"broadcast", word("an address, + or -")},
    {"dev", interface_name()},
    {"scope", kName},
    {"label", word("a label")},
    {"peer", network()},
    {"home"},
    {"-nodad"},
    {"mngtmpaddr"},
    {"noprefixroute"},
    {"autojoin"},
    {"no_track"},
    {"preferred_lft", word("seconds or `forever`")},
    {"use_vmac"},
    {"track_group", word("a name")},
});

constexpr auto kRouteOptions = std::to_array<Option>({
    {"", network()},
    {"unicast"},
    {"local"},
    {"broadcast"},
    {"throw"},
    {"unreachable"},
    {"prohibit"},
    {"blackhole"},
    {"nat"},
    {"inet"},
    {"inet6"},
    {"to", network()},
    {"via", kFamily, any_address()},
    {"gw", kFamily, any_address()},
    {"or", any_address()},
    {"dev", interface_name()},
    {"oif", interface_name()},
    {"table", kTable},
    {"src", any_address()},
    {"from", network()},
    {"as", kName},
    {"scope", kName},
    {"metric", kAmount},
    {"priority", kAmount},
    {"preference", kAmount},
    {"pref", choice(kPreferences)},
    {"mtu", kLocked, kAmount},
    {"advmss", kLocked, kAmount},
    {"hoplimit", kLocked, kAmount},
    {"rtt", kLocked, word("a time")},
    {"rttvar", kLocked, word("a time")},
    {"rto_min", kLocked, word("a time")},
    {"window", kLocked, kAmount},
    {"cwnd", kLocked, kAmount},
    {"initcwnd", kLocked, kAmount},
    {"initrwnd", kLocked, kAmount},
    {"ssthresh", kLocked, kAmount},
    {"reordering", kLocked, kAmount},
    {"realms", word("realms")},
    {"realm", word("realms")},
    {"features", choice(kEcn)},
    {"quickack", choice(kZeroOne)},
    {"congctl", kLocked, word("the name of an algorithm")},
    {"tos", kName},
    {"dsfield", kName},
    {"proto", kName},
    {"protocol", kName},
    {"onlink"},
    {"fastopen_no_cookie", choice(kZeroOne)},
    {"ttl-propagate", choice(kEnabled)},
    {"add"},
    {"append"},
    {"prepend"},
    {"expires", kAmount},
    {"vrf", interface_name()},
    {"nexthop"},
    {"weight", number(1, 256)},
    {"encap", choice(kEncapsulations), optional(word("labels"))},
    {"id", kAmount},
    {"dst", any_address()},
    {"ttl", number(0, 255)},
    {"tc", kName},
    {"flags", kName},
    {"no_track"},
    {"track_group", word("a name")},
});

constexpr auto kRuleOptions = std::to_array<Option>({
    {"inet"},
    {"inet6"},
    {"not"},
    {"from", network()},
    {"to", network()},
    {"tos", kName},
    {"dsfield", kName},
    {"fwmark", word("a mark, perhaps with a mask")},
    {"iif", interface_name()},
    {"dev", interface_name()},
    {"oif", interface_name()},
    {"lookup", kTable},
    {"table", kTable},
    {"priority", kAmount},
    {"order", kAmount},
    {"preference", kAmount},
    {"pref", kAmount},
    {"goto", kAmount},
    {"nop"},
    {"type", word("a type of rule")},
    {"blackhole"},
    {"prohibit"},
    {"unreachable"},
    {"realms", word("realms")},
    {"suppress_prefixlength", number(0, 128)},
    {"sup_pl", number(0, 128)},
    {"suppress_ifgroup", kName},
    {"sup_group", kName},
    {"tunnel-id", kAmount},
    {"uidrange", word("a range of user ids")},
    {"l3mdev"},
    {"ipproto", kName},
    {"ip_proto", kName},
    {"sport", word("a range of ports")},
    {"dport", word("a range of ports")},
    {"protocol", kName},
    {"no_track"},
    {"track_group", word("a name")},
});

constexpr Options kStaticAddress{"an address", kStaticAddressOptions};
constexpr Options kRoute{"a route", kRouteOptions};
constexpr Options kRule{"a rule", kRuleOptions};

}  // namespace

std::vector<Keyword> route_keywords() {
  const auto row = not_yet(Block::kRoot, "only virtual addresses are managed");
  const auto block = [&](Block where, std::string_view name, Block opens, std::string_view doc) {
    Keyword keyword = row.block(name, opens, {}, doc);
    keyword.where = where;
    return keyword;
  };
  std::vector<Keyword> all = {
      block(Block::kRoot, "static_ipaddress", Block::kStaticAddresses,
            "Addresses that this host always has."),
      block(Block::kRoot, "static_routes", Block::kStaticRoutes,
            "Routes that this host always has."),
      block(Block::kRoot, "static_rules", Block::kStaticRules,
            "Routing rules that this host always has."),
      block(Block::kInstance, "virtual_routes", Block::kVirtualRoutes,
            "Routes that are there while the router is MASTER."),
      block(Block::kInstance, "virtual_rules", Block::kVirtualRules,
            "Routing rules that are there while the router is MASTER."),
  };
  append(all, in({Block::kStaticAddresses},
                 row.item({network(), options(kStaticAddress)}, "An address.")));
  append(all, in({Block::kStaticRoutes, Block::kVirtualRoutes},
                 row.item({options(kRoute)}, "A route, in the words of ip-route(8).")));
  append(all, in({Block::kStaticRules, Block::kVirtualRules},
                 row.item({options(kRule)}, "A rule, in the words of ip-rule(8).")));
  return all;
}

}  // namespace holdfast::config
