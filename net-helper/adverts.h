// Sending advertisements: one raw socket an interface, packets built from policy alone.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/error.h"
#include "common/unique_fd.h"
#include "net-helper/links.h"
#include "net-helper/policy.h"

namespace holdfast::net {

// The whole IPv4 datagram.
std::vector<std::byte> build_advert(const RouterPolicy& router, uint8_t priority, Ipv4 source,
                                    uint16_t identification);

class Adverts {
 public:
  // From the link's primary address to the router's group. Never blocks.
  Result<void> send(const RouterPolicy& router, const Link& link, uint8_t priority);
  // After a change of links or policy: sockets are opened again when they are needed.
  void close_sockets() { sockets_.clear(); }

 private:
  Result<int> socket_for(int interface_index);

  std::map<int, UniqueFd> sockets_;
  std::map<uint32_t, uint16_t> identifications_;  // by router; counting from 1
};

}  // namespace holdfast::net
