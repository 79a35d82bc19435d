#include "net-helper/sender.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "net-helper/raw_socket.h"

namespace holdfast::net {

constexpr MacAddress kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
// A batch of some thousand frames on a slow interface; and an interface whose queue stands still
// must not take the room of the others' adverts.
constexpr int kSendBufferBytes = 4 << 20;
constexpr int kTosInternetworkControl = 0xc0;

ArpFrame build_gratuitous_arp(const MacAddress& mac, Ipv4 address) {
  ArpFrame frame{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0x08, 0x06,  // Ethernet
                 0,    1,    0x08, 0,    6,    4,    0, 1};  // IPv4 on Ethernet, a request
  const std::string bytes = address.bytes();
  std::ranges::copy(mac, frame.begin() + 6);          // from
  std::ranges::copy(mac, frame.begin() + 22);         // sender
  std::ranges::copy(bytes, frame.begin() + 28);       // sender
  std::ranges::copy(kBroadcast, frame.begin() + 32);  // target
  std::ranges::copy(bytes, frame.begin() + 38);       // target
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
    // In a user namespace only the ordinary limit can be asked for.
    Result<void> sized = set_option(*fd, SOL_SOCKET, SO_SNDBUFFORCE, kSendBufferBytes);
    if (!sized) sized = set_option(*fd, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
    if (!sized) return std::unexpected(sized.error());
  }
  return Sender(std::move(*adverts), std::move(*arp));
}

Result<void> Sender::advertise(const RouterPolicy& router, const Link& link, uint8_t priority) {
  std::array<char, vrrp::kMessageBytesMax> message;
  std::ranges::copy(router.advertisement, message.begin());
  write_priority(message, priority, router.adds_source ? link.primary : Ipv4{});
  sockaddr_in to{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(router.group.value)}};
  const in_pktinfo from{
      .ipi_ifindex = link.index, .ipi_spec_dst = {htonl(link.primary.value)}, .ipi_addr = {}};
  iovec part{message.data(), router.advertisement.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof from)> control{};
  msghdr header{.msg_name = &to,
                .msg_namelen = sizeof to,
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = control.data(),
                .msg_controllen = control.size()};
  cmsghdr* const chosen = CMSG_FIRSTHDR(&header);
  *chosen = {.cmsg_len = CMSG_LEN(sizeof from), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
  std::memcpy(CMSG_DATA(chosen), &from, sizeof from);
  if (::sendmsg(advert_socket_.get(), &header, MSG_DONTROUTE) >= 0) return {};
  return system_failure(router.name + ": send an advertisement on " + router.interface);
}

Result<void> Sender::announce(const Link& link, Ipv4 address) {
  const ArpFrame frame = build_gratuitous_arp(link.mac, address);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_ARP);
  to.sll_ifindex = link.index;
  to.sll_halen = kBroadcast.size();
  std::ranges::copy(kBroadcast, to.sll_addr);
  if (::sendto(arp_socket_.get(), &frame, sizeof frame, 0, reinterpret_cast<const sockaddr*>(&to),
               sizeof to) >= 0) {
    return {};
  }
  return system_failure("gratuitous ARP for " + address.text());
}

}  // namespace holdfast::net
