// The lines about routers that move. When thousands move at once, the first are told one by one and
// the others counted: one line says how many there were, and `holdfast status` tells of each.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "common/event_loop.h"
#include "common/token_bucket.h"
#include "vrrp-engine/router.h"

namespace holdfast::vrrp {

class TransitionLog {
 public:
  explicit TransitionLog(EventLoop& loop);
  void tell(const std::string& router, const TransitionAction& moved);
  void tell(const std::string& router, const PriorityAction& changed);
  // At the end: what was counted and not yet told.
  void flush();

 private:
  static constexpr size_t kStates = 5;

  bool admits();

  TokenBucket lines_{20, 200};
  std::array<uint64_t, kStates> moved_to_{};  // by State
  uint64_t priorities_ = 0;
  Timer summary_;
  bool is_counting_ = false;
};

}  // namespace holdfast::vrrp
