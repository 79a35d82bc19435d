// rtnetlink(7): the addresses of interfaces, and what else is asked of the kernel. It answers
// before it returns, so waiting for the answer is no waiting for anybody.
#pragma once

#include <netlink/socket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/ipv4.h"

struct nl_sock;
struct nlmsghdr;  // NOLINT(readability-identifier-naming): the kernel names it

namespace holdfast::net {

struct InterfaceAddress {
  int interface_index = 0;
  Ipv4 address;
  uint8_t prefix_length = 0;
  auto operator<=>(const InterfaceAddress&) const = default;
};

// What an RTM_NEWADDR or RTM_DELADDR is about; nothing if it is not IPv4.
std::optional<InterfaceAddress> read_address(nlmsghdr* message);

// Requests for addresses go to the kernel together, as many as come together.
class RouteSocket {
 public:
  static Result<RouteSocket> open();
  // One that hears of every change of links and IPv4 addresses but those that `requests` makes,
  // and never waits.
  static Result<RouteSocket> open_monitor(const RouteSocket& requests);

  // Adds it, or renews it without a gap: now or with the next ones, at commit() at the latest. The
  // kernel itself removes the address after `kernel_lease` unless it is renewed.
  Result<void> put(const InterfaceAddress& address, std::chrono::seconds kernel_lease);
  // Has the kernel do what was put. The error is about the first that it refused.
  Result<void> commit();
  // One that is not there is no error.
  Result<void> remove(const InterfaceAddress& address);
  // Every IPv4 address of the network namespace, in the kernel's order.
  Result<std::vector<InterfaceAddress>> list();
  // Hands over each answer to RTM_GETLINK and its like; a nullptr before the first.
  Result<void> dump(int type, uint8_t family, const std::function<void(nlmsghdr*)>& each);

  nl_sock* get() const { return socket_.get(); }

 private:
  // The first that the kernel refuses. A callback fills it: must not move.
  struct Refused {
    int error = 0;         // errno(3)
    uint32_t request = 0;  // which of asked_
  };
  static int on_error(sockaddr_nl*, nlmsgerr* error, void* refused);
  void change(uint16_t type, uint16_t flags, const InterfaceAddress& address,
              std::chrono::seconds lifetime);
  std::unexpected<Error> failed(const std::string& what, int error) const;

  std::unique_ptr<nl_sock, decltype(&nl_socket_free)> socket_{nullptr, nl_socket_free};
  std::unique_ptr<Refused> refused_;
  std::string requests_;                 // not yet sent
  std::vector<InterfaceAddress> asked_;  // by them, one each
};

}  // namespace holdfast::net
