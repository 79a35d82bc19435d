#include "cli/run/notify_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <sstream>
#include <utility>

namespace holdfast::cli {

Result<UniqueFd> NotifySocket::bind(const std::string& path, const Identities::Id& client) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure("socket path `" + path + "` is too long: choose a shorter --runtime-dir");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_failure("socket");
  ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    return system_failure("bind " + path);
  }
  // Scripts of that user may write, too; who did is the kernel's word.
  if (::chmod(path.c_str(), 0600) < 0) return system_failure("chmod " + path);
  if (client.uid != ::geteuid() && ::chown(path.c_str(), client.uid, client.gid) < 0) {
    return system_failure("chown " + path);
  }
  const int on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) {
    return system_failure("SO_PASSCRED");
  }
  return fd;
}

NotifySocket::NotifySocket(EventLoop& loop, UniqueFd fd, Received received)
    : fd_(std::move(fd)), received_(std::move(received)) {
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this] { receive(); });
}

void NotifySocket::receive() {
  std::array<char, 4096> text{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  iovec part{text.data(), text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size <= 0) return;
  const cmsghdr* first = CMSG_FIRSTHDR(&header);
  if (first == nullptr || first->cmsg_type != SCM_CREDENTIALS) return;
  ucred sender{};
  std::memcpy(&sender, CMSG_DATA(first), sizeof sender);
  received_(sender.pid, std::string(text.data(), static_cast<size_t>(size)));
}

std::string notify_value(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
  }
  return {};
}

}  // namespace holdfast::cli
