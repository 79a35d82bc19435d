// Which transitions of an engine are in our hands already, and which of them still wait. Pure.
#pragma once

#include <cstdint>
#include <set>

namespace holdfast::notifier {

// Sequences are compared within one run of the engine.
struct TransitionId {
  uint64_t engine_run = 0;
  uint64_t sequence = 0;
};

// An engine numbers its transitions 1, 2, 3, … within one run and repeats after a reconnect what
// has not been settled. What has been told to us is settled when none of its scripts waits.
class AcceptedSequence {
 public:
  // Another run starts anew; the same run goes on where it was.
  void begin(uint64_t engine_run) {
    if (known_ && engine_run == engine_run_) return;
    known_ = true;
    engine_run_ = engine_run;
    last_ = 0;
    waiting_.clear();
  }
  // False: a repetition of what has been taken before.
  bool take(uint64_t sequence) {
    if (sequence <= last_) return false;
    last_ = sequence;
    waiting_.insert(sequence);
    return true;
  }
  // False: it is of another run, or settled before.
  bool settle(const TransitionId& id) { return is_of_run(id) && waiting_.erase(id.sequence) > 0; }
  bool is_of_run(const TransitionId& id) const { return known_ && id.engine_run == engine_run_; }
  bool is_settled(uint64_t sequence) const {
    return sequence <= last_ && !waiting_.contains(sequence);
  }
  uint64_t engine_run() const { return engine_run_; }
  uint64_t last() const { return last_; }

 private:
  bool known_ = false;
  uint64_t engine_run_ = 0;
  uint64_t last_ = 0;
  std::set<uint64_t> waiting_;  // taken, not settled
};

}  // namespace holdfast::notifier
