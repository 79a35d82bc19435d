// What the helper says on the wire, built from policy alone: advertisements (RFC 3768) and
// gratuitous ARP (RFC 5227 3, with keepalived's target hardware address). The sockets send and
// never receive. Nothing here blocks: what an interface does not take is an error.
#pragma once

#include <netinet/if_ether.h>

#include <cstdint>
#include <map>

#include "common/error.h"
#include "common/unique_fd.h"
#include "net-helper/links.h"
#include "net-helper/policy.h"
#include "net-helper/trail.h"

namespace holdfast::net {

struct ArpFrame {
  ether_header ethernet;
  ether_arp arp;
};
static_assert(sizeof(ArpFrame) == 42);

ArpFrame build_gratuitous_arp(const MacAddress& mac, Ipv4 address);

class Sender {
 public:
  static Result<Sender> open(Trail& trail);
  // From the link's primary address to the router's group.
  Result<void> advertise(const RouterPolicy& router, const Link& link, uint8_t priority);
  // Tells the neighbours on that link where the address is.
  Result<void> announce(const Link& link, Ipv4 address);
  // After a change of links or policy: sockets are opened again when they are needed.
  void close_advert_sockets() { advert_sockets_.clear(); }

 private:
  Sender(Trail& trail, UniqueFd arp_socket) : trail_(&trail), arp_socket_(std::move(arp_socket)) {}
  Result<int> advert_socket(const Link& link);

  Trail* trail_;
  UniqueFd arp_socket_;
  std::map<int, UniqueFd> advert_sockets_;  // by interface
};

}  // namespace holdfast::net
