// Opening the sockets that need CAP_NET_RAW.
#pragma once

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <initializer_list>
#include <span>

#include "common/error.h"
#include "common/unique_fd.h"
#include "common/vrrp_wire.h"
#include "net-helper/trail.h"

namespace holdfast::net {

// Datagrams for one sendmmsg(2) or recvmmsg(2), each with room for what is said beside it: a
// timespec, or an in_pktinfo. The headers point into it: must not move.
struct Packets {
  struct Packet {
    sockaddr_in peer;
    iovec part;
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(timespec))> control;
    std::array<char, vrrp::kDatagramBytesMax> bytes;
  };
  static constexpr unsigned kRoom = 32;

  Packets();
  std::array<Packet, kRoom> packets;
  std::array<mmsghdr, kRoom> headers;
};

// A classic BPF program that drops everything: for sockets that only send.
inline constexpr std::array<sock_filter, 1> kDropAll{{BPF_STMT(BPF_RET | BPF_K, 0)}};

template <class T>
Result<void> set_option(const UniqueFd& fd, int level, int option, const T& value) {
  if (::setsockopt(fd.get(), level, option, &value, sizeof value) == 0) return {};
  return system_failure("setsockopt");
}

// Attaches a program (socket(7), SO_ATTACH_FILTER) and locks it: from then on not even this process
// can widen what the socket receives.
Result<void> lock_filter(const UniqueFd& fd, std::span<const sock_filter> program);

using SocketOption = std::array<int, 3>;  // level, name, value

// Non-blocking; recorded. The filter first: nothing may arrive before it is in place. `what_for`:
// "receive 224.0.0.18 on eth0".
Result<UniqueFd> open_raw_socket(Trail& trail, const std::string& what_for, int domain,
                                 int protocol, std::span<const sock_filter> program,
                                 std::initializer_list<SocketOption> options);

}  // namespace holdfast::net
