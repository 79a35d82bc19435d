#include "common/frame_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/users.h"

namespace holdfast {
namespace {

// A callback handles at most this many frames before other sources get their turn.
constexpr int kFramesPerTurn = 32;

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

bool parse_frame(std::span<const std::byte> frame, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(frame.data(), static_cast<int>(frame.size()));
}

FrameChannel::FrameChannel(EventLoop& loop, UniqueFd fd, Handlers handlers)
    : fd_(std::move(fd)), handlers_(std::move(handlers)), buffer_(kFrameBytesMax) {
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this](uint32_t events) { on_ready(events); });
}

FrameChannel::~FrameChannel() {
  *alive_ = false;
}

void FrameChannel::close() {
  source_.reset();
  fd_.reset();
  queue_.clear();
}

void FrameChannel::fail(const std::string& why) {
  close();
  const auto closed = handlers_.closed;
  if (closed) closed(why);
}

SendResult FrameChannel::send(const google::protobuf::MessageLite& message) {
  if (!fd_) return SendResult::kClosed;
  std::string bytes;
  if (!message.SerializeToString(&bytes) || bytes.size() > kFrameBytesMax) {
    return SendResult::kQueueFull;
  }
  if (queue_.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return SendResult::kSent;
    if (errno != EAGAIN && errno != ENOBUFS) {
      // Reported through the receive path, never from inside the caller's send.
      return SendResult::kClosed;
    }
  }
  if (queue_.size() >= kQueueFramesMax) return SendResult::kQueueFull;
  queue_.push_back(std::move(bytes));
  source_.set_io_events(EPOLLIN | EPOLLOUT);
  return SendResult::kSent;
}

void FrameChannel::flush() {
  while (!queue_.empty()) {
    const std::string& bytes = queue_.front();
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) return;
    if (sent < 0) return fail("send: " + error_text(errno));
    queue_.pop_front();
  }
  source_.set_io_events(EPOLLIN);
}

void FrameChannel::on_ready(uint32_t events) {
  const auto alive = alive_;
  if ((events & EPOLLOUT) != 0) flush();
  if (*alive && fd_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive();
}

void FrameChannel::receive() {
  const auto alive = alive_;
  for (int turn = 0; turn < kFramesPerTurn && *alive && fd_; ++turn) {
    iovec part{buffer_.data(), buffer_.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t size = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size < 0) return fail("receive: " + error_text(errno));
    if ((header.msg_flags & MSG_TRUNC) != 0) return fail("the peer sent an oversized message");
    // An empty packet and the end look alike on SOCK_SEQPACKET; we never send an empty one.
    if (size == 0) return fail("the peer closed the connection");
    const auto frame = handlers_.frame;
    frame(std::span<const std::byte>(buffer_.data(), static_cast<size_t>(size)));
  }
}

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

Result<PeerCredentials> peer_credentials(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) {
    return system_failure("SO_PEERCRED");
  }
  return PeerCredentials{credentials.pid, credentials.uid, credentials.gid};
}

bool may_be_user(uid_t seen, uid_t wanted) {
  constexpr uid_t kOverflowUser = 65534;  // user_namespaces(7), as every distribution leaves it
  return seen == wanted || (seen == kOverflowUser && !is_mapped_user(wanted));
}

FrameListener::FrameListener(EventLoop& loop, UniqueFd listening, std::vector<uid_t> allowed,
                             Handlers handlers)
    : fd_(std::move(listening)), allowed_(std::move(allowed)), handlers_(std::move(handlers)) {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK);
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this](uint32_t) { on_ready(); });
}

void FrameListener::on_ready() {
  UniqueFd peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!peer) return;
  const auto credentials = peer_credentials(peer.get());
  if (!credentials) return;
  const auto matches = [seen = credentials->uid](uid_t user) { return may_be_user(seen, user); };
  if (!allowed_.empty() && std::ranges::none_of(allowed_, matches)) {
    if (handlers_.refused) handlers_.refused(*credentials);
    return;
  }
  handlers_.accepted(std::move(peer), *credentials);
}

}  // namespace holdfast
