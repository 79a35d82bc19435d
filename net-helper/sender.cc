#include "net-helper/sender.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "net-helper/raw_socket.h"

namespace holdfast::net {

// A batch of some thousand frames on a slow interface; and an interface whose queue stands still
// must not take the room of the others' adverts.
constexpr int kSendBufferBytes = 4 << 20;
constexpr int kTosInternetworkControl = 0xc0;

ArpFrame build_gratuitous_arp(const MacAddress& mac, Ipv4 address) {
  ArpFrame frame{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0x08, 0x06,  // Ethernet
                 0,    1,    0x08, 0,    6,    4,    0, 1};  // IPv4 on Ethernet, a request
  const std::string bytes = address.bytes();
  std::ranges::copy(mac, frame.begin() + 6);     // from
  std::ranges::copy(mac, frame.begin() + 22);    // sender
  std::ranges::copy(bytes, frame.begin() + 28);  // sender
  std::fill_n(frame.begin() + 32, 6, 0xff);      // target
  std::ranges::copy(bytes, frame.begin() + 38);  // target
  return frame;
}

void write_priority(std::span<char> message, uint8_t priority, Ipv4 source) {
  constexpr size_t kPriorityAt = 2;
  constexpr size_t kChecksumAt = 6;
  const auto byte = [&message](size_t at) -> unsigned { return static_cast<uint8_t>(message[at]); };
  const unsigned before = byte(kChecksumAt) << 8U | byte(kChecksumAt + 1);
  unsigned sum = (~before & 0xffff) + (unsigned{priority} << 8U);
  sum += (source.value >> 16) + (source.value & 0xffff);
  sum = (sum & 0xffff) + (sum >> 16);
  const unsigned after = ~((sum & 0xffff) + (sum >> 16));
  message[kPriorityAt] = static_cast<char>(priority);
  message[kChecksumAt] = static_cast<char>(after >> 8);
  message[kChecksumAt + 1] = static_cast<char>(after);
}

Result<Sender> Sender::open(Trail& trail) {
  auto adverts = open_raw_socket(trail, "advertise", AF_INET, vrrp::kIpProtocol, kDropAll,
                                 {{IPPROTO_IP, IP_MULTICAST_LOOP, 0},
                                  {IPPROTO_IP, IP_MULTICAST_TTL, vrrp::kTtl},
                                  {IPPROTO_IP, IP_TOS, kTosInternetworkControl},
                                  {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT}});
  if (!adverts) return std::unexpected(adverts.error());
  // Protocol 0: receives nothing (packet(7)).
  auto arp = open_raw_socket(trail, "announce addresses by ARP", AF_PACKET, 0, kDropAll, {});
  if (!arp) return std::unexpected(arp.error());
  for (const UniqueFd* fd : {&*adverts, &*arp}) {
    if (set_option(*fd, SOL_SOCKET, SO_SNDBUFFORCE, kSendBufferBytes)) continue;
    // In a user namespace only the ordinary limit can be asked for.
    std::ignore = set_option(*fd, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  }
  return Sender(std::move(*adverts), std::move(*arp));
}

Result<void> Sender::advertise(const RouterPolicy& router, const Link& link, uint8_t priority) {
  Packets::Packet& packet = out_->packets[queued_];
  std::ranges::copy(router.advertisement, packet.bytes.begin());
  packet.part.iov_len = router.advertisement.size();
  write_priority(packet.bytes, priority, router.adds_source ? link.primary : Ipv4{});
  packet.peer = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(router.group.value)}};
  const in_pktinfo from{
      .ipi_ifindex = link.index, .ipi_spec_dst = {htonl(link.primary.value)}, .ipi_addr = {}};
  cmsghdr* const chosen = CMSG_FIRSTHDR(&out_->headers[queued_].msg_hdr);
  *chosen = {.cmsg_len = CMSG_LEN(sizeof from), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
  std::memcpy(CMSG_DATA(chosen), &from, sizeof from);
  routers_[queued_++] = &router;
  return queued_ < Packets::kRoom ? Result<void>() : flush();
}

Result<void> Sender::flush() {
  Result<void> done;
  for (unsigned at = 0; at < queued_;) {
    const int sent =
        ::sendmmsg(advert_socket_.get(), &out_->headers[at], queued_ - at, MSG_DONTROUTE);
    const RouterPolicy& first = *routers_[at];
    if (sent < 0) done = system_failure(first.name + ": advertise on " + first.interface);
    at += sent < 0 ? 1 : static_cast<unsigned>(sent);
  }
  queued_ = 0;
  return done;
}

Result<void> Sender::announce(const Link& link, Ipv4 address) {
  const ArpFrame frame = build_gratuitous_arp(link.mac, address);
  // To whom stands in the frame.
  const sockaddr_ll to{
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = link.index};
  const auto* const by = reinterpret_cast<const sockaddr*>(&to);
  if (::sendto(arp_socket_.get(), &frame, sizeof frame, 0, by, sizeof to) >= 0) return {};
  return system_failure("gratuitous ARP for " + address.text());
}

}  // namespace holdfast::net
