// Rows of `bfd_instance`.
#include "config/rows.h"

namespace holdfast::config {

std::vector<Keyword> bfd_keywords() {
  constexpr Argument kMilliseconds = number(1, 4'294'967);
  constexpr int64_t kIdleMin = 1000;
  constexpr int64_t kWeightMax = 253;
  Argument milliseconds = kMilliseconds;
  milliseconds.shown = "MILLISECONDS";
  Argument idle = milliseconds;
  idle.least = kIdleMin;
  const auto row = not_yet(Block::kBfd, "there is no BFD yet");
  Keyword block = row.block("bfd_instance", Block::kBfd, {word("a name")},
                            "A session that notices within milliseconds that a neighbour is gone.");
  block.where = Block::kRoot;
  const Keyword neighbour = row("neighbor_ip", {any_address()}, {}, "The neighbour's address.");
  Keyword british = neighbour;
  british.name = "neighbour_ip";
  return {
      block,
      neighbour,
      british,
      row("source_ip", {any_address()}, "as the kernel chooses",
          "The address that packets to the neighbour come from."),
      row("min_rx", {milliseconds}, "10", "The shortest interval at which packets are taken."),
      row("min_tx", {milliseconds}, "10", "The shortest interval at which packets are sent."),
      row("idle_tx", {idle}, "1000", "The interval while the session is down."),
      row("multiplier", {number(1, 255)}, "5", "How many missing packets end the session."),
      row("passive", {}, {}, "Waits for the neighbour to begin."),
      row("ttl", {number(1, 255)}, "255", "The TTL of packets over IPv4."),
      row("hoplimit", {number(1, 255)}, "64", "The hop limit of packets over IPv6."),
      row("max_hops", {number(-1, 255)}, "0",
          "How many hops the neighbour may be away; 255: any number."),
      row("multihop", {on_or_off()}, "off", "Whether the neighbour is not on the same network."),
      row("weight", {number(-kWeightMax, kWeightMax), options(kWeightDirection)}, "0",
          "What a session that is up (positive) or down (negative) adds to the priority."),
      row("vrrp", {}, {}, "Tells instances of the session, and nothing else."),
      row("checker", {}, {}, "Tells checks of real servers of the session, and nothing else."),
  };
}

}  // namespace holdfast::config
