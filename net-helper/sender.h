// What the helper says on the wire, built from policy alone: advertisements (RFC 3768) and
// gratuitous ARP (RFC 5227 3, with keepalived's target hardware address). The sockets send and
// never receive. Nothing here blocks: what an interface does not take is an error.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "common/error.h"
#include "common/unique_fd.h"
#include "net-helper/links.h"
#include "net-helper/policy.h"
#include "net-helper/raw_socket.h"
#include "net-helper/trail.h"

namespace holdfast::net {

using ArpFrame = std::array<uint8_t, 42>;

ArpFrame build_gratuitous_arp(const MacAddress& mac, Ipv4 address);
// Into a message that says priority 0; its checksum is mended (RFC 1624) and covers `source`, too.
void write_priority(std::span<char> message, uint8_t priority, Ipv4 source);

class Sender {
 public:
  static Result<Sender> open(Trail& trail);
  // From the link's primary address to the router's group: now or with the next ones, at flush()
  // at the latest. Until then the router must stay where it is.
  Result<void> advertise(const RouterPolicy& router, const Link& link, uint8_t priority);
  // Sends what was put off. The error is about the last that the kernel did not take.
  Result<void> flush();
  // Tells the neighbours on that link where the address is.
  Result<void> announce(const Link& link, Ipv4 address);

 private:
  Sender(UniqueFd advert_socket, UniqueFd arp_socket)
      : advert_socket_(std::move(advert_socket)), arp_socket_(std::move(arp_socket)) {}

  UniqueFd advert_socket_;
  UniqueFd arp_socket_;
  std::unique_ptr<Packets> out_ = std::make_unique<Packets>();
  std::array<const RouterPolicy*, Packets::kRoom> routers_{};  // whose they are
  unsigned queued_ = 0;
};

}  // namespace holdfast::net
