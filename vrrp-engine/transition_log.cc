#include "vrrp-engine/transition_log.h"

#include <fmt/format.h>

#include <utility>

#include "vrrp-engine/messages.h"

namespace holdfast::vrrp {

// Those that move together have moved by then.
constexpr std::chrono::seconds kSummaryAfter{1};

TransitionLog::TransitionLog(EventLoop& loop) : summary_(loop.add_timer([this] { flush(); })) {}

bool TransitionLog::admits() {
  if (!is_counting_ && lines_.take(BootClock::now())) return true;
  if (!std::exchange(is_counting_, true)) summary_.arm_after(kSummaryAfter);
  return false;
}

void TransitionLog::tell(const std::string& router, const TransitionAction& moved) {
  if (!admits()) {
    ++moved_to_.at(static_cast<size_t>(moved.to));
    return;
  }
  log_line<kTransition>(router, state_name(moved.from), state_name(moved.to), moved.priority,
                        moved.cause);
}

void TransitionLog::tell(const std::string& router, const PriorityAction& changed) {
  if (!admits()) {
    ++priorities_;
    return;
  }
  log_line<kPriority>(router, changed.cause);
}

void TransitionLog::flush() {
  if (!std::exchange(is_counting_, false)) return;
  std::string said;
  for (size_t state = 0; state < kStates; ++state) {
    const uint64_t count = std::exchange(moved_to_.at(state), 0);
    if (count == 0) continue;
    said += fmt::format("{}{} to {}", said.empty() ? "" : ", ", count,
                        state_name(static_cast<State>(state)));
  }
  const uint64_t priorities = std::exchange(priorities_, 0);
  if (priorities > 0) {
    said += fmt::format("{}{} to another priority", said.empty() ? "" : ", ", priorities);
  }
  log_line<kManyMoved>(said);
}

}  // namespace holdfast::vrrp
