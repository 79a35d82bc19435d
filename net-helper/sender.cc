#include "net-helper/sender.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>

#include <algorithm>
#include <cstring>

#include "net-helper/raw_socket.h"

namespace holdfast::net {
namespace {

constexpr MacAddress kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr int kSendBufferBytes = 4 << 20;  // a batch of some thousand frames on a slow interface
constexpr int kTosInternetworkControl = 0xc0;

sockaddr_in internet(Ipv4 address) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(address.value);
  return result;
}

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

Result<Sender> Sender::open(Trail& trail) {
  // Protocol 0: receives nothing (packet(7)).
  auto fd = open_raw_socket(trail, "announce addresses by ARP", AF_PACKET, 0, kDropAll, {});
  if (!fd) return std::unexpected(fd.error());
  // In a user namespace only the ordinary limit can be asked for.
  Result<void> sized = set_option(*fd, SOL_SOCKET, SO_SNDBUFFORCE, kSendBufferBytes);
  if (!sized) sized = set_option(*fd, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  if (!sized) return std::unexpected(sized.error());
  return Sender(trail, std::move(*fd));
}

Result<int> Sender::advert_socket(const Link& link) {
  const auto found = advert_sockets_.find(link.index);
  if (found != advert_sockets_.end()) return found->second.get();
  auto fd = open_raw_socket(*trail_, "advertise from " + link.primary.text(), AF_INET,
                            vrrp::kIpProtocol, kDropAll,
                            {{SOL_SOCKET, SO_BINDTOIFINDEX, link.index},
                             {IPPROTO_IP, IP_MULTICAST_LOOP, 0},
                             {IPPROTO_IP, IP_MULTICAST_TTL, vrrp::kTtl},
                             {IPPROTO_IP, IP_TOS, kTosInternetworkControl},
                             {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT}});
  if (!fd) return std::unexpected(fd.error());
  const sockaddr_in from = internet(link.primary);
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) < 0) {
    return system_failure("bind to " + link.primary.text());
  }
  return advert_sockets_.emplace(link.index, std::move(*fd)).first->second.get();
}

Result<void> Sender::advertise(const RouterPolicy& router, const Link& link, uint8_t priority) {
  const auto fd = advert_socket(link);
  if (!fd) return std::unexpected(fd.error());
  vrrp::AdvertisementV2 advert = router.advert;
  advert.priority = priority;
  const auto message = vrrp::encode_message(advert);
  const sockaddr_in to = internet(router.group);
  if (::sendto(*fd, message.data(), message.size(), MSG_DONTROUTE,
               reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0) {
    return {};
  }
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
