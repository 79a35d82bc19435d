#include "net-helper/links.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/log.h"
#include "net-helper/messages.h"

namespace holdfast::net {
namespace {

constexpr int kReadsPerTurn = 1000;  // others make the events: never wait for an end of them

Link describe(const ifinfomsg& about, const nlattr* mac) {
  constexpr unsigned kRunning = IFF_UP | IFF_RUNNING;
  Link link;
  link.index = about.ifi_index;
  link.running = (about.ifi_flags & kRunning) == kRunning;
  if (mac == nullptr || nla_len(mac) != static_cast<int>(link.mac.size())) return link;
  link.arp = about.ifi_type == ARPHRD_ETHER && (about.ifi_flags & IFF_NOARP) == 0;
  std::memcpy(link.mac.data(), nla_data(mac), link.mac.size());
  return link;
}

}  // namespace

Links::Links(EventLoop& loop, RouteSocket monitor, RouteSocket& requests, Handler handler)
    : monitor_(std::move(monitor)), requests_(requests), handler_(std::move(handler)) {
  const auto on_message = [](nl_msg* message, void* links) {
    static_cast<Links*>(links)->note(nlmsg_hdr(message));
    return static_cast<int>(NL_OK);
  };
  nl_socket_modify_cb(monitor_.get(), NL_CB_VALID, NL_CB_CUSTOM, on_message, this);
  source_ = loop.add_io(nl_socket_get_fd(monitor_.get()), EPOLLIN, [this] { process(); });
}

void Links::watch(const Policy& policy) {
  policy_ = &policy;
  stale_ = true;
  process();
}

const Link& Links::get(const std::string& interface) const {
  static constexpr Link kNone{};
  const auto found = links_.find(interface);
  return found == links_.end() ? kNone : found->second;
}

void Links::note(nlmsghdr* message) {
  const int type = message->nlmsg_type;
  if (type == RTM_NEWLINK || type == RTM_DELLINK) stale_ = true;
  if (type != RTM_NEWADDR && type != RTM_DELADDR) return;
  const auto about = read_address(message);
  if (!about) return;
  const bool is_virtual = std::ranges::binary_search(policy_->virtual_addresses, about->address);
  stale_ = stale_ || !is_virtual;
  removed_ = removed_ || (is_virtual && type == RTM_DELADDR);
}

void Links::process() {
  Changed changed;
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    const int result = nl_recvmsgs_default(monitor_.get());
    const bool overrun = result == -NLE_NOMEM;  // libnl's word for ENOBUFS
    if (result < 0 && !overrun) break;
    stale_ = stale_ || overrun;
    removed_ = removed_ || overrun;
  }
  if (stale_) {
    auto links = look();
    stale_ = !links;
    if (links) {
      links_.swap(*links);
      for (const auto& [name, now] : links_) {
        const auto known = links->find(name);
        if (known == links->end() || known->second != now) changed[name] = (*links)[name];
      }
    } else {
      log_line<kKernelFailed>(links.error().text);
    }
  }
  if (std::exchange(removed_, false) || !changed.empty()) handler_(changed);
}

Result<std::map<std::string, Link>> Links::look() {
  std::map<std::string, Link> links;
  const auto done = requests_.dump(RTM_GETLINK, AF_UNSPEC, [this, &links](nlmsghdr* message) {
    if (message == nullptr) return links.clear();
    const nlattr* name = nlmsg_find_attr(message, sizeof(ifinfomsg), IFLA_IFNAME);
    if (name == nullptr || !policy_->interfaces.contains(nla_get_string(name))) return;
    links[nla_get_string(name)] =
        describe(*static_cast<const ifinfomsg*>(nlmsg_data(message)),
                 nlmsg_find_attr(message, sizeof(ifinfomsg), IFLA_ADDRESS));
  });
  if (!done) return std::unexpected(done.error());
  for (const auto& name : policy_->interfaces) links[name];  // also one that does not exist
  const auto addresses = requests_.list();
  if (!addresses) return std::unexpected(addresses.error());
  for (auto& [name, link] : links) {
    const auto is_primary = [this, index = link.index](const InterfaceAddress& address) {
      return address.interface_index == index &&
             !std::ranges::binary_search(policy_->virtual_addresses, address.address);
    };
    const auto primary = std::ranges::find_if(*addresses, is_primary);
    if (primary != addresses->end()) link.primary = primary->address;
  }
  return links;
}

}  // namespace holdfast::net
