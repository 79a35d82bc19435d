// Rows of `vrrp_instance`: how advertisements travel.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kInstance;

constexpr auto kNever = std::to_array<std::string_view>({"never"});
constexpr auto kPeerOptions = std::to_array<Option>({
    {"min_ttl", number(0, 255)},
    {"max_ttl", number(0, 255)},
});
constexpr Options kPeer{"a peer", kPeerOptions};

std::vector<Keyword> unicast_rows() {
  const std::string_view why = "advertisements go to a multicast group only";
  const auto row = not_yet(kHere, why);
  Keyword peer =
      row.item({any_address(), options(kPeer)}, "A peer's address, and how far away it may be.");
  peer.where = Block::kUnicastPeers;
  Keyword peers = row.block("unicast_peer", Block::kUnicastPeers, {},
                            "The other hosts, to each of which advertisements go.");
  peers.apply = [](Call& call) { call.instance().unicast = call.statement.place(); };
  std::vector<Keyword> all = {
      peers,
      peer,
      row("unicast_src_ip", {any_address()}, "the interface's first address",
          "The address that advertisements to peers come from."),
      row("unicast_ttl", {number(0, 255)}, "255", "The TTL of advertisements to peers."),
      row("unicast_fault_no_peer", {}, {}, "Is in FAULT without peers, instead of multicasting."),
      not_yet(kHere, why, Severity::kWarning)(
          "old_unicast_checksum", {optional(choice(kNever))}, "as the first peer does",
          "Computes the checksum to peers as keepalived did before 1.4."),
  };
  for (Keyword& one : all) {
    if (one.ignoring == Severity::kError) one.topic = "unicast";
  }
  return all;
}

std::vector<Keyword> source_rows() {
  const auto row = not_yet(kHere, "advertisements leave from the interface's first address");
  return {
      row("mcast_src_ip", {any_address()}, "the interface's first address",
          "The address that advertisements come from."),
      row("track_src_ip", {}, {}, "Is in FAULT while that address is missing."),
      not_yet(kHere, "interfaces of another VRF are not known")(
          "vrf", {interface_name()}, "that of the interface",
          "The VRF to which the router belongs."),
      no_effect(kHere, "the sockets have room for every configured router")(
          "kernel_rx_buf_size", {number(1, INT32_MAX)}, "that of the kernel",
          "The bytes of the buffer for received packets."),
  };
}

}  // namespace

std::vector<Keyword> instance_transport_keywords() {
  std::vector<Keyword> all = {
      Rows{kHere}("mcast_dst_ip", {address()}, "as vrrp_mcast_group4",
                  "A multicast group of its own.", "engine.pb and net.pb routers.multicast_group",
                  [](Call& call) { set_multicast_group(call, call.instance().multicast_group); })};
  append(all, unicast_rows());
  append(all, source_rows());
  return all;
}

}  // namespace holdfast::config
