#include "common/frame_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace holdfast {

// A callback handles at most this many frames before other sources get their turn.
constexpr int kFramesPerTurn = 4;

bool parse_frame(std::span<const std::byte> frame, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(frame.data(), static_cast<int>(frame.size()));
}

FrameChannel::FrameChannel(EventLoop& loop, UniqueFd fd, Handlers handlers)
    : fd_(std::move(fd)), handlers_(std::move(handlers)) {
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this] { on_ready(); });
}

FrameChannel::~FrameChannel() {
  *alive_ = false;
}

void FrameChannel::close() {
  source_.reset();
  fd_.reset();
  queue_.clear();
}

void FrameChannel::drop(const std::string& why) {
  close();
  const auto closed = handlers_.closed;
  if (closed) closed(why);
}

SendResult FrameChannel::send(const google::protobuf::MessageLite& message) {
  if (!fd_) return SendResult::kClosed;
  std::string bytes;
  if (!message.SerializeToString(&bytes) || bytes.size() > kFrameBytesMax ||
      queue_.size() >= kQueueFramesMax) {
    return SendResult::kQueueFull;
  }
  queue_.push_back(std::move(bytes));
  // What is wrong is reported from the loop, never from inside the caller's send.
  return flush() == 0 ? SendResult::kSent : SendResult::kClosed;
}

int FrameChannel::flush() {
  int error = 0;
  while (error == 0 && !queue_.empty()) {
    const std::string& bytes = queue_.front();
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) error = errno;
    if (sent >= 0) queue_.pop_front();
  }
  source_.set_io_events(error == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT);
  return error == EAGAIN || error == ENOBUFS ? 0 : error;
}

void FrameChannel::on_ready() {
  const auto alive = alive_;
  // First what the peer says: that it went says more than that nothing can be sent to it.
  receive();
  if (!*alive || !fd_) return;
  if (const int error = flush(); error != 0) drop("send: " + error_text(error));
}

void FrameChannel::receive() {
  // Of all channels: a frame has been handled when the next one comes.
  static std::array<std::byte, kFrameBytesMax> buffer;
  const auto alive = alive_;
  for (int turn = 0; turn < kFramesPerTurn && *alive && fd_; ++turn) {
    // With MSG_TRUNC the size is that of the whole frame, also of one that does not fit.
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size < 0) return drop("receive: " + error_text(errno));
    // An empty packet and the end look alike on SOCK_SEQPACKET; we never send an empty one.
    if (size == 0) return drop("the peer closed the connection");
    const auto bytes = static_cast<size_t>(size);
    if (bytes > buffer.size()) return drop("the peer sent an oversized message");
    const auto frame = handlers_.frame;
    frame(std::span<const std::byte>(buffer.data(), bytes));
  }
}

FrameListener::FrameListener(EventLoop& loop, UniqueFd listening, std::vector<uid_t> allowed,
                             Handler handler)
    : fd_(std::move(listening)), allowed_(std::move(allowed)), handler_(std::move(handler)) {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK);
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this] { on_ready(); });
}

void FrameListener::on_ready() {
  UniqueFd peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ucred who{};
  socklen_t size = sizeof who;
  if (!peer || ::getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) return;
  if (!allowed_.empty() && std::ranges::find(allowed_, who.uid) == allowed_.end()) peer.reset();
  handler_(std::move(peer), who);
}

}  // namespace holdfast
