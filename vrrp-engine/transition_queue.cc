#include "vrrp-engine/transition_queue.h"

#include <sys/random.h>

#include <chrono>
#include <ranges>

#include "vrrp-engine/messages.h"

namespace holdfast::vrrp {
namespace {

constexpr int kTransitionsPerBatch = 64;

// Tells this run of the engine from the one before; a failure leaves the time, which does as well.
uint64_t random_run() {
  uint64_t value = 0;
  if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value) value = unix_ms_now();
  return value;
}

}  // namespace

uint64_t unix_ms_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

wire::RouterState wire_state(State state) {
  switch (state) {
    case State::kInitialize:
      return wire::ROUTER_STATE_INITIALIZE;
    case State::kBackup:
      return wire::ROUTER_STATE_BACKUP;
    case State::kActive:
      return wire::ROUTER_STATE_ACTIVE;
    case State::kFault:
      return wire::ROUTER_STATE_FAULT;
    case State::kStopped:
      return wire::ROUTER_STATE_STOPPED;
  }
  return wire::ROUTER_STATE_UNSPECIFIED;
}

TransitionQueue::TransitionQueue(EventLoop& loop, const std::string& path)
    : channel_(loop, path,
               {.connected = [this] { greet(); },
                .frame = [this](std::span<const std::byte> frame) { on_frame(frame); },
                .lost =
                    [this](const std::string& why) {
                      greeted_ = false;
                      log_line<kNotifierLost>(why, waiting_.size());
                    }}),
      run_(random_run()) {}

void TransitionQueue::greet() {
  wire::EngineToNotifier message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  message.mutable_hello()->set_engine_run(run_);
  channel_.send(message);
}

void TransitionQueue::push(RouterId router, const TransitionAction& transition) {
  if (waiting_.size() >= kWaitingMax) {
    waiting_.pop_front();
    ++lost_;
    if (lost_remark_.admit(BootClock::now())) log_line<kTransitionsLost>(lost_);
  }
  wire::Transition& item = waiting_.emplace_back();
  item.set_sequence(++sequence_);
  item.set_router_id(router);
  item.set_from(wire_state(transition.from));
  item.set_to(wire_state(transition.to));
  item.set_priority(transition.priority);
  item.set_cause(transition.cause);
  item.set_at_unix_ms(unix_ms_now());
}

void TransitionQueue::send_untold() {
  while (greeted_ && told_ < sequence_) {
    wire::EngineToNotifier message;
    wire::TransitionBatch& batch = *message.mutable_transitions();
    uint64_t last = told_;
    const uint64_t first = waiting_.empty() ? told_ + 1 : waiting_.front().sequence();
    const auto told = static_cast<std::ptrdiff_t>(first > told_ ? 0 : told_ + 1 - first);
    for (const wire::Transition& item : waiting_ | std::views::drop(told)) {
      if (batch.transitions_size() >= kTransitionsPerBatch) break;
      *batch.add_transitions() = item;
      last = item.sequence();
    }
    batch.set_lost(lost_);
    if (batch.transitions().empty() || channel_.send(message) != SendResult::kSent) return;
    lost_ = 0;
    told_ = last;
  }
}

void TransitionQueue::on_frame(std::span<const std::byte> frame) {
  wire::NotifierToEngine message;
  if (!parse_frame(frame, message)) return channel_.drop("it sent something unreadable");
  if (message.has_hello() && !greeted_) {
    if (message.hello().protocol_version() != kProtocolVersion) {
      return channel_.drop("it speaks another version of the protocol: restart it");
    }
    greeted_ = true;
    told_ = waiting_.empty() ? sequence_ : waiting_.front().sequence() - 1;
  } else if (message.has_accepted() && greeted_) {
    while (!waiting_.empty() && waiting_.front().sequence() <= message.accepted().sequence()) {
      waiting_.pop_front();
    }
  } else {
    return channel_.drop("it sent a message out of order");
  }
  send_untold();
}

}  // namespace holdfast::vrrp
