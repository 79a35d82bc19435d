// What this host's administrator allows, as checked values. Everything that the helper sends or
// asks of the kernel is built from these rows; a request of the engine only picks one of them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/ipv4.h"
#include "common/vrrp_wire.h"
#include "net-helper/leases.h"

namespace holdfast::compiled {
class NetConfig;
}

namespace holdfast::net {

constexpr size_t kInterfacesMax = 1000;  // all of them in one message
constexpr size_t kRoutersMax = 10'000;
constexpr size_t kAddressesPerRouterMax = 20'255;  // 255 of them advertised
// A router's changes (what does more than renew a claim), in the long run and at once.
constexpr double kChangesPerSecond = 20;
constexpr double kChangesBurst = 40;

struct Range {
  const char* field;
  uint32_t value;
  uint32_t min;
  uint32_t max;
};
// About the first value that is out of its range.
Result<void> check_ranges(std::initializer_list<Range> ranges);

struct AddressPolicy {
  Ipv4 address;
  uint8_t prefix_length = 0;
  std::string interface;
  std::string text() const {
    return fmt::format("{}/{} dev {}", address.text(), prefix_length, interface);
  }
  auto operator<=>(const AddressPolicy&) const = default;
};

struct RouterPolicy {
  uint32_t id = 0;
  std::string name;  // printable
  std::string interface;
  uint8_t vrid = 0;
  LeaseTimes times;
  Ipv4 group;
  std::string advertisement;  // the VRRP message; it says priority 0
  bool adds_source = false;   // to the checksum
  std::vector<AddressPolicy> addresses;
  uint32_t lease_limit_ms = 0;
  uint32_t priority_min = 0;
  uint32_t priority_max = 0;
  uint32_t linger_limit_ms = 0;
  uint32_t announce_limit = 0;

  bool operator==(const RouterPolicy&) const = default;
  // What permits an act of this router, in words: itself, or one of its addresses.
  std::string row() const;
  std::string row(const AddressPolicy& address) const;
};

struct Policy {
  uint64_t generation = 0;
  uid_t engine_uid = 0;  // of the one user that may ask for anything
  std::map<uint32_t, RouterPolicy> routers;
  std::set<std::string> interfaces;                        // the routers' and their addresses'
  std::vector<Ipv4> virtual_addresses;                     // sorted
  Duration shortest_interval = std::chrono::seconds(255);  // of adverts

  // Which file this is, in words.
  std::string row() const { return fmt::format("generation {:016x}", generation); }
  // The whole file or nothing: the error names the router and the value that is out of range.
  static Result<Policy> from_message(const compiled::NetConfig& message);
};

}  // namespace holdfast::net
