// The interfaces that the policy names, as the kernel reports them: one rtnetlink subscription for
// what changes, and a fresh look at everything when something did. No event is interpreted beyond
// "look again".
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "common/event_loop.h"
#include "common/ipv4.h"
#include "net-helper/policy.h"
#include "net-helper/route_socket.h"

namespace holdfast::net {

using MacAddress = std::array<uint8_t, 6>;

struct Link {
  int index = 0;         // 0: no such interface
  bool running = false;  // administratively up and with carrier
  bool arp = false;      // Ethernet, and ARP is not switched off
  MacAddress mac{};
  Ipv4 primary;  // the first address that is not virtual

  bool usable() const { return index != 0 && running && !primary.is_unset(); }
  bool operator==(const Link&) const = default;
};

class Links {
 public:
  // The links that changed, as they were before; none: a virtual address is gone, by whomever, or
  // perhaps, as notices were lost.
  using Changed = std::map<std::string, Link>;
  using Handler = std::function<void(const Changed&)>;

  // `monitor`: RouteSocket::open_monitor().
  Links(EventLoop& loop, RouteSocket monitor, RouteSocket& requests, Handler handler);
  // Looks for the policy's interfaces and virtual addresses; it must stay where it is.
  void watch(const Policy& policy);
  // Reads what the kernel has said so far and calls the handler if there is news.
  void process();
  // For an interface that was not watched: one that does not exist.
  const Link& get(const std::string& interface) const;

 private:
  void note(nlmsghdr* message);
  Result<std::map<std::string, Link>> look();

  RouteSocket monitor_;
  RouteSocket& requests_;
  Handler handler_;
  Source source_;
  const Policy* policy_ = nullptr;
  std::map<std::string, Link> links_;
  bool stale_ = false;
  bool removed_ = false;
};

}  // namespace holdfast::net
