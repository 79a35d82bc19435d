// A connection to a socket of another process of ours that may not be there yet, or no more.
#pragma once

#include <google/protobuf/message_lite.h>

#include <functional>
#include <memory>
#include <string>

#include "common/event_loop.h"
#include "common/frame_socket.h"

namespace holdfast {

class ReconnectingChannel {
 public:
  struct Handlers {
    std::function<void()> connected;  // say hello here
    std::function<void(std::span<const std::byte>)> frame;
    std::function<void(const std::string& why)> lost;  // only after `connected`
  };

  ReconnectingChannel(EventLoop& loop, std::string path, Handlers handlers);

  // Connects now, and again with back-off (20 ms doubling to 1 s) whenever the peer is gone.
  void start();
  size_t queued() const { return channel_ ? channel_->queued() : 0; }
  SendResult send(const google::protobuf::MessageLite& message);
  bool is_open() const { return channel_ != nullptr; }
  // The peer broke the protocol: close, tell `lost`, connect anew.
  void drop(const std::string& why);

 private:
  void attempt();
  void retry_later();

  EventLoop& loop_;
  std::string path_;
  Handlers handlers_;
  std::unique_ptr<FrameChannel> channel_;
  Timer retry_;
  Duration delay_{};
};

}  // namespace holdfast
