// events.sock: the engine tells what happened, we answer with what is in our hands.
//
// | phase     | Hello                | TransitionBatch                  |
// | --------- | -------------------- | -------------------------------- |
// | connected | version, run checked | refused                          |
// | greeted   | refused              | handed on, then Accepted is sent |
//
// Refused: logged, counted, the peer is closed. One engine at a time: the newest connection stays,
// because an engine that hangs must not keep its successor out.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "common/frame_socket.h"
#include "common/log.h"
#include "common/rate_limit.h"
#include "notifier/accepted_sequence.h"
#include "notifier/settings.h"

namespace holdfast::wire {
class TransitionBatch;
}

namespace holdfast::notifier {

struct Transition {
  uint32_t router_id = 0;
  State to = State::kBackup;
  uint32_t priority = 0;
  std::string cause;
  uint64_t at_unix_ms = 0;
};

class EnginePort {
 public:
  struct Handlers {
    // When it returns, everything is in our hands: queued, or on disk.
    std::function<void(const std::vector<Transition>&)> transitions;
    std::function<void()> disconnected;
  };
  EnginePort(EventLoop& loop, UniqueFd listening, uid_t engine_user, Handlers handlers);

  bool connected() const { return peer_ != nullptr; }

 private:
  void on_connected(UniqueFd fd, const ucred& who);
  void on_frame(std::span<const std::byte> frame);
  void on_batch(const wire::TransitionBatch& batch);
  void send_accepted();
  void refuse(const std::string& why);

  EventLoop& loop_;
  Handlers handlers_;
  FrameListener listener_;
  std::unique_ptr<FrameChannel> peer_;
  bool greeted_ = false;
  AcceptedSequence accepted_;
  RateLimit refused_users_{std::chrono::seconds(10)};
  RateLimit refused_messages_{std::chrono::seconds(10)};
};

}  // namespace holdfast::notifier
