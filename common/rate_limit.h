// How often a line may be written.
#pragma once

#include <cstdint>

#include "common/clock.h"

namespace holdfast {

// Lets one line an interval pass and counts the rest; the count stands in the next line.
class RateLimit {
 public:
  explicit RateLimit(Duration interval) : interval_(interval) {}
  // True: write now; `suppressed()` tells how many were kept back since the last one.
  bool admit(TimePoint now) {
    if (now < next_) {
      ++pending_;
      return false;
    }
    next_ = now + interval_;
    suppressed_ = pending_;
    pending_ = 0;
    return true;
  }
  uint64_t suppressed() const { return suppressed_; }

 private:
  Duration interval_;
  TimePoint next_{};
  uint64_t pending_ = 0;
  uint64_t suppressed_ = 0;
};

}  // namespace holdfast
