// Opening the sockets that need CAP_NET_RAW.
#pragma once

#include <linux/filter.h>
#include <sys/socket.h>

#include <span>

#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast::net {

template <class T>
Result<void> set_option(const UniqueFd& fd, int level, int option, const T& value) {
  if (::setsockopt(fd.get(), level, option, &value, sizeof value) == 0) return {};
  return system_failure("setsockopt");
}

// Attaches a classic BPF program (socket(7), SO_ATTACH_FILTER) and locks it: from then on not even
// this process can widen what the socket receives.
Result<void> lock_filter(const UniqueFd& fd, std::span<const sock_filter> program);
// The same with a program that drops everything: for sockets that only send.
Result<void> lock_send_only(const UniqueFd& fd);

}  // namespace holdfast::net
