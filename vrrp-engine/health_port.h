// The engine's side of health.sock (proto/health.proto): the checker's results come in.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/event_loop.h"
#include "common/frame_socket.h"
#include "common/rate_limit.h"
#include "health.pb.h"
#include "vrrp-engine/engine.h"

namespace holdfast::vrrp {

// The checker repeats its results every 5 s. For this long they hold without it: a restart of the
// checker is no reason for a transition, a checker that never comes back is one.
constexpr std::chrono::seconds kHealthHold{30};

class HealthPort {
 public:
  HealthPort(EventLoop& loop, UniqueFd listening, std::vector<uid_t> allowed, Engine& engine,
             std::function<void()> after_event);
  bool is_connected() const { return greeted_; }

 private:
  void accept(UniqueFd fd);
  void on_frame(std::span<const std::byte> frame);
  bool on_health(const wire::HealthBatch& batch);
  void lose(const std::string& why);

  EventLoop& loop_;
  Engine& engine_;
  std::function<void()> after_event_;
  std::unique_ptr<FrameChannel> channel_;
  bool greeted_ = false;
  Timer stale_;
  RateLimit bad_peer_{std::chrono::seconds(10)};
  FrameListener listener_;
};

}  // namespace holdfast::vrrp
