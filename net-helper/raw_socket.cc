#include "net-helper/raw_socket.h"

#include "net-helper/messages.h"

namespace holdfast::net {

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): only what is read before it is written
Packets::Packets() {
  for (unsigned i = 0; i < kRoom; ++i) {
    auto& [peer, part, control, bytes] = packets[i];
    part = {bytes.data(), bytes.size()};
    headers[i].msg_hdr = {&peer, sizeof peer, &part, 1, control.data(), control.size(), 0};
  }
}

Result<void> lock_filter(const UniqueFd& fd, std::span<const sock_filter> program) {
  // The kernel copies the program; its interface merely lacks the const.
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()),
                          .filter = const_cast<sock_filter*>(program.data())};
  auto attached = set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter);
  if (!attached) return attached;
  return set_option(fd, SOL_SOCKET, SO_LOCK_FILTER, 1);
}

Result<UniqueFd> open_raw_socket(Trail& trail, const std::string& what_for, int domain,
                                 int protocol, std::span<const sock_filter> program,
                                 std::initializer_list<SocketOption> options) {
  UniqueFd fd(::socket(domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  Result<void> done = fd ? lock_filter(fd, program) : system_failure("raw socket");
  for (const auto [level, name, value] : options) {
    if (done) done = set_option(fd, level, name, value);
  }
  trail.record(kSocketOpened, "", done, what_for);
  if (!done) return std::unexpected(done.error());
  return fd;
}

}  // namespace holdfast::net
