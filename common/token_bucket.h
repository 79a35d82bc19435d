// How often something may happen: `burst` times at once, `per_second` times in the long run.
#pragma once

#include <algorithm>

#include "common/clock.h"

namespace holdfast {

class TokenBucket {
 public:
  TokenBucket(double per_second, double burst)
      : interval_(
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / per_second))),
        advance_(std::chrono::duration_cast<Duration>(interval_ * (burst - 1))) {}

  bool take(TimePoint now) {
    next_ = std::max(next_, now);
    if (next_ - now > advance_) return false;
    next_ += interval_;
    return true;
  }

 private:
  Duration interval_;
  Duration advance_;  // how far ahead of an even rate a burst may be
  TimePoint next_{};  // at an even rate
};

}  // namespace holdfast
