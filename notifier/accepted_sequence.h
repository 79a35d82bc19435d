// Which transitions of an engine are in our hands already. Pure.
#pragma once

#include <cstdint>

namespace holdfast::notifier {

// An engine numbers its transitions 1, 2, 3, … within one run and repeats after a reconnect what
// it has seen no acceptance for.
class AcceptedSequence {
 public:
  // Another run starts anew; the same run goes on where it was.
  void begin(uint64_t engine_run) {
    if (known_ && engine_run == engine_run_) return;
    known_ = true;
    engine_run_ = engine_run;
    last_ = 0;
  }
  // False: a repetition of what has been taken before.
  bool take(uint64_t sequence) {
    if (sequence <= last_) return false;
    last_ = sequence;
    return true;
  }
  uint64_t last() const { return last_; }

 private:
  bool known_ = false;
  uint64_t engine_run_ = 0;
  uint64_t last_ = 0;
};

}  // namespace holdfast::notifier
