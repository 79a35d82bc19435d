#include "common/frame_endpoint.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holdfast {
namespace {

Result<sockaddr_un> socket_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure("socket path `" + path + "` is longer than " +
                   std::to_string(sizeof address.sun_path - 1) +
                   " bytes: choose a shorter runtime directory");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

Result<UniqueFd> connect_frame_socket(const std::string& path) {
  const auto address = socket_address(path);
  if (!address) return std::unexpected(address.error());
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_failure("socket");
  if (::connect(fd.get(), as_sockaddr(*address), sizeof *address) < 0) {
    return system_failure("connect to " + path);
  }
  return fd;
}

Result<UniqueFd> listen_frame_socket(const std::string& path, mode_t mode) {
  const auto address = socket_address(path);
  if (!address) return std::unexpected(address.error());
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_failure("socket");
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) return system_failure("unlink " + path);
  // The mode must be right from the first moment on, not after a chmod.
  const mode_t mask = ::umask(static_cast<mode_t>(0777 & ~mode));
  const int bound = ::bind(fd.get(), as_sockaddr(*address), sizeof *address);
  const int saved = errno;
  ::umask(mask);
  errno = saved;
  if (bound < 0) return system_failure("bind " + path);
  if (::listen(fd.get(), 8) < 0) return system_failure("listen on " + path);
  return fd;
}

}  // namespace holdfast
