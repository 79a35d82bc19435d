// The engine's side of events.sock (proto/events.proto): transitions wait here until the notifier
// has settled them: what it has taken but not begun, the next one is told again. Bounded: a
// notifier that is gone or slow costs its own events, never an advertisement.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/event_loop.h"
#include "common/rate_limit.h"
#include "events.pb.h"
#include "vrrp-engine/reconnecting_channel.h"
#include "vrrp-engine/router.h"

namespace holdfast::vrrp {

wire::RouterState wire_state(State state);
uint64_t unix_ms_now();

class TransitionQueue {
 public:
  // Thousands of routers start and become Active within seconds.
  static constexpr size_t kWaitingMax = 20'000;

  TransitionQueue(EventLoop& loop, const std::string& path);
  void start() { channel_.start(); }
  // To be sent by send_untold().
  void push(RouterId router, const TransitionAction& transition);
  void send_untold();
  bool is_connected() const { return greeted_; }
  // The notifier has everything in its hands: an engine that ends has nothing left to say.
  bool is_taken() const { return waiting_.empty() || waiting_.rbegin()->first <= taken_; }

 private:
  void greet();
  void on_frame(std::span<const std::byte> frame);
  void on_accepted(const wire::Accepted& accepted);

  ReconnectingChannel channel_;
  std::map<uint64_t, wire::Transition> waiting_;  // not settled, by their sequence
  uint64_t run_;
  uint64_t sequence_ = 0;
  uint64_t told_ = 0;   // up to this sequence they are on the way
  uint64_t taken_ = 0;  // up to this sequence a notifier has had them
  uint64_t lost_ = 0;
  RateLimit lost_remark_{std::chrono::seconds(1)};
  bool greeted_ = false;
};

}  // namespace holdfast::vrrp
