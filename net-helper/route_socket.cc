#include "net-helper/route_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

namespace holdfast::net {
namespace {

constexpr int kDumpTurnsMax = 10;
// Room for the echo of our own address refreshes; more than that is an overrun, which is repaired.
constexpr int kMonitorBufferBytes = 4 << 20;

using Each = std::function<void(nlmsghdr*)>;

// libnl 3.7 does not look for NLMSGERR_ATTR_MSG itself.
int on_kernel_error(sockaddr_nl*, nlmsgerr* error, void* data) {
  auto& text = *static_cast<std::string*>(data);
  text = error_text(-error->error);
  auto* header = reinterpret_cast<nlmsghdr*>(reinterpret_cast<char*>(error) - NLMSG_HDRLEN);
  if ((header->nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
    const nlattr* message = nlmsg_find_attr(header, sizeof(nlmsgerr), NLMSGERR_ATTR_MSG);
    if (message != nullptr) text += std::string(": ") + nla_get_string(message);
  }
  return -nl_syserr2nlerr(error->error);
}

int on_answer(nl_msg* message, void* each) {
  (*static_cast<const Each*>(each))(nlmsg_hdr(message));
  return NL_OK;
}

std::string text(const InterfaceAddress& address) {
  return fmt::format("{}/{}", address.address.text(), address.prefix_length);
}

}  // namespace

std::optional<InterfaceAddress> read_address(nlmsghdr* message) {
  if (!nlmsg_valid_hdr(message, sizeof(ifaddrmsg))) return std::nullopt;
  const auto* about = static_cast<const ifaddrmsg*>(nlmsg_data(message));
  const nlattr* local = nlmsg_find_attr(message, sizeof(ifaddrmsg), IFA_LOCAL);
  if (about->ifa_family != AF_INET || local == nullptr || nla_len(local) != sizeof(uint32_t)) {
    return std::nullopt;
  }
  return InterfaceAddress{static_cast<int>(about->ifa_index), Ipv4{ntohl(nla_get_u32(local))},
                          about->ifa_prefixlen};
}

Result<RouteSocket> RouteSocket::open() {
  RouteSocket result;
  result.socket_.reset(nl_socket_alloc());
  result.kernel_text_ = std::make_unique<std::string>();
  nl_sock* socket = result.get();
  if (socket == nullptr) return failure("netlink: out of memory");
  if (const int error = nl_connect(socket, NETLINK_ROUTE); error < 0) {
    return result.failed("netlink", error);
  }
  const int on = 1;
  // CAP_ACK: an error does not carry the request back, so the attributes follow at once.
  ::setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_kernel_error, result.kernel_text_.get());
  return result;
}

Result<RouteSocket> RouteSocket::open_monitor() {
  auto monitor = open();
  if (!monitor) return monitor;
  nl_sock* socket = monitor->get();
  nl_socket_disable_seq_check(socket);
  ::setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &kMonitorBufferBytes,
               sizeof kMonitorBufferBytes);
  int error = nl_socket_set_nonblocking(socket);
  if (error == 0) error = nl_socket_add_memberships(socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, 0);
  if (error < 0) return monitor->failed("netlink monitor", error);
  return monitor;
}

std::unexpected<Error> RouteSocket::failed(const std::string& what, int error) const {
  const std::string said = std::exchange(*kernel_text_, {});
  return failure(fmt::format("{}: {}", what, said.empty() ? nl_geterror(error) : said));
}

int RouteSocket::change(int type, int flags, const InterfaceAddress& address,
                        std::chrono::seconds lifetime) {
  const ifaddrmsg about{.ifa_family = AF_INET,
                        .ifa_prefixlen = address.prefix_length,
                        .ifa_flags = 0,
                        .ifa_scope = RT_SCOPE_UNIVERSE,
                        .ifa_index = static_cast<uint32_t>(address.interface_index)};
  const uint32_t network_order = htonl(address.address.value);
  const auto seconds = static_cast<uint32_t>(lifetime.count());
  const ifa_cacheinfo times{
      .ifa_prefered = seconds, .ifa_valid = seconds, .cstamp = 0, .tstamp = 0};
  nl_msg* message = nlmsg_alloc_simple(type, flags);
  if (message == nullptr) return -NLE_NOMEM;
  int error = nlmsg_append(message, const_cast<ifaddrmsg*>(&about), sizeof about, NLMSG_ALIGNTO);
  // Both: without IFA_ADDRESS a removal would not look at the prefix.
  if (error == 0) error = nla_put_u32(message, IFA_LOCAL, network_order);
  if (error == 0) error = nla_put_u32(message, IFA_ADDRESS, network_order);
  if (error == 0 && seconds > 0) error = nla_put(message, IFA_CACHEINFO, sizeof times, &times);
  if (error == 0) return nl_send_sync(get(), message);  // frees it
  nlmsg_free(message);
  return error;
}

Result<void> RouteSocket::put(const InterfaceAddress& address, std::chrono::seconds kernel_lease) {
  const int error = change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, address, kernel_lease);
  if (error < 0) return failed("add " + text(address), error);
  return {};
}

Result<void> RouteSocket::remove(const InterfaceAddress& address) {
  const int error = change(RTM_DELADDR, 0, address, {});
  if (error < 0 && error != -NLE_NOADDR && error != -NLE_NODEV) {
    return failed("remove " + text(address), error);
  }
  return {};
}

Result<void> RouteSocket::dump(int type, uint8_t family, const Each& each) {
  rtgenmsg wanted{.rtgen_family = family};
  nl_socket_modify_cb(get(), NL_CB_VALID, NL_CB_CUSTOM, on_answer, const_cast<Each*>(&each));
  // Again if something changed meanwhile: the answers may not fit together.
  int error = -NLE_DUMP_INTR;
  for (int turn = 0; turn < kDumpTurnsMax && error == -NLE_DUMP_INTR; ++turn) {
    each(nullptr);
    error = nl_send_simple(get(), type, NLM_F_DUMP, &wanted, sizeof wanted);
    if (error >= 0) error = nl_recvmsgs_default(get());
  }
  if (error < 0) return failed("list links and addresses", error);
  return {};
}

Result<std::vector<InterfaceAddress>> RouteSocket::list() {
  std::vector<InterfaceAddress> result;
  const auto done = dump(RTM_GETADDR, AF_INET, [&result](nlmsghdr* message) {
    if (message == nullptr) return result.clear();
    if (const auto address = read_address(message)) result.push_back(*address);
  });
  if (!done) return std::unexpected(done.error());
  return result;
}

}  // namespace holdfast::net
