#include "net-helper/policy.h"

#include <algorithm>

#include "common/log.h"
#include "net_config.pb.h"

namespace holdfast::net {
namespace {

using std::chrono::milliseconds;

constexpr size_t kInterfaceNameBytesMax = 15;

Result<void> check_numbers(const compiled::NetRouter& from) {
  return check_ranges({
      {"id", from.id(), 1, UINT32_MAX},
      {"vrid", from.vrid(), 1, 255},
      {"advert_interval_ms", from.advert_interval_ms(), 10, 255'000},
      {"bytes of the advertisement", static_cast<uint32_t>(from.advertisement().size()),
       vrrp::kHeaderBytes, vrrp::kMessageBytesMax},
      {"number of addresses", static_cast<uint32_t>(from.addresses_size()), 1,
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

Result<void> check_interface(const std::string& name) {
  const bool plain =
      std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
  if (plain && !name.empty() && name.size() <= kInterfaceNameBytesMax) return {};
  return failure(fmt::format("`{}` cannot be an interface", log::printable(name, 32)));
}

Result<void> read_address(const compiled::Address& from, RouterPolicy& router) {
  const Ipv4 address = Ipv4::from_bytes(from.address()).value_or(Ipv4{});
  // Nothing that is not a unicast address of a host may ever be put on an interface.
  const uint32_t first_byte = address.value >> 24;
  if (first_byte == 0 || first_byte == 127 || first_byte >= 224) {
    return failure("a virtual address is not an IPv4 unicast address");
  }
  const std::string& interface = from.interface().empty() ? router.interface : from.interface();
  if (auto checked = check_interface(interface); !checked) return checked;
  router.addresses.push_back({address, static_cast<uint8_t>(from.prefix_length()), interface});
  return check_ranges({{"prefix_length", from.prefix_length(), 1, 32}});
}

Result<RouterPolicy> read_router(const compiled::NetRouter& from) {
  Result<void> checked = check_numbers(from);
  if (checked) checked = check_interface(from.interface());
  if (!checked) return std::unexpected(checked.error());
  if (static_cast<uint8_t>(from.advertisement()[1]) != from.vrid()) {
    return failure("the advertisement has another VRID");
  }
  const auto group = Ipv4::from_bytes(from.multicast_group());
  if (!group || !group->is_multicast()) return failure("multicast_group is no multicast address");
  RouterPolicy router{
      .id = from.id(),
      .name = log::printable(from.name(), 64),
      .interface = from.interface(),
      .vrid = static_cast<uint8_t>(from.vrid()),
      .times = {.advert_interval = milliseconds(from.advert_interval_ms()),
                .kernel_lease = std::chrono::seconds(from.kernel_lease_s())},
      .group = *group,
      .advertisement = from.advertisement(),
      .adds_source = from.checksum_adds_source(),
      .lease_limit_ms = from.lease_limit_ms(),
      .priority_min = from.priority_min(),
      .priority_max = from.priority_max(),
      .linger_limit_ms = from.resign_linger_limit_ms(),
      .announce_limit = from.announce_limit(),
  };
  for (const auto& address : from.addresses()) {
    if (auto read = read_address(address, router); !read) return std::unexpected(read.error());
  }
  return router;
}

}  // namespace

Result<void> check_ranges(std::initializer_list<Range> ranges) {
  for (const auto& [field, value, min, max] : ranges) {
    if (value >= min && value <= max) continue;
    return failure(fmt::format("{} {} is not within {}..{}", field, value, min, max));
  }
  return {};
}

std::string RouterPolicy::row() const {
  return fmt::format("{} vrid {} dev {}", name, vrid, interface);
}

std::string RouterPolicy::row(const AddressPolicy& address) const {
  return fmt::format("{} {}", name, address.text());
}

Result<Policy> Policy::from_message(const compiled::NetConfig& message) {
  Policy policy{.generation = message.generation(),
                .engine_uid = message.has_engine_uid() ? message.engine_uid() : UINT32_MAX};
  for (const auto& from : message.routers()) {
    const auto refuse = [&from](const std::string& problem) {
      return failure(fmt::format("router `{}`: {}", log::printable(from.name(), 64), problem));
    };
    const auto router = read_router(from);
    if (!router) return refuse(router.error().text);
    policy.interfaces.insert(router->interface);
    policy.shortest_interval = std::min(policy.shortest_interval, router->times.advert_interval);
    for (const auto& [address, prefix_length, interface] : router->addresses) {
      policy.virtual_addresses.push_back(address);
      policy.interfaces.insert(interface);
    }
    if (!policy.routers.emplace(router->id, *router).second) {
      return refuse(fmt::format("id {} is used twice", router->id));
    }
  }
  std::ranges::sort(policy.virtual_addresses);
  const auto checked = check_ranges(
      {{"engine_uid", policy.engine_uid, 0, UINT32_MAX - 1},
       {"number of interfaces", static_cast<uint32_t>(policy.interfaces.size()), 0, kInterfacesMax},
       {"number of routers", static_cast<uint32_t>(policy.routers.size()), 0, kRoutersMax}});
  if (!checked) return std::unexpected(checked.error());
  return policy;
}

}  // namespace holdfast::net
