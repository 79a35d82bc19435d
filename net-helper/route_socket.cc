#include "net-helper/route_socket.h"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include <cstring>

namespace holdfast::net {
namespace {

// libnl 3.7 does not look for NLMSGERR_ATTR_MSG itself.
int on_kernel_error(sockaddr_nl*, nlmsgerr* error, void* data) {
  auto& text = *static_cast<std::string*>(data);
  text.clear();
  auto* header = reinterpret_cast<nlmsghdr*>(reinterpret_cast<char*>(error) - NLMSG_HDRLEN);
  if ((header->nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
    const nlattr* message =
        nlmsg_find_attr(header, static_cast<int>(sizeof(nlmsgerr)), NLMSGERR_ATTR_MSG);
    if (message != nullptr) {
      const auto* bytes = static_cast<const char*>(nla_data(message));
      text.assign(bytes, strnlen(bytes, static_cast<size_t>(nla_len(message))));
    }
  }
  return -nl_syserr2nlerr(error->error);
}

}  // namespace

void NlSockFree::operator()(nl_sock* socket) const {
  nl_socket_free(socket);
}

Result<RouteSocket> RouteSocket::open() {
  RouteSocket result;
  result.socket_.reset(nl_socket_alloc());
  result.kernel_text_ = std::make_unique<std::string>();
  nl_sock* socket = result.socket_.get();
  if (socket == nullptr) return failure("netlink: out of memory");
  if (const int error = nl_connect(socket, NETLINK_ROUTE); error < 0) {
    return failure(fmt::format("netlink: {}", nl_geterror(error)));
  }
  const int on = 1;
  // CAP_ACK: an error does not carry the request back, so the attributes follow at once.
  ::setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_kernel_error, result.kernel_text_.get());
  return result;
}

std::string RouteSocket::explain(int error) const {
  std::string text = std::exchange(*kernel_text_, {});
  return text.empty() ? std::string(nl_geterror(error)) : text;
}

}  // namespace holdfast::net
