#include "vrrp-engine/reconnecting_channel.h"

#include <algorithm>
#include <utility>

#include "common/frame_endpoint.h"

namespace holdfast {
namespace {

constexpr std::chrono::milliseconds kFirstDelay{20};
constexpr std::chrono::milliseconds kDelayMax{1000};

}  // namespace

ReconnectingChannel::ReconnectingChannel(EventLoop& loop, std::string path, Handlers handlers)
    : loop_(loop),
      path_(std::move(path)),
      handlers_(std::move(handlers)),
      retry_(loop.add_timer([this] { attempt(); })),
      delay_(kFirstDelay) {}

void ReconnectingChannel::start() {
  attempt();
}

SendResult ReconnectingChannel::send(const google::protobuf::MessageLite& message) {
  return channel_ ? channel_->send(message) : SendResult::kClosed;
}

void ReconnectingChannel::drop(const std::string& why) {
  if (!channel_) return;
  channel_.reset();
  retry_later();
  handlers_.lost(why);
}

void ReconnectingChannel::attempt() {
  auto fd = connect_frame_socket(path_);
  if (!fd) return retry_later();
  channel_ = std::make_unique<FrameChannel>(
      loop_, std::move(*fd),
      FrameChannel::Handlers{.frame =
                                 [this](std::span<const std::byte> frame) {
                                   delay_ = kFirstDelay;
                                   handlers_.frame(frame);
                                 },
                             .closed = [this](const std::string& why) { drop(why); }});
  handlers_.connected();
}

void ReconnectingChannel::retry_later() {
  retry_.arm_after(delay_);
  delay_ = std::min<Duration>(2 * delay_, kDelayMax);
}

}  // namespace holdfast
