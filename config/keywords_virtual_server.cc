// Rows of `virtual_server`, `real_server` and `virtual_server_group`.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kWhy = "IPVS is not driven yet";
constexpr Block kServer = Block::kVirtualServer;
constexpr Block kReal = Block::kRealServer;
constexpr int64_t kCountMax = INT32_MAX;
constexpr int64_t kPersistenceMax = 31L * 24 * 60 * 60;
constexpr int64_t kMarkMax = UINT32_MAX;

constexpr auto kSchedulers =
    std::to_array<std::string_view>({"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh",
                                     "fo", "ovf", "sed", "nq", "twos"});
constexpr auto kMethods = std::to_array<std::string_view>({"NAT", "DR", "TUN"});
constexpr auto kTunnels = std::to_array<std::string_view>({"ipip", "gue", "gre"});
constexpr auto kProtocols = std::to_array<std::string_view>({"TCP", "UDP", "SCTP"});
constexpr auto kFamilies = std::to_array<std::string_view>({"inet", "inet6"});

constexpr Argument any_port() {
  Argument argument = number(0, 65535);
  argument.shown = "PORT";
  return argument;
}

constexpr auto kServerOptions = std::to_array<Option>({
    {"", any_address(), optional(any_port())},
    {"fwmark", number(1, kMarkMax)},
    {"group", word("a name")},
});
constexpr Options kServerName{"`virtual_server`", kServerOptions};

constexpr auto kTunnelOptions = std::to_array<Option>({
    {"type", choice(kTunnels)},
    {"port", port()},
    {"nocsum"},
    {"csum"},
    {"remcsum"},
});
constexpr Options kTunnel{"`TUN`", kTunnelOptions};

constexpr auto kMemberOptions = std::to_array<Option>({
    {"", address_range(), optional(word("a port or ports"))},
    {"fwmark", number(1, kMarkMax), optional(choice(kFamilies))},
});
constexpr Options kMember{"a virtual server", kMemberOptions};

// No row of these moves an address between hosts.
constexpr UnsupportedRows kRow = not_yet(kServer, kWhy, Severity::kWarning);

std::vector<Keyword> server_blocks() {
  Argument name = options(kServerName);
  name.what = "an address, `fwmark` or `group`";
  name.shown = "ADDRESS [PORT] | fwmark NUMBER | group NAME";
  name.optional = false;
  Keyword server = kRow.block("virtual_server", kServer, {name},
                              "An address and port whose connections real servers share.");
  Keyword group = kRow.block("virtual_server_group", Block::kVirtualServerGroup, {word("a name")},
                             "Several virtual servers under one name, one a line.");
  server.where = group.where = Block::kRoot;
  server.why =
      "until holdfast drives IPVS, `keepalived -C`, which does no VRRP, can do it from a file of "
      "its "
      "own";
  Keyword member = kRow.item({options(kMember)}, "Addresses with their ports, or a mark.");
  member.where = Block::kVirtualServerGroup;
  return {server, group, member,
          kRow.block("real_server", kReal, {any_address(), optional(any_port())},
                     "A server behind the address, and how it is checked.")};
}

std::vector<Keyword> balancing_rows() {
  const std::vector<Argument> method = {choice(kMethods), options(kTunnel)};
  const Keyword scheduler = kRow("lb_algo", {choice(kSchedulers)}, "wlc",
                                 "How connections are shared: the name of a scheduler of IPVS.");
  const Keyword kind = kRow("lb_kind", method, "NAT", "How packets reach the real servers.");
  Keyword other_scheduler = scheduler;
  Keyword other_kind = kind;
  other_scheduler.name = "lvs_sched";
  other_kind.name = "lvs_method";
  std::vector<Keyword> all = {scheduler, other_scheduler, kind};
  append(all, in({kServer, kReal}, other_kind));
  append(all, {kRow("sorry_server_lvs_method", method, "as lb_kind",
                    "How packets reach the sorry server.")});
  const auto flag = [](std::string_view name, std::string_view doc) {
    return kRow(name, {}, {}, doc);
  };
  append(all, {flag("hashed", "Sets the scheduler's first flag."),
               flag("flag-1", "Sets the scheduler's first flag."),
               flag("flag-2", "Sets the scheduler's second flag."),
               flag("flag-3", "Sets the scheduler's third flag."),
               flag("sh-port", "Lets `sh` look at the port, too."),
               flag("sh-fallback", "Lets `sh` go on to another server when one is down."),
               flag("mh-port", "Lets `mh` look at the port, too."),
               flag("mh-fallback", "Lets `mh` go on to another server when one is down."),
               flag("ops", "Chooses a server for every datagram.")});
  return all;
}

std::vector<Keyword> service_rows() {
  return {
      kRow("protocol", {choice(kProtocols)}, "as the service needs: name it",
           "The protocol of the service."),
      kRow("ip_family", {choice(kFamilies)}, "that of the first real server",
           "The family of a service that is a mark."),
      kRow("persistence_timeout", {optional(number(1, kPersistenceMax))}, "360",
           "Seconds for which a client stays with its real server."),
      kRow("persistence_granularity", {word("a netmask or prefix length")}, "one address",
           "How large a network counts as one client."),
      kRow("persistence_engine", {word("a name")}, "none at all",
           "What else tells clients apart: `sip`."),
      kRow("ha_suspend", {}, {}, "Checks real servers only while the address is here."),
      kRow("omega", {on_or_off()}, "off", "Whether stopping runs notify_down and quorum_down."),
      kRow("quorum", {number(1, kCountMax)}, "1",
           "The weight of working real servers that the service needs."),
      kRow("hysteresis", {number(0, kCountMax)}, "0",
           "How far that weight must rise above the quorum, or fall below it."),
      kRow("quorum_up", {command()}, {}, "Runs when there is enough weight."),
      kRow("quorum_down", {command()}, {}, "Runs when there is too little."),
      kRow("sorry_server", {any_address(), optional(any_port())}, "none at all",
           "The server that answers when no real server works."),
      kRow("sorry_server_inhibit", {}, {},
           "Gives the sorry server the weight 0 instead of removing it."),
  };
}

// What both blocks have.
std::vector<Keyword> shared_rows() {
  std::vector<Keyword> all;
  const auto both = [&all](const Keyword& row) { append(all, in({kServer, kReal}, row)); };
  both(kRow("weight", {number(0, kCountMax)}, "1",
            "The share of connections that a real server gets."));
  both(kRow("inhibit_on_failure", {on_or_off()}, "off",
            "Whether a failed real server gets the weight 0 instead of being removed."));
  both(kRow("smtp_alert", {on_or_off()}, "on for a real server, off for the service",
            "Whether changes are mailed."));
  both(kRow("virtualhost", {word("a host name")}, "none at all",
            "The host name that HTTP checks ask for."));
  both(kRow("snmp_name", {word("a name")}, "none at all", "The name in the MIB."));
  return all;
}

std::vector<Keyword> real_rows() {
  const auto row = not_yet(kReal, kWhy, Severity::kWarning);
  return {
      row("uthreshold", {number(0, kCountMax)}, "0",
          "How many connections are too many; 0: no limit."),
      row("lthreshold", {number(0, kCountMax)}, "0",
          "How few connections let new ones in again after that."),
      row("notify_up", {command()}, {}, "Runs when the real server is put in service."),
      row("notify_down", {command()}, {}, "Runs when the real server is taken out of service."),
  };
}

// What configurations for the FULLNAT fork of IPVS have, and what keepalived had once.
std::vector<Keyword> other_programs_rows() {
  const std::string_view fork = "the FULLNAT fork of IPVS has it; keepalived skips it";
  const std::string_view remove =
      "remove it: the kernel's IPVS has NAT, DR and TUN, and the real servers see the clients";
  std::vector<Keyword> all = {
      obsolete(kServer, "nat_mask", "the kernel has not asked for it since Linux 2.2",
               "remove this line"),
  };
  for (const std::string_view name : {"laddr_group_name", "laddr", "daddr_group_name", "syn_proxy",
                                      "vip_bind_dev", "establish_timeout"}) {
    all.push_back(foreign(kServer, name, fork, remove));
  }
  for (const std::string_view name : {"local_address_group", "deny_address_group"}) {
    all.push_back(foreign(Block::kRoot, name, fork, remove));
    all.back().opens = Block::kUnknown;
  }
  return all;
}

}  // namespace

std::vector<Keyword> virtual_server_keywords() {
  std::vector<Keyword> all = server_blocks();
  append(all, balancing_rows());
  append(all, service_rows());
  append(all, shared_rows());
  append(all, real_rows());
  append(all, other_programs_rows());
  return all;
}

}  // namespace holdfast::config
