#include "net-helper/raw_socket.h"

#include <sys/socket.h>

#include <array>

namespace holdfast::net {

Result<void> lock_filter(const UniqueFd& fd, std::span<const sock_filter> program) {
  // The kernel copies the program; its interface merely lacks the const.
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()),
                          .filter = const_cast<sock_filter*>(program.data())};
  if (auto attached = set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter); !attached) {
    return attached;
  }
  return set_option(fd, SOL_SOCKET, SO_LOCK_FILTER, 1);
}

Result<void> lock_send_only(const UniqueFd& fd) {
  static constexpr std::array<sock_filter, 1> kDropAll{{BPF_STMT(BPF_RET | BPF_K, 0)}};
  return lock_filter(fd, kDropAll);
}

}  // namespace holdfast::net
