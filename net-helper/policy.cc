#include "net-helper/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "common/log.h"
#include "net_config.pb.h"

namespace holdfast::net {
namespace {

using std::chrono::milliseconds;

constexpr size_t kInterfaceNameBytesMax = 15;
constexpr uint64_t kDayMs = 24ULL * 60 * 60 * 1000;
constexpr uint64_t kAdvertIntervalMsMax = 255'000;  // RFC 3768 5.3.7: 8 bits of seconds
constexpr uint64_t kLeaseMsMin = 100;
constexpr uint64_t kLeaseMsMax = 600'000;
constexpr uint64_t kKernelLeaseSMax = 86'400;
constexpr uint64_t kLingerMsMax = 60'000;
constexpr uint64_t kGarpRepeatMax = 1000;
constexpr uint64_t kGarpRefreshMsMin = 100;

// Reads one router; remembers the first value that is out of range.
class RouterReader {
 public:
  RouterReader(const compiled::NetRouter& from, const std::map<uint32_t, std::string>& interfaces)
      : from_(from), interfaces_(interfaces) {}

  Result<RouterPolicy> read() {
    RouterPolicy router;
    router.id = static_cast<uint32_t>(number("id", from_.id(), 1, UINT32_MAX));
    router.name = log::printable(from_.name(), 64);
    router.interface = interface(from_.interface_id());
    router.vrid = static_cast<uint8_t>(number("vrid", from_.vrid(), 1, 255));
    if (from_.version() != 2) refuse(fmt::format("version {} is not 2", from_.version()));
    router.times.advert_interval = milliseconds(
        number("advert_interval_ms", from_.advert_interval_ms(), 1000, kAdvertIntervalMsMax));
    if (from_.advert_interval_ms() % 1000 != 0) {
      refuse(fmt::format("advert_interval_ms {} is not whole seconds", from_.advert_interval_ms()));
    }
    const auto group = Ipv4::from_bytes(from_.multicast_group());
    if (!group || !group->is_multicast()) refuse("multicast_group is not a multicast address");
    router.group = group.value_or(Ipv4{});
    read_authentication(router);
    read_addresses(router);
    read_limits(router);
    if (!problem_.empty()) {
      return failure(fmt::format("router `{}`: {}", router.name, problem_));
    }
    return router;
  }

 private:
  void refuse(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  uint64_t number(const char* field, uint64_t value, uint64_t min, uint64_t max) {
    if (value >= min && value <= max) return value;
    refuse(fmt::format("{} {} is not within {}..{}", field, value, min, max));
    return min;
  }

  std::string interface(uint32_t id) {
    const auto found = interfaces_.find(id);
    if (found != interfaces_.end()) return found->second;
    refuse(fmt::format("interface id {} is not in the file", id));
    return {};
  }

  void read_authentication(RouterPolicy& router) {
    const auto& authentication = from_.authentication();
    if (authentication.type() == compiled::Authentication::TYPE_UNSPECIFIED) return;
    if (authentication.type() != compiled::Authentication::TYPE_PASS ||
        authentication.data().size() != router.auth_data.size()) {
      return refuse("authentication is neither none nor PASS with 8 bytes");
    }
    router.auth_type = vrrp::kAuthPass;
    std::ranges::transform(authentication.data(), router.auth_data.begin(),
                           [](char c) { return static_cast<uint8_t>(c); });
  }

  void read_address(RouterPolicy& router, const compiled::Address& from) {
    const Ipv4 address = Ipv4::from_bytes(from.address()).value_or(Ipv4{});
    // Nothing that is not a unicast address of a host may ever be put on an interface.
    const uint32_t first_byte = address.value >> 24;
    if (first_byte == 0 || first_byte == 127 || first_byte >= 224) {
      return refuse("a virtual address is not an IPv4 unicast address");
    }
    const auto prefix = number("prefix_length", from.prefix_length(), 1, 32);
    router.addresses.push_back(
        {address, static_cast<uint8_t>(prefix), interface(from.interface_id())});
  }

  void read_addresses(RouterPolicy& router) {
    number("number of addresses", static_cast<uint64_t>(from_.addresses_size()), 1,
           vrrp::kAddressesMax);
    number("number of excluded addresses", static_cast<uint64_t>(from_.excluded_addresses_size()),
           0, kAddressesPerRouterMax);
    if (!problem_.empty()) return;
    for (const auto& address : from_.addresses()) read_address(router, address);
    for (const auto& address : router.addresses) router.advertised.push_back(address.address);
    for (const auto& address : from_.excluded_addresses()) read_address(router, address);
  }

  void read_limits(RouterPolicy& router) {
    const auto& garp = from_.garp();
    router.times.garp_repeat =
        static_cast<uint32_t>(number("garp repeat", garp.repeat(), 1, kGarpRepeatMax));
    router.times.garp_delay = milliseconds(number("garp delay_ms", garp.delay_ms(), 0, kDayMs));
    if (garp.refresh_ms() != 0) {
      router.times.garp_refresh =
          milliseconds(number("garp refresh_ms", garp.refresh_ms(), kGarpRefreshMsMin, kDayMs));
      router.times.garp_refresh_repeat = static_cast<uint32_t>(
          number("garp refresh_repeat", garp.refresh_repeat(), 1, kGarpRepeatMax));
    }
    router.lease_limit =
        milliseconds(number("lease_limit_ms", from_.lease_limit_ms(), kLeaseMsMin, kLeaseMsMax));
    router.priority_min =
        static_cast<uint32_t>(number("priority_min", from_.priority_min(), 1, 255));
    router.priority_max = static_cast<uint32_t>(
        number("priority_max", from_.priority_max(), router.priority_min, 255));
    router.times.kernel_lease =
        std::chrono::seconds(number("kernel_lease_s", from_.kernel_lease_s(), 0, kKernelLeaseSMax));
    router.linger_limit = milliseconds(
        number("resign_linger_limit_ms", from_.resign_linger_limit_ms(), 0, kLingerMsMax));
  }

  const compiled::NetRouter& from_;
  const std::map<uint32_t, std::string>& interfaces_;
  std::string problem_;
};

Result<std::map<uint32_t, std::string>> read_interfaces(const compiled::NetConfig& message) {
  if (static_cast<size_t>(message.interfaces_size()) > kInterfacesMax) {
    return failure(fmt::format("more than {} interfaces", kInterfacesMax));
  }
  std::map<uint32_t, std::string> result;
  std::set<std::string> names;
  for (const auto& interface : message.interfaces()) {
    const std::string& name = interface.name();
    const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
    if (interface.id() == 0 || name.empty() || name.size() > kInterfaceNameBytesMax || !plain ||
        name.find('/') != std::string::npos) {
      return failure(fmt::format("`{}` (id {}) cannot be an interface", log::printable(name, 32),
                                 interface.id()));
    }
    if (!names.insert(name).second || !result.emplace(interface.id(), name).second) {
      return failure(
          fmt::format("interface `{}` (id {}) stands there twice", name, interface.id()));
    }
  }
  return result;
}

}  // namespace

Result<Policy> Policy::from_message(const compiled::NetConfig& message) {
  const auto interfaces = read_interfaces(message);
  if (!interfaces) return std::unexpected(interfaces.error());
  if (static_cast<size_t>(message.routers_size()) > kRoutersMax) {
    return failure(fmt::format("more than {} routers", kRoutersMax));
  }
  Policy policy;
  policy.generation = message.generation();
  for (const auto& [id, name] : *interfaces) policy.interface_ids.emplace(name, id);
  std::set<std::tuple<std::string, Ipv4, uint8_t>> identities;
  std::set<std::pair<std::string, Ipv4>> owned;
  for (const auto& from : message.routers()) {
    auto router = RouterReader(from, *interfaces).read();
    if (!router) return std::unexpected(router.error());
    if (!identities.emplace(router->interface, router->group, router->vrid).second) {
      return failure(fmt::format("router `{}`: VRID {} is used twice on {}", router->name,
                                 router->vrid, router->interface));
    }
    for (const auto& address : router->addresses) {
      policy.owners.emplace(address.address, router->id);
      if (owned.emplace(address.interface, address.address).second) continue;
      // Two owners would withdraw it from under each other.
      return failure(fmt::format("router `{}`: {} stands there twice for {}", router->name,
                                 address.address.text(), address.interface));
    }
    if (policy.routers.emplace(router->id, *router).second) continue;
    return failure(fmt::format("router `{}`: id {} is used twice", router->name, router->id));
  }
  return policy;
}

}  // namespace holdfast::net
