#include "net-helper/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <tuple>

#include "common/log.h"
#include "net_config.pb.h"

namespace holdfast::net {
namespace {

using std::chrono::milliseconds;
using Interfaces = std::map<uint32_t, std::string>;  // by id

constexpr size_t kInterfaceNameBytesMax = 15;

struct Range {
  const char* field;
  uint32_t value;
  uint32_t min;
  uint32_t max;
};

// About the first value that is out of its range.
Result<void> check_ranges(std::initializer_list<Range> ranges) {
  for (const auto& [field, value, min, max] : ranges) {
    if (value >= min && value <= max) continue;
    return failure(fmt::format("{} {} is not within {}..{}", field, value, min, max));
  }
  return {};
}

Result<void> check_numbers(const compiled::NetRouter& from) {
  return check_ranges({
      {"id", from.id(), 1, UINT32_MAX},
      {"vrid", from.vrid(), 1, 255},
      {"version", from.version(), 2, 2},
      {"advert_interval_ms", from.advert_interval_ms(), 1000, 255'000},  // RFC 3768 5.3.7
      {"advert_interval_ms beyond whole seconds", from.advert_interval_ms() % 1000, 0, 0},
      {"number of addresses", static_cast<uint32_t>(from.addresses_size()), 1, vrrp::kAddressesMax},
      {"number of excluded addresses", static_cast<uint32_t>(from.excluded_addresses_size()), 0,
       kAddressesPerRouterMax},
      {"lease_limit_ms", from.lease_limit_ms(), 100, 600'000},
      {"priority_min", from.priority_min(), 1, 255},
      {"priority_max", from.priority_max(), from.priority_min(), 255},
      // Each advertisement renews it.
      {"kernel_lease_s", from.kernel_lease_s(), from.advert_interval_ms() / 1000 + 1, 86'400},
      {"resign_linger_limit_ms", from.resign_linger_limit_ms(), 0, 60'000},
      {"announce_limit", from.announce_limit(), 1, 1000},
  });
}

Result<std::string> interface_name(const Interfaces& interfaces, uint32_t id) {
  const auto found = interfaces.find(id);
  if (found != interfaces.end()) return found->second;
  return failure(fmt::format("interface id {} is not in the file", id));
}

Result<void> read_address(const compiled::Address& from, const Interfaces& interfaces,
                          RouterPolicy& router) {
  const Ipv4 address = Ipv4::from_bytes(from.address()).value_or(Ipv4{});
  // Nothing that is not a unicast address of a host may ever be put on an interface.
  const uint32_t first_byte = address.value >> 24;
  if (first_byte == 0 || first_byte == 127 || first_byte >= 224) {
    return failure("a virtual address is not an IPv4 unicast address");
  }
  const auto interface = interface_name(interfaces, from.interface_id());
  if (!interface) return std::unexpected(interface.error());
  router.addresses.push_back({address, static_cast<uint8_t>(from.prefix_length()), *interface});
  return check_ranges({{"prefix_length", from.prefix_length(), 1, 32}});
}

Result<void> read_authentication(const compiled::Authentication& from, RouterPolicy& router) {
  if (from.type() == compiled::Authentication::TYPE_UNSPECIFIED) return {};
  if (from.type() != compiled::Authentication::TYPE_PASS ||
      from.data().size() != vrrp::kAuthDataBytes) {
    return failure("authentication is neither none nor PASS with 8 bytes");
  }
  router.advert.auth_type = vrrp::kAuthPass;
  std::ranges::copy(from.data(), router.advert.auth_data.begin());
  return {};
}

Result<RouterPolicy> read_router(const compiled::NetRouter& from, const Interfaces& interfaces) {
  if (auto checked = check_numbers(from); !checked) return std::unexpected(checked.error());
  const auto interface = interface_name(interfaces, from.interface_id());
  if (!interface) return std::unexpected(interface.error());
  const auto group = Ipv4::from_bytes(from.multicast_group());
  if (!group || !group->is_multicast()) return failure("multicast_group is no multicast address");
  RouterPolicy router{
      .id = from.id(),
      .name = log::printable(from.name(), 64),
      .interface = *interface,
      .times = {.advert_interval = milliseconds(from.advert_interval_ms()),
                .kernel_lease = std::chrono::seconds(from.kernel_lease_s())},
      .group = *group,
      .advert = {.vrid = static_cast<uint8_t>(from.vrid()),
                 .interval_s = static_cast<uint8_t>(from.advert_interval_ms() / 1000)},
      .lease_limit = milliseconds(from.lease_limit_ms()),
      .priority_min = from.priority_min(),
      .priority_max = from.priority_max(),
      .linger_limit = milliseconds(from.resign_linger_limit_ms()),
      .announce_limit = from.announce_limit(),
  };
  Result<void> read = read_authentication(from.authentication(), router);
  for (const auto& address : from.addresses()) {
    if (read) read = read_address(address, interfaces, router);
  }
  for (const auto& address : router.addresses) router.advert.addresses.push_back(address.address);
  for (const auto& address : from.excluded_addresses()) {
    if (read) read = read_address(address, interfaces, router);
  }
  if (!read) return std::unexpected(read.error());
  return router;
}

Result<Interfaces> read_interfaces(const compiled::NetConfig& message, Policy& policy) {
  Interfaces result;
  for (const auto& interface : message.interfaces()) {
    const std::string& name = interface.name();
    const bool plain =
        std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
    if (interface.id() == 0 || name.empty() || name.size() > kInterfaceNameBytesMax || !plain) {
      return failure(fmt::format("`{}` (id {}) cannot be an interface", log::printable(name, 32),
                                 interface.id()));
    }
    if (!policy.interface_ids.emplace(name, interface.id()).second ||
        !result.emplace(interface.id(), name).second) {
      return failure(
          fmt::format("interface `{}` (id {}) stands there twice", name, interface.id()));
    }
  }
  return result;
}

}  // namespace

std::string RouterPolicy::row() const {
  return fmt::format("{} vrid {} dev {}", name, advert.vrid, interface);
}

std::string RouterPolicy::row(const AddressPolicy& address) const {
  return fmt::format("{} {}", name, address.text());
}

Result<Policy> Policy::from_message(const compiled::NetConfig& message) {
  const auto bounded = check_ranges(
      {{"number of interfaces", static_cast<uint32_t>(message.interfaces_size()), 0,
        kInterfacesMax},
       {"engine_uid", message.has_engine_uid() ? message.engine_uid() : UINT32_MAX, 0,
        UINT32_MAX - 1},
       {"number of routers", static_cast<uint32_t>(message.routers_size()), 0, kRoutersMax}});
  if (!bounded) return std::unexpected(bounded.error());
  Policy policy;
  const auto interfaces = read_interfaces(message, policy);
  if (!interfaces) return std::unexpected(interfaces.error());
  policy.generation = message.generation();
  policy.engine_uid = message.engine_uid();
  std::set<std::tuple<std::string, Ipv4, uint8_t>> identities;
  std::set<std::pair<std::string, Ipv4>> owned;
  for (const auto& from : message.routers()) {
    const auto refuse = [&from](const std::string& problem) {
      return failure(fmt::format("router `{}`: {}", log::printable(from.name(), 64), problem));
    };
    const auto router = read_router(from, *interfaces);
    if (!router) return refuse(router.error().text);
    if (!identities.emplace(router->interface, router->group, router->advert.vrid).second) {
      return refuse(
          fmt::format("VRID {} is used twice on {}", router->advert.vrid, router->interface));
    }
    for (const auto& [address, prefix_length, interface] : router->addresses) {
      policy.owners.emplace(address, router->id);
      if (owned.emplace(interface, address).second) continue;
      // Two owners would withdraw it from under each other.
      return refuse(fmt::format("{} stands there twice for {}", address.text(), interface));
    }
    if (policy.routers.emplace(router->id, *router).second) continue;
    return refuse(fmt::format("id {} is used twice", router->id));
  }
  return policy;
}

}  // namespace holdfast::net
