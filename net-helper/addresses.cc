#include "net-helper/addresses.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>

#include <cstring>
#include <memory>

namespace holdfast::net {
namespace {

struct Put {
  void operator()(rtnl_addr* address) const { rtnl_addr_put(address); }
  void operator()(nl_addr* address) const { nl_addr_put(address); }
  void operator()(nl_cache* cache) const { nl_cache_free(cache); }
};

std::unique_ptr<rtnl_addr, Put> to_rtnl(const InterfaceAddress& from) {
  const uint32_t network_order = htonl(from.address.value);
  std::unique_ptr<nl_addr, Put> local(nl_addr_build(AF_INET, &network_order, sizeof network_order));
  std::unique_ptr<rtnl_addr, Put> result(rtnl_addr_alloc());
  if (!local || !result) return nullptr;
  nl_addr_set_prefixlen(local.get(), from.prefix_length);
  rtnl_addr_set_ifindex(result.get(), from.interface_index);
  if (rtnl_addr_set_local(result.get(), local.get()) < 0) return nullptr;
  return result;
}

InterfaceAddress from_rtnl(rtnl_addr* from) {
  InterfaceAddress result;
  result.interface_index = rtnl_addr_get_ifindex(from);
  result.prefix_length = static_cast<uint8_t>(rtnl_addr_get_prefixlen(from));
  uint32_t network_order = 0;
  if (const nl_addr* local = rtnl_addr_get_local(from);
      local != nullptr && nl_addr_get_len(local) == sizeof network_order) {
    std::memcpy(&network_order, nl_addr_get_binary_addr(local), sizeof network_order);
  }
  result.address = Ipv4{ntohl(network_order)};
  return result;
}

std::string text(const InterfaceAddress& address) {
  return fmt::format("{}/{}", address.address.text(), address.prefix_length);
}

}  // namespace

Result<void> Addresses::put(const InterfaceAddress& address, std::chrono::seconds kernel_lease) {
  const auto request = to_rtnl(address);
  if (!request) return failure("netlink: out of memory");
  if (kernel_lease.count() > 0) {
    const auto seconds = static_cast<uint32_t>(kernel_lease.count());
    rtnl_addr_set_valid_lifetime(request.get(), seconds);
    rtnl_addr_set_preferred_lifetime(request.get(), seconds);
  }
  const int error = rtnl_addr_add(socket_.get(), request.get(), NLM_F_CREATE | NLM_F_REPLACE);
  if (error < 0) return failure(fmt::format("add {}: {}", text(address), socket_.explain(error)));
  return {};
}

Result<void> Addresses::remove(const InterfaceAddress& address) {
  const auto request = to_rtnl(address);
  if (!request) return failure("netlink: out of memory");
  const int error = rtnl_addr_delete(socket_.get(), request.get(), 0);
  const std::string why = error < 0 ? socket_.explain(error) : "";
  if (error < 0 && error != -NLE_NOADDR && error != -NLE_NODEV) {
    return failure(fmt::format("remove {}: {}", text(address), why));
  }
  return {};
}

Result<std::vector<InterfaceAddress>> Addresses::list() {
  nl_cache* filled = nullptr;
  const int error = rtnl_addr_alloc_cache(socket_.get(), &filled);
  if (error < 0) return failure(fmt::format("list addresses: {}", socket_.explain(error)));
  const std::unique_ptr<nl_cache, Put> cache(filled);
  std::vector<InterfaceAddress> result;
  for (nl_object* at = nl_cache_get_first(cache.get()); at != nullptr; at = nl_cache_get_next(at)) {
    auto* address = reinterpret_cast<rtnl_addr*>(at);
    if (rtnl_addr_get_family(address) == AF_INET) result.push_back(from_rtnl(address));
  }
  return result;
}

}  // namespace holdfast::net
