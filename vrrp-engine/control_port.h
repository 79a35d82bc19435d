// The engine's side of control.sock (proto/control.proto): answers the operator's command.
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "common/event_loop.h"
#include "common/frame_socket.h"
#include "control.pb.h"
#include "vrrp-engine/engine.h"

namespace holdfast::vrrp {

class ControlPort {
 public:
  static constexpr size_t kOperatorsMax = 16;
  static constexpr int kRoutersPerPacket = 64;

  // `describe` fills what is about the process: the connections.
  ControlPort(EventLoop& loop, UniqueFd listening, const Engine& engine,
              std::function<void(wire::StatusReply&)> describe);

 private:
  struct Operator {
    std::unique_ptr<FrameChannel> channel;
  };
  using Place = std::list<Operator>::iterator;

  void accept(UniqueFd fd);
  void on_frame(Place place, std::span<const std::byte> frame);
  void answer_status(FrameChannel& channel) const;

  EventLoop& loop_;
  const Engine& engine_;
  std::function<void(wire::StatusReply&)> describe_;
  std::list<Operator> operators_;
  FrameListener listener_;
};

// One router for the operator, at the time `now`.
wire::RouterStatus describe_router(const RouterEntry& entry, TimePoint now);

}  // namespace holdfast::vrrp
