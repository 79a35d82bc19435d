// The engine's side of net.sock (proto/net.proto): claims go out, packets and links come in.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "common/event_loop.h"
#include "common/rate_limit.h"
#include "net.pb.h"
#include "vrrp-engine/engine.h"
#include "vrrp-engine/reconnecting_channel.h"

namespace holdfast::vrrp {

class HelperLink {
 public:
  // `after_event` runs after each message has been handled.
  HelperLink(EventLoop& loop, const std::string& path, std::function<void()> after_event);

  // Both need each other; the engine is given once it exists.
  void start(Engine& engine);
  bool is_ready() const { return greeted_; }
  // What was asked for has been sent, or nobody is there.
  bool is_idle() const { return pending_.empty(); }

  void hold(RouterId router, const HoldAction& action);
  void resign(RouterId router, Duration linger);
  void withdraw(RouterId router);
  // Sends what the calls above gathered, together, as soon as the helper takes it.
  void flush();

 private:
  void greet();
  void on_frame(std::span<const std::byte> frame);
  void on_hello(const wire::HelperHello& hello);
  void on_links(const wire::LinkBatch& batch);
  bool in_order(wire::HelperToEngine::BodyCase message) const;
  void on_packets(const wire::PacketBatch& batch);
  void on_ended(const wire::Ended& ended);
  void on_lost(const std::string& why);
  wire::Request& request(RouterId router);

  ReconnectingChannel channel_;
  Timer again_;
  std::function<void()> after_event_;
  Engine* engine_ = nullptr;
  std::deque<wire::Request> pending_;
  bool greeting_ = false;  // a hello has come,
  HeldPriorities held_;    // which said this;
  bool greeted_ = false;   // and the links
  LinkTable links_;        // as they were last
  RateLimit refusal_log_{std::chrono::seconds(1)};
  RateLimit end_log_{std::chrono::seconds(1)};
  RateLimit dropped_remark_{std::chrono::seconds(10)};
  uint64_t dropped_ = 0;
};

}  // namespace holdfast::vrrp
