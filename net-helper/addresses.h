// IPv4 addresses on interfaces, through rtnetlink.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "common/error.h"
#include "common/ipv4.h"
#include "net-helper/route_socket.h"

namespace holdfast::net {

struct InterfaceAddress {
  int interface_index = 0;
  Ipv4 address;
  uint8_t prefix_length = 0;
  auto operator<=>(const InterfaceAddress&) const = default;
};

class Addresses {
 public:
  explicit Addresses(RouteSocket& socket) : socket_(socket) {}

  // Adds it, or renews it without a gap. `kernel_lease`: the kernel itself removes the address
  // after this time unless it is renewed; 0: it stays. Errors carry the kernel's words.
  Result<void> put(const InterfaceAddress& address, std::chrono::seconds kernel_lease);
  // One that is not there is no error.
  Result<void> remove(const InterfaceAddress& address);
  // Every IPv4 address of the network namespace, in the kernel's order.
  Result<std::vector<InterfaceAddress>> list();

 private:
  RouteSocket& socket_;
};

}  // namespace holdfast::net
