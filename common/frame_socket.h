// Framed messages between our processes: AF_UNIX SOCK_SEQPACKET, one protobuf message a packet.
//
// The kernel frames, so a message is whole or absent. Nothing here blocks: what the peer does not
// take is queued up to a bound, and beyond the bound send() says so. What arrives is handed on
// unparsed; parse_frame() refuses anything that is not exactly one message of the expected type.
#pragma once

#include <google/protobuf/message_lite.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/event_loop.h"
#include "common/unique_fd.h"

namespace holdfast {

constexpr size_t kFrameBytesMax = 65536;
constexpr uint32_t kProtocolVersion = 1;

// Whole and well-formed, or false.
bool parse_frame(std::span<const std::byte> frame, google::protobuf::MessageLite& message);

enum class SendResult { kSent, kQueueFull, kClosed };

// A connected peer. After `closed` has been called nothing else is called.
class FrameChannel {
 public:
  struct Handlers {
    std::function<void(std::span<const std::byte>)> frame;
    std::function<void(const std::string& why)> closed;
  };
  static constexpr size_t kQueueFramesMax = 256;

  // Takes over a connected, non-blocking SOCK_SEQPACKET descriptor.
  FrameChannel(EventLoop& loop, UniqueFd fd, Handlers handlers);
  ~FrameChannel();
  FrameChannel(const FrameChannel&) = delete;
  FrameChannel& operator=(const FrameChannel&) = delete;

  // kQueueFull: not sent and not queued; the caller counts it or coalesces.
  SendResult send(const google::protobuf::MessageLite& message);
  size_t queued() const { return queue_.size(); }
  bool is_open() const { return static_cast<bool>(fd_); }
  // Closes without calling `closed`.
  void close();
  // Closes, and says why to `closed`.
  void drop(const std::string& why);

 private:
  void on_ready();
  void receive();
  // Hands the kernel what it takes now; the error for which it will never take more, or 0.
  int flush();

  UniqueFd fd_;
  Handlers handlers_;
  std::deque<std::string> queue_;
  Source source_;
  // Set to false when this object goes away inside one of its own callbacks.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Accepts peers of the given user only (the kernel's word at connect: SO_PEERCRED of socket(7));
// another is closed before it is reported.
class FrameListener {
 public:
  // `peer`: empty for one that was refused.
  using Handler = std::function<void(UniqueFd peer, ucred who)>;
  // `allowed`: users that may connect; empty means that the socket's mode is the only gate.
  FrameListener(EventLoop& loop, UniqueFd listening, std::vector<uid_t> allowed, Handler handler);

 private:
  void on_ready();

  UniqueFd fd_;
  std::vector<uid_t> allowed_;
  Handler handler_;
  Source source_;
};

}  // namespace holdfast
