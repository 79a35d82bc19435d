// Which notification script may start now. Pure: no process, no clock.
//
// One router's commands run strictly one after the other, in the order of its transitions;
// different routers run side by side up to a bound and take turns. A router whose scripts cannot
// keep up loses what is stale: when one more transition than `waiting_max` would wait, all that
// have not started give way to the newest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "notifier/accepted_sequence.h"

namespace holdfast::notifier {

// What one transition makes us run.
struct Notification {
  uint32_t router_id = 0;
  std::string what;  // "router `myr` MASTER", for messages
  std::vector<ScriptCommand> commands;
  TransitionId transition = {};
  uint32_t begun = 0;  // so many of its commands before these have run already
};

// One command that is to be started now.
struct Turn {
  uint32_t router_id = 0;
  std::string what;
  ScriptCommand command;
  TransitionId transition = {};
  uint32_t begun = 0;    // of the transition's commands, with this one
  bool is_last = false;  // of them
};

class QueueState {
 public:
  static constexpr size_t kWaitingMax = 64;
  static constexpr size_t kParallelMax = 16;

  explicit QueueState(size_t waiting_max = kWaitingMax, size_t parallel_max = kParallelMax)
      : waiting_max_(waiting_max), parallel_max_(parallel_max) {}

  // Returns those waiting notifications of this router that were given up for this one.
  std::vector<TransitionId> add(Notification notification);
  // The caller starts it and calls finished(); nothing: all is running that may run.
  std::optional<Turn> next();
  // The router's command that next() handed out last has ended, however it ended.
  void finished(uint32_t router_id);

  bool idle() const { return routers_.empty(); }
  size_t running() const { return running_; }

 private:
  struct RouterQueue {
    std::deque<Notification> waiting;  // not started
    std::deque<ScriptCommand> rest;    // of the notification that has been started
    std::string what;
    TransitionId transition;
    uint32_t begun = 0;
  };

  size_t waiting_max_;
  size_t parallel_max_;
  size_t running_ = 0;
  std::map<uint32_t, RouterQueue> routers_;  // those with something running or waiting
  std::deque<uint32_t> ready_;               // have a next command and none running
};

}  // namespace holdfast::notifier
