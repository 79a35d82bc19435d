// The engine's side of control.sock (proto/control.proto): answers the operator's command.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "common/event_loop.h"
#include "common/frame_socket.h"
#include "control.pb.h"
#include "vrrp-engine/engine.h"

namespace holdfast::vrrp {

class ControlPort {
 public:
  static constexpr size_t kOperatorsMax = 16;
  static constexpr int kRoutersPerPacket = 64;

  using Describe = std::function<void(wire::StatusReply&)>;
  using ReadMaintenance = std::function<Result<void>(const ucred& who)>;

  // `describe` fills what is about the process: the connections. `read_maintenance` reads the file
  // again and has the engine do what it says.
  ControlPort(EventLoop& loop, UniqueFd listening, const Engine& engine, Describe describe,
              ReadMaintenance read_maintenance);

  // Those who wait for it are told soon that routers have let their addresses go.
  void after_event();

 private:
  // A router whose maintenance somebody has begun or ended, and how it was before.
  struct Moved {
    RouterId router = 0;
    State before = State::kInitialize;
  };
  struct Operator {
    std::unique_ptr<FrameChannel> channel;
    ucred who{};
    std::vector<Moved> undecided{};
    TimePoint asked_at{};
  };
  using Place = std::list<Operator>::iterator;

  void accept(UniqueFd fd, const ucred& who);
  void on_frame(Place place, std::span<const std::byte> frame);
  void answer_status(FrameChannel& channel) const;
  void answer_maintenance(Operator& one);
  void tell_outcomes(Operator& one, bool always);

  EventLoop& loop_;
  const Engine& engine_;
  Describe describe_;
  ReadMaintenance read_maintenance_;
  std::list<Operator> operators_;
  Timer soon_;
  bool soon_is_armed_ = false;
  FrameListener listener_;
};

// One router for the operator, at the time `now`.
wire::RouterStatus describe_router(const RouterEntry& entry, TimePoint now);

}  // namespace holdfast::vrrp
