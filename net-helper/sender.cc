#include "net-helper/sender.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "net-helper/raw_socket.h"

namespace holdfast::net {
namespace {

constexpr MacAddress kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr int kSendBufferBytes = 4 << 20;  // a batch of some thousand frames on a slow interface
constexpr int kTosInternetworkControl = 0xc0;

}  // namespace

ArpFrame build_gratuitous_arp(const MacAddress& mac, Ipv4 address) {
  ArpFrame frame{};
  const uint32_t network_order = htonl(address.value);
  std::ranges::copy(kBroadcast, frame.ethernet.ether_dhost);
  std::ranges::copy(mac, frame.ethernet.ether_shost);
  frame.ethernet.ether_type = htons(ETHERTYPE_ARP);
  frame.arp.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
                      .ar_pro = htons(ETHERTYPE_IP),
                      .ar_hln = ETH_ALEN,
                      .ar_pln = sizeof network_order,
                      .ar_op = htons(ARPOP_REQUEST)};
  std::ranges::copy(mac, frame.arp.arp_sha);
  std::memcpy(frame.arp.arp_spa, &network_order, sizeof network_order);
  std::ranges::copy(kBroadcast, frame.arp.arp_tha);
  std::memcpy(frame.arp.arp_tpa, &network_order, sizeof network_order);
  return frame;
}

void write_priority(std::span<char> message, uint8_t priority) {
  constexpr size_t kPriorityAt = 2;
  constexpr size_t kChecksumAt = 6;
  const auto byte = [&message](size_t at) { return static_cast<uint8_t>(message[at]); };
  const unsigned before = byte(kChecksumAt) << 8U | byte(kChecksumAt + 1);
  const unsigned sum = (~before & 0xffff) + (priority << 8U);
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
  // In a user namespace only the ordinary limit can be asked for.
  Result<void> sized = set_option(*arp, SOL_SOCKET, SO_SNDBUFFORCE, kSendBufferBytes);
  if (!sized) sized = set_option(*arp, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  if (!sized) return std::unexpected(sized.error());
  return Sender(std::move(*adverts), std::move(*arp));
}

Result<void> Sender::advertise(const RouterPolicy& router, const Link& link, uint8_t priority) {
  std::array<char, vrrp::kMessageBytesMax> message;
  std::ranges::copy(router.advertisement, message.begin());
  write_priority(message, priority);
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
