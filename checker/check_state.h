// What the runs of a health script mean. Pure: results in, verdict out.
//
// As keepalived counts (`rise`, `fall` of vrrp_script): until the first result a check is
// undecided and nobody is told about it; the first result decides at once, whatever `rise` and
// `fall` say; from then on `fall` failures or `rise` successes in a row turn the verdict.
#pragma once

#include <cstdint>
#include <string>

#include "common/clock.h"

namespace holdfast::checker {

enum class Verdict : uint8_t { kUndecided, kPassing, kFailing };

struct Thresholds {
  uint32_t rise = 1;  // both at least 1
  uint32_t fall = 1;
};

class CheckState {
 public:
  enum class Effect : uint8_t {
    kNone,     // the verdict and its cause stand
    kCause,    // still failing, for another reason
    kPending,  // a result against the verdict, not enough in a row yet
    kTurned,   // the verdict is new
  };

  explicit CheckState(Thresholds thresholds) : thresholds_(thresholds) {}

  // One run's result; `cause` says what it was: "exit status 1".
  Effect record(bool success, std::string cause);

  Verdict verdict() const { return verdict_; }
  // Why the verdict is what it is; empty while undecided.
  const std::string& cause() const { return cause_; }
  // Results in a row that made the verdict.
  uint32_t consecutive() const { return consecutive_; }
  // Results in a row like the latest one, and how many of them turn the verdict.
  uint32_t streak() const { return streak_; }
  uint32_t needed() const { return streak_success_ ? thresholds_.rise : thresholds_.fall; }

 private:
  Thresholds thresholds_;
  Verdict verdict_ = Verdict::kUndecided;
  std::string cause_;
  uint32_t consecutive_ = 0;
  bool streak_success_ = false;
  uint32_t streak_ = 0;
};

// The first start after `now` of a script that is started at `first` and every `interval` after
// it. Starts that a stall of ours has missed are not made up for. `interval` is above zero.
TimePoint next_start(TimePoint first, Duration interval, TimePoint now);

}  // namespace holdfast::checker
