// Rows of `global_defs`: who is told of changes, the firewall, and IPVS as a whole.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kGlobalDefs;

constexpr auto kVirtualServers = std::to_array<std::string_view>({"VS"});

constexpr int64_t kMonthSeconds = 31LL * 86400;
constexpr auto kTimeoutOptions = std::to_array<Option>({
    {"tcp", number(0, kMonthSeconds)},
    {"tcpfin", number(0, kMonthSeconds)},
    {"udp", number(0, kMonthSeconds)},
});
constexpr Options kTimeouts{"`lvs_timeouts`", kTimeoutOptions};

constexpr auto kSyncOptions = std::to_array<Option>({
    {"", word("a vrrp_instance")},
    {"inst", word("a vrrp_instance")},
    {"id", number(0, 255)},
    {"maxlen", number(1, 65507)},
    {"port", port()},
    {"ttl", number(1, 255)},
    {"group", any_address()},
});
constexpr Options kSync{"`lvs_sync_daemon`", kSyncOptions};

std::vector<Keyword> fifo_rows() {
  const auto row = not_yet(kHere, "events go to scripts and mail so far", Severity::kWarning);
  const std::vector<Argument> fifo = {path(), optional(user()), optional(group())};
  return {
      row("notify_fifo", fifo, "none at all", "A FIFO that gets every event as a line."),
      row("notify_fifo_script", {command()}, "none at all", "A program that reads notify_fifo."),
      row("vrrp_notify_fifo", fifo, "none at all", "A FIFO that gets the events of VRRP."),
      row("vrrp_notify_fifo_script", {command()}, "none at all",
          "A program that reads vrrp_notify_fifo."),
      row("lvs_notify_fifo", fifo, "none at all", "A FIFO that gets the events of real servers."),
      row("lvs_notify_fifo_script", {command()}, "none at all",
          "A program that reads lvs_notify_fifo."),
      row("fifo_write_vrrp_states_on_reload", {}, {}, "Writes all states again after a reload."),
      row("rs_init_notifies", {}, {}, "Notifies the first state of real servers, too."),
  };
}

std::vector<Keyword> management_rows() {
  constexpr double kIntervalMin = 0.001;
  constexpr double kIntervalMax = 30;
  const auto snmp = not_yet(kHere, "there is no SNMP agent", Severity::kWarning);
  const auto dbus = not_yet(kHere, "there is no D-Bus interface", Severity::kWarning);
  const Keyword vrrp = snmp("enable_snmp_vrrp", {}, {}, "Serves keepalived's MIB of VRRP.");
  return {
      vrrp,
      formerly("enable_snmp_keepalived", vrrp),
      snmp("enable_snmp_checker", {}, {}, "Serves keepalived's MIB of virtual servers."),
      snmp("enable_snmp_rfc", {}, {}, "Serves both MIBs of the RFCs."),
      snmp("enable_snmp_rfcv2", {}, {}, "Serves the MIB of RFC 2787."),
      snmp("enable_snmp_rfcv3", {}, {}, "Serves the MIB of RFC 6527."),
      snmp("enable_traps", {}, {}, "Sends SNMP traps."),
      snmp("snmp_socket", {word("an address")}, "unix:/var/agentx/master",
           "Where the master agent listens."),
      snmp("snmp_vs_stats_update_interval", {seconds(kIntervalMin, kIntervalMax)}, "5",
           "How old statistics of virtual servers may be."),
      snmp("snmp_rs_stats_update_interval", {seconds(kIntervalMin, kIntervalMax)}, "5",
           "How old statistics of real servers may be."),
      dbus("enable_dbus", {}, {}, "Serves state and statistics over D-Bus."),
      dbus("dbus_service_name", {word("a name")}, "org.keepalived.Vrrp1",
           "The name of the service on the bus."),
      dbus("dbus_no_interface_name", {word("a name")}, "none",
           "What stands for the interface of a router that has none."),
  };
}

std::vector<Keyword> firewall_rows() {
  const auto row = not_yet(kHere, "no firewall rules are made", Severity::kWarning);
  return {
      row("nftables", {optional(word("a table"))}, "keepalived",
          "The table of nftables for rules that drop packets to addresses."),
      row("nftables_priority", {number(INT32_MIN, INT32_MAX)}, "-1", "The priority of its chains."),
      row("nftables_ifindex", {}, {}, "Uses the numbers of interfaces instead of names."),
      row("nftables_counters", {}, {}, "Counts packets that a rule drops."),
      row("nftables_ipvs", {optional(word("a table"))}, "keepalived_ipvs",
          "The table of nftables that marks packets to virtual_server_group."),
      row("nftables_ipvs_priority", {number(INT32_MIN, INT32_MAX)}, "-1",
          "The priority of the chains that mark."),
      row("nftables_ipvs_start_fwmark", {number(1, UINT32_MAX)}, "1000", "The first of the marks."),
      row("vrrp_iptables", {optional(word("a chain")), optional(word("a chain"))},
          "INPUT and OUTPUT", "The chains of iptables for rules that drop packets to addresses."),
      row("vrrp_ipsets", {optional(many(word("a set")))}, "keepalived and derived names",
          "The sets of addresses that those rules use."),
  };
}

std::vector<Keyword> ipvs_rows() {
  const auto row = not_yet(kHere, "IPVS is not driven yet", Severity::kWarning);
  const Keyword flush_on_stop =
      row("lvs_flush_on_stop", {optional(choice(kVirtualServers))},
          "everything is removed one by one", "Empties IPVS when the service stops.");
  return {
      row("lvs_timeouts", {options(kTimeouts)}, "those of the kernel",
          "How long IPVS remembers idle connections, in seconds."),
      row("lvs_flush", {}, {}, "Empties IPVS when the service starts."),
      flush_on_stop,
      formerly("lvs_flush_onstop", flush_on_stop),
      row("lvs_sync_daemon", {interface_name(), options(kSync)}, "port 8848, group 224.0.0.81",
          "Hands the connections of IPVS to the hosts that are BACKUP."),
  };
}

}  // namespace

std::vector<Keyword> global_channel_keywords() {
  std::vector<Keyword> all = fifo_rows();
  append(all, management_rows());
  append(all, firewall_rows());
  append(all, ipvs_rows());
  return all;
}

}  // namespace holdfast::config
