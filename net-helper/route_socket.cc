#include "net-helper/route_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include <array>

namespace holdfast::net {
namespace {

constexpr int kDumpTurnsMax = 10;
// The answers to as much, were each an error, fit into the socket's buffer.
constexpr size_t kRequestBytesMax = 2048;

// rtnetlink(7). A removal, too, names both, or the kernel would not look at the prefix; it does not
// look at the times.
struct AddressRequest {
  nlmsghdr header;
  ifaddrmsg about;
  nlattr local;
  uint32_t local_address;
  nlattr prefix;
  uint32_t prefix_address;
  nlattr times;
  ifa_cacheinfo lifetime;
};

using Each = std::function<void(nlmsghdr*)>;

int on_answer(nl_msg* message, void* each) {
  (*static_cast<const Each*>(each))(nlmsg_hdr(message));
  return NL_OK;
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

int RouteSocket::on_error(sockaddr_nl*, nlmsgerr* error, void* refused) {
  Refused& first = *static_cast<Refused*>(refused);
  if (first.error == 0) first = {-error->error, error->msg.nlmsg_seq};
  return -nl_syserr2nlerr(error->error);
}

Result<RouteSocket> RouteSocket::open() {
  RouteSocket result;
  result.socket_.reset(nl_socket_alloc());
  result.refused_ = std::make_unique<Refused>();
  nl_sock* socket = result.get();
  if (socket == nullptr) return failure("netlink: out of memory");
  if (const int error = nl_connect(socket, NETLINK_ROUTE); error < 0) {
    return result.failed("netlink", error);
  }
  nl_socket_disable_auto_ack(socket);
  nl_socket_disable_msg_peek(socket);
  nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_error, result.refused_.get());
  return result;
}

Result<RouteSocket> RouteSocket::open_monitor(const RouteSocket& requests) {
  auto monitor = open();
  if (!monitor) return monitor;
  nl_sock* socket = monitor->get();
  // A notice says for whose request it is.
  const uint32_t ours = htonl(nl_socket_get_local_port(requests.get()));
  std::array<sock_filter, 4> program{
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(nlmsghdr, nlmsg_pid)),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ours, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
       BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)}};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  ::setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
  int error = nl_socket_set_nonblocking(socket);
  if (error == 0) error = nl_socket_add_memberships(socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, 0);
  if (error < 0) return monitor->failed("netlink monitor", error);
  return monitor;
}

std::unexpected<Error> RouteSocket::failed(const std::string& what, int error) const {
  const int said = refused_->error;
  return failure(what + ": " + (said == 0 ? nl_geterror(error) : error_text(said)));
}

void RouteSocket::change(uint16_t type, uint16_t flags, const InterfaceAddress& address,
                         std::chrono::seconds lifetime) {
  const uint32_t network_order = htonl(address.address.value);
  const auto seconds = static_cast<uint32_t>(lifetime.count());
  const AddressRequest request{
      .header = {sizeof request, type, static_cast<uint16_t>(NLM_F_REQUEST | flags),
                 static_cast<uint32_t>(asked_.size()), 0},
      .about = {AF_INET, address.prefix_length, 0, RT_SCOPE_UNIVERSE,
                static_cast<uint32_t>(address.interface_index)},
      .local = {sizeof(nlattr) + sizeof(uint32_t), IFA_LOCAL},
      .local_address = network_order,
      .prefix = {sizeof(nlattr) + sizeof(uint32_t), IFA_ADDRESS},
      .prefix_address = network_order,
      .times = {sizeof(nlattr) + sizeof(ifa_cacheinfo), IFA_CACHEINFO},
      .lifetime = {seconds, seconds, 0, 0}};
  requests_.append(reinterpret_cast<const char*>(&request), sizeof request);
  asked_.push_back(address);
}

Result<void> RouteSocket::commit() {
  if (asked_.empty()) return {};
  // What succeeds is not answered; the last asks for nothing and is, after all others.
  const nlmsghdr last{NLMSG_HDRLEN, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 0, 0};
  requests_.append(reinterpret_cast<const char*>(&last), sizeof last);
  *refused_ = {};
  const int sent = nl_sendto(get(), requests_.data(), requests_.size());
  requests_.clear();
  int said = sent;
  for (size_t turn = 0; sent > 0 && said != 0 && turn <= asked_.size(); ++turn) {
    said = nl_wait_for_ack(get());
  }
  const InterfaceAddress about = asked_[refused_->request];
  asked_.clear();
  if (said == 0 && refused_->error == 0) return {};
  return failed(fmt::format("{}/{}", about.address.text(), about.prefix_length), said);
}

Result<void> RouteSocket::put(const InterfaceAddress& address, std::chrono::seconds kernel_lease) {
  change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, address, kernel_lease);
  if (requests_.size() < kRequestBytesMax) return {};
  return commit();
}

Result<void> RouteSocket::remove(const InterfaceAddress& address) {
  change(RTM_DELADDR, 0, address, {});
  auto done = commit();
  if (refused_->error == EADDRNOTAVAIL || refused_->error == ENODEV) return {};
  return done;
}

Result<void> RouteSocket::dump(int type, uint8_t family, const Each& each) {
  rtgenmsg wanted{.rtgen_family = family};
  nl_socket_modify_cb(get(), NL_CB_VALID, NL_CB_CUSTOM, on_answer, const_cast<Each*>(&each));
  // Again if something changed meanwhile: the answers may not fit together.
  int error = -NLE_DUMP_INTR;
  for (int turn = 0; turn < kDumpTurnsMax && error == -NLE_DUMP_INTR; ++turn) {
    each(nullptr);
    *refused_ = {};
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
