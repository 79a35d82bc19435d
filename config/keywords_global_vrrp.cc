// Rows of `global_defs` that are defaults of every vrrp_instance. Those with a counterpart there
// are in keywords_defaults.cc.
#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kGlobalDefs;
constexpr int64_t kSecondsMax = 86400;
constexpr double kPacingMax = 4294;

constexpr auto kDynamicInterfaces = std::to_array<std::string_view>({"allow_if_changes"});

std::vector<Keyword> start_rows() {
  const auto row = not_yet(kHere, "routers take part as soon as the service runs");
  return {
      row("vrrp_startup_delay", {seconds(0, kSecondsMax)}, "0",
          "Seconds after the start before any router takes part."),
      row("vrrp_delay_after_boot", {seconds(0, kSecondsMax)}, "0",
          "Seconds that the host must have been up before any router takes part."),
      not_yet(kHere, "an interface must exist when the service starts")(
          "dynamic_interfaces", {optional(choice(kDynamicInterfaces))}, {},
          "Accepts interfaces that are not there yet."),
      not_yet(kHere, "only virtual addresses are managed", Severity::kWarning)(
          "default_interface", {interface_name()}, "eth0",
          "Where addresses of static_ipaddress without `dev` are held."),
  };
}

std::vector<Keyword> multicast_rows() {
  constexpr Rows kRow{kHere};
  return {
      kRow("vrrp_mcast_group4", {address()}, "224.0.0.18",
           "The multicast group of advertisements over IPv4.",
           "engine.pb and net.pb routers.multicast_group",
           [](Call& call) { set_multicast_group(call, call.global().multicast_group); }),
      not_yet(kHere, "virtual routers are of IPv4 only")(
          "vrrp_mcast_group6", {address6()}, "ff02::12",
          "The multicast group of advertisements over IPv6."),
      not_yet(kHere, "packets of virtual routers that are not configured are not counted",
              Severity::kWarning)("log_unknown_vrids", {}, {},
                                  "Logs advertisements of virtual routers that nobody here knows."),
      no_effect(kHere, "no multicast membership of another program is touched")(
          "disable_local_igmp", {}, {}, "Keeps the kernel from reporting link-local groups."),
  };
}

std::vector<Keyword> pacing_rows() {
  const auto row = not_yet(kHere, "gratuitous ARP is not paced", Severity::kWarning);
  std::vector<Keyword> all = {
      row("vrrp_garp_interval", {seconds(0, kPacingMax)}, "0, no gap",
          "The least gap between two gratuitous ARP messages on one interface."),
      row("vrrp_gna_interval", {seconds(0, kPacingMax)}, "0, no gap",
          "The least gap between two unsolicited neighbour advertisements on one interface."),
  };
  return all;
}

std::vector<Keyword> device_rows() {
  const auto device = not_yet(kHere, "addresses keep the interface's own MAC address");
  return {
      device("vmac_prefix", {word("a prefix")}, "vrrp",
             "What the names of interfaces with a virtual MAC address begin with."),
      device("vmac_addr_prefix", {word("a prefix")}, "vrrp",
             "The same for interfaces that `use_vmac_addr` makes."),
  };
}

std::vector<Keyword> buffer_rows() {
  const auto row = no_effect(kHere, "the sockets have room for every configured router");
  return {
      row("vrrp_rx_bufs_policy", {word("MTU, ADVERT or a number of bytes")},
          "that of the kernel's sockets", "How large the buffer for received packets is."),
      row("vrrp_rx_bufs_multiplier", {number(1, INT32_MAX)}, "3",
          "How many packets the buffer for received packets holds."),
      row("vrrp_netlink_cmd_rcv_bufs", {number(1, INT32_MAX)}, "that of the kernel",
          "The buffer for answers of the kernel."),
      row("vrrp_netlink_cmd_rcv_bufs_force", {on_or_off()}, "off",
          "Whether that buffer may exceed the system's limit."),
      row("vrrp_netlink_monitor_rcv_bufs", {number(1, INT32_MAX)}, "that of the kernel",
          "The buffer for news of the kernel."),
      row("vrrp_netlink_monitor_rcv_bufs_force", {on_or_off()}, "off",
          "Whether the buffer for news may exceed the system's limit."),
      row("process_monitor_rcv_bufs", {number(1, INT32_MAX)}, "that of the kernel",
          "The buffer for news of processes."),
      row("process_monitor_rcv_bufs_force", {on_or_off()}, "off",
          "Whether the buffer for news of processes may exceed the system's limit."),
      row("lvs_netlink_cmd_rcv_bufs", {number(1, INT32_MAX)}, "that of the kernel",
          "The checkers' buffer for answers of the kernel."),
      row("lvs_netlink_cmd_rcv_bufs_force", {on_or_off()}, "off",
          "Whether the checkers' buffer may exceed the system's limit."),
      row("lvs_netlink_monitor_rcv_bufs", {number(1, INT32_MAX)}, "that of the kernel",
          "The checkers' buffer for news of the kernel."),
      row("lvs_netlink_monitor_rcv_bufs_force", {on_or_off()}, "off",
          "Whether the checkers' buffer for news may exceed the system's limit."),
  };
}

}  // namespace

void set_multicast_group(Call& call, Setting<Ipv4>& group) {
  set(group, call.value());
  if (call.value().address.is_multicast()) return;
  call.diagnostics.report<kNotMulticast>(call.value().place, call.value().address.text())
      .help("VRRP's own group is 224.0.0.18");
}

std::vector<Keyword> global_vrrp_keywords() {
  std::vector<Keyword> all = start_rows();
  append(all, multicast_rows());
  append(all, pacing_rows());
  append(all, device_rows());
  append(all, buffer_rows());
  return all;
}

}  // namespace holdfast::config
