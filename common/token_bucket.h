// How often something may happen: `burst` times at once, `per_second` times in the long run.
#pragma once

#include <algorithm>

#include "common/clock.h"

namespace holdfast {

class TokenBucket {
 public:
  TokenBucket(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  bool take(TimePoint now) {
    if (now > filled_at_) {
      const double elapsed_s = std::chrono::duration<double>(now - filled_at_).count();
      tokens_ = std::min(burst_, tokens_ + elapsed_s * per_second_);
      filled_at_ = now;
    }
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  TimePoint filled_at_{};
};

}  // namespace holdfast
