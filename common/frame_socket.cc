#include "common/frame_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace holdfast {
namespace {

// A callback handles at most this many frames before other sources get their turn.
constexpr int kFramesPerTurn = 32;

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

FrameListener::FrameListener(EventLoop& loop, UniqueFd listening, std::vector<uid_t> allowed,
                             Handlers handlers)
    : fd_(std::move(listening)), allowed_(std::move(allowed)), handlers_(std::move(handlers)) {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK);
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this](uint32_t) { on_ready(); });
}

void FrameListener::on_ready() {
  UniqueFd peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ucred who{};
  socklen_t size = sizeof who;
  if (!peer || ::getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) return;
  if (!allowed_.empty() && std::ranges::find(allowed_, who.uid) == allowed_.end()) {
    if (handlers_.refused) handlers_.refused(who);
    return;
  }
  handlers_.accepted(std::move(peer), who);
}

}  // namespace holdfast
