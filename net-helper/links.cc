#include "net-helper/links.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/log.h"
#include "net-helper/messages.h"

namespace holdfast::net {
namespace {

// Room for the echo of our own address refreshes; more than that is an overrun, which is repaired.
constexpr int kMonitorBufferBytes = 4 << 20;
constexpr int kReadsPerTurn = 1000;  // others make the events: never wait for an end of them

Link describe(rtnl_link* from) {
  Link link;
  link.index = rtnl_link_get_ifindex(from);
  const unsigned flags = rtnl_link_get_flags(from);
  link.running = (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0;
  link.arp = rtnl_link_get_arptype(from) == ARPHRD_ETHER && (flags & IFF_NOARP) == 0;
  const nl_addr* mac = rtnl_link_get_addr(from);
  if (mac != nullptr && nl_addr_get_len(mac) == link.mac.size()) {
    std::memcpy(link.mac.data(), nl_addr_get_binary_addr(mac), link.mac.size());
  } else {
    link.arp = false;
  }
  return link;
}

}  // namespace

Result<std::unique_ptr<Links>> Links::open(EventLoop& loop, RouteSocket& requests,
                                           Addresses& addresses, Handler handler) {
  auto monitor = RouteSocket::open();
  if (!monitor) return std::unexpected(monitor.error());
  std::unique_ptr<Links> links(new Links(std::move(*monitor), requests, addresses));
  links->handler_ = std::move(handler);
  nl_sock* socket = links->monitor_.get();
  const int fd = nl_socket_get_fd(socket);
  nl_socket_disable_seq_check(socket);
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, links.get());
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kMonitorBufferBytes, sizeof kMonitorBufferBytes);
  int error = nl_socket_set_nonblocking(socket);
  if (error == 0) error = nl_socket_add_memberships(socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, 0);
  if (error < 0) return failure(fmt::format("netlink monitor: {}", nl_geterror(error)));
  links->source_ = loop.add_io(fd, EPOLLIN, [self = links.get()](uint32_t) { self->process(); });
  return links;
}

void Links::watch(const Policy& policy) {
  names_.clear();
  for (const auto& [name, id] : policy.interface_ids) names_.insert(name);
  virtual_.clear();
  for (const auto& [address, router] : policy.owners) virtual_.insert(address);
  stale_ = true;
  process();
}

const Link& Links::get(const std::string& interface) const {
  static constexpr Link kNone{};
  const auto found = links_.find(interface);
  return found == links_.end() ? kNone : found->second;
}

int Links::on_message(nl_msg* message, void* self) {
  static_cast<Links*>(self)->note(message);
  return NL_OK;
}

void Links::note(nl_msg* message) {
  nlmsghdr* header = nlmsg_hdr(message);
  if (header->nlmsg_type == RTM_NEWLINK || header->nlmsg_type == RTM_DELLINK) {
    stale_ = true;
    return;
  }
  if (header->nlmsg_type != RTM_NEWADDR && header->nlmsg_type != RTM_DELADDR) return;
  if (!nlmsg_valid_hdr(header, sizeof(ifaddrmsg))) return;
  const auto* about = static_cast<const ifaddrmsg*>(nlmsg_data(header));
  const nlattr* local = nlmsg_find_attr(header, sizeof(ifaddrmsg), IFA_LOCAL);
  uint32_t network_order = 0;
  if (about->ifa_family != AF_INET || local == nullptr || nla_len(local) != sizeof network_order) {
    return;
  }
  std::memcpy(&network_order, nla_data(local), sizeof network_order);
  const Ipv4 address{ntohl(network_order)};
  if (!virtual_.contains(address)) {
    stale_ = true;
  } else if (header->nlmsg_type == RTM_DELADDR) {
    removed_.push_back({static_cast<int>(about->ifa_index), address, about->ifa_prefixlen});
  }
}

void Links::process() {
  LinkNews news;
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    const int result = nl_recvmsgs_default(monitor_.get());
    const bool overrun = result == -NLE_NOMEM;  // libnl's word for ENOBUFS
    if (result < 0 && !overrun) break;
    news.overrun = news.overrun || overrun;
  }
  news.removed = std::exchange(removed_, {});
  if (stale_ || news.overrun) {
    auto links = look();
    stale_ = !links;
    if (links) {
      links_.swap(*links);
      for (const std::string& name : names_) {
        const Link& before = (*links)[name];
        if (before != get(name)) news.changed.emplace(name, before);
      }
    } else {
      log_line<kKernelFailed>(links.error().text, 0);
    }
  }
  if (news.overrun) log_line<kMonitorOverrun>();
  if (news.overrun || !news.changed.empty() || !news.removed.empty()) handler_(news);
}

Result<std::map<std::string, Link>> Links::look() {
  nl_cache* filled = nullptr;
  const int error = rtnl_link_alloc_cache(requests_.get(), AF_UNSPEC, &filled);
  if (error < 0) return failure(fmt::format("list links: {}", requests_.explain(error)));
  const std::unique_ptr<nl_cache, decltype(&nl_cache_free)> cache(filled, nl_cache_free);
  std::map<std::string, Link> links;
  std::map<int, Link*> by_index;
  for (nl_object* at = nl_cache_get_first(cache.get()); at != nullptr; at = nl_cache_get_next(at)) {
    auto* link = reinterpret_cast<rtnl_link*>(at);
    const char* name = rtnl_link_get_name(link);
    if (name == nullptr || !names_.contains(name)) continue;
    const Link described = describe(link);
    by_index[described.index] = &(links[name] = described);
  }
  const auto addresses = addresses_.list();
  if (!addresses) return std::unexpected(addresses.error());
  for (const InterfaceAddress& address : *addresses) {
    const auto found = by_index.find(address.interface_index);
    if (found == by_index.end() || virtual_.contains(address.address)) continue;
    if (found->second->primary.is_unset()) found->second->primary = address.address;
  }
  return links;
}

}  // namespace holdfast::net
