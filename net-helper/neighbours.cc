#include "net-helper/neighbours.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include <algorithm>

#include "net-helper/raw_socket.h"

namespace holdfast::net {
namespace {

constexpr MacAddress kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr int kSendBufferBytes = 4 << 20;  // a batch of some thousand frames on a slow interface

sockaddr_ll link_layer(int interface_index) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_ARP);
  to.sll_ifindex = interface_index;
  to.sll_halen = kBroadcast.size();
  std::ranges::copy(kBroadcast, to.sll_addr);
  return to;
}

}  // namespace

ArpFrame build_gratuitous_arp(const MacAddress& mac, Ipv4 address) {
  ArpFrame frame{};
  size_t at = 0;
  const auto put = [&frame, &at](std::span<const uint8_t> bytes) {
    for (const uint8_t byte : bytes) frame[at++] = std::byte{byte};
  };
  const auto put_u16 = [&put](unsigned value) {
    put(std::array{static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value & 0xff)});
  };
  const auto put_address = [&put_u16](Ipv4 value) {
    put_u16(value.value >> 16);
    put_u16(value.value & 0xffff);
  };
  put(kBroadcast);
  put(mac);
  put_u16(ETH_P_ARP);
  put_u16(ARPHRD_ETHER);
  put_u16(ETH_P_IP);
  put(std::array<uint8_t, 2>{6, 4});  // bytes of a hardware and of a protocol address
  put_u16(ARPOP_REQUEST);
  put(mac);
  put_address(address);
  put(kBroadcast);
  put_address(address);
  return frame;
}

Result<Neighbours> Neighbours::open() {
  // Protocol 0: receives nothing (packet(7)).
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_failure("packet socket");
  Result<void> done = lock_send_only(fd);
  // In a user namespace only the ordinary limit can be asked for.
  if (done && !set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, kSendBufferBytes)) {
    done = set_option(fd, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  }
  if (!done) return std::unexpected(done.error());
  return Neighbours(std::move(fd));
}

Result<void> Neighbours::announce(std::span<const Announcement> announcements, uint32_t repeat) {
  Result<void> result;
  for (uint32_t turn = 0; turn < repeat; ++turn) {
    for (const Announcement& announcement : announcements) {
      const ArpFrame frame = build_gratuitous_arp(announcement.mac, announcement.address);
      const sockaddr_ll to = link_layer(announcement.interface_index);
      const ssize_t sent = ::sendto(fd_.get(), frame.data(), frame.size(), 0,
                                    reinterpret_cast<const sockaddr*>(&to), sizeof to);
      if (sent < 0) result = system_failure("gratuitous ARP for " + announcement.address.text());
    }
  }
  return result;
}

}  // namespace holdfast::net
