#include "checker/check_state.h"

#include <cassert>
#include <limits>
#include <utility>

namespace holdfast::checker {

CheckState::Effect CheckState::record(bool success, std::string cause) {
  const bool continued = streak_ > 0 && streak_success_ == success;
  if (!continued) streak_ = 0;
  if (streak_ < std::numeric_limits<uint32_t>::max()) ++streak_;
  streak_success_ = success;

  const Verdict result = success ? Verdict::kPassing : Verdict::kFailing;
  if (result == verdict_) {
    if (success || cause == cause_) return Effect::kNone;
    cause_ = std::move(cause);
    return Effect::kCause;
  }
  if (verdict_ != Verdict::kUndecided && streak_ < needed()) return Effect::kPending;
  verdict_ = result;
  cause_ = std::move(cause);
  consecutive_ = streak_;
  return Effect::kTurned;
}

TimePoint next_start(TimePoint first, Duration interval, TimePoint now) {
  assert(interval > Duration::zero());
  if (now < first) return first;
  return first + ((now - first) / interval + 1) * interval;
}

}  // namespace holdfast::checker
