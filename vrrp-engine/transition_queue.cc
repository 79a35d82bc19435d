#include "vrrp-engine/transition_queue.h"

#include <sys/random.h>

#include <algorithm>
#include <chrono>

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
    // What a notifier has taken is not lost with us: it runs, unless that notifier ends before.
    const bool taken = waiting_.begin()->first <= taken_;
    waiting_.erase(waiting_.begin());
    if (!taken) {
      ++lost_;
      if (lost_remark_.admit(BootClock::now())) log_line<kTransitionsLost>(lost_);
    }
  }
  wire::Transition& item = waiting_[++sequence_];
  item.set_sequence(sequence_);
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
    for (auto item = waiting_.upper_bound(told_); item != waiting_.end(); ++item) {
      if (batch.transitions_size() >= kTransitionsPerBatch) break;
      *batch.add_transitions() = item->second;
      last = item->first;
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
    told_ = waiting_.empty() ? sequence_ : 0;
  } else if (message.has_accepted() && greeted_) {
    on_accepted(message.accepted());
  } else {
    return channel_.drop("it sent a message out of order");
  }
  send_untold();
}

void TransitionQueue::on_accepted(const wire::Accepted& accepted) {
  for (const uint64_t sequence : accepted.settled()) waiting_.erase(sequence);
  const uint64_t taken = std::clamp(accepted.sequence(), taken_, sequence_);
  const auto last = waiting_.upper_bound(taken);
  for (auto item = waiting_.upper_bound(taken_); item != last; ++item) item->second.set_taken(true);
  taken_ = taken;
  for (const wire::ScriptsBegun& begun : accepted.begun()) {
    const auto item = waiting_.find(begun.sequence());
    if (item != waiting_.end()) item->second.set_scripts_begun(begun.count());
  }
}

}  // namespace holdfast::vrrp
