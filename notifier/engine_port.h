// events.sock: the engine tells what happened, we answer with what is in our hands, and with what
// is settled: that the engine need not tell our successor.
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
class NotifierToEngine;
class TransitionBatch;
}  // namespace holdfast::wire

namespace holdfast::notifier {

struct Transition {
  TransitionId id;
  uint32_t router_id = 0;
  State to = State::kBackup;
  uint32_t priority = 0;
  std::string cause;
  uint64_t at_unix_ms = 0;
  // What a notifier before us has done for it: its mail is in the spool, its first scripts ran.
  bool taken = false;
  uint32_t scripts_begun = 0;
};

class EnginePort {
 public:
  struct Handlers {
    // When it returns, everything is in our hands: mail on disk, scripts queued. Each is settled
    // with settled(), then or later.
    std::function<void(const std::vector<Transition>&)> transitions;
    std::function<void()> disconnected;
  };
  EnginePort(EventLoop& loop, UniqueFd listening, uid_t engine_user, Handlers handlers);
  ~EnginePort();
  EnginePort(const EnginePort&) = delete;
  EnginePort& operator=(const EnginePort&) = delete;
  EnginePort(EnginePort&&) = delete;
  EnginePort& operator=(EnginePort&&) = delete;

  bool connected() const { return peer_ != nullptr; }
  // All its scripts have been started, or will not be.
  void settled(const TransitionId& id);
  // So many of its scripts, but not all, have been started.
  void scripts_begun(const TransitionId& id, uint32_t count);

 private:
  void on_connected(UniqueFd fd, const ucred& who);
  void on_frame(std::span<const std::byte> frame);
  void on_batch(const wire::TransitionBatch& batch);
  // What is new to us.
  std::vector<Transition> take(const wire::TransitionBatch& batch);
  void send(wire::NotifierToEngine& answer);
  void refuse(const std::string& why);

  EventLoop& loop_;
  Handlers handlers_;
  FrameListener listener_;
  std::unique_ptr<FrameChannel> peer_;
  bool greeted_ = false;
  AcceptedSequence accepted_;
  std::unique_ptr<wire::NotifierToEngine> answer_;  // to the batch that is being handed on
  RateLimit refused_users_{std::chrono::seconds(10)};
  RateLimit refused_messages_{std::chrono::seconds(10)};
};

}  // namespace holdfast::notifier
