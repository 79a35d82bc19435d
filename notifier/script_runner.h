// Runs notification scripts in the order that QueueState says, and logs what came of them.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "common/child_process.h"
#include "common/event_loop.h"
#include "common/leftover_output.h"
#include "notifier/queue_state.h"
#include "runner/client.h"

namespace holdfast::notifier {

class ScriptRunner {
 public:
  struct Handlers {
    // Each time when the last script has ended and none waits.
    std::function<void()> idle;
    // So many of the transition's scripts have been started, but not all.
    std::function<void(const TransitionId&, uint32_t count)> begun;
    // None of its scripts waits any more: the last has been started, or they were given up.
    std::function<void(const TransitionId&)> settled;
  };
  // Runners listen in `runners`, a directory.
  ScriptRunner(EventLoop& loop, const std::string& runners, Handlers handlers);

  void configure(Duration timeout, uint64_t generation) {
    timeout_ = timeout;
    runners_.set_generation(generation);
  }
  void add(Notification notification);
  bool idle() const { return queue_.idle(); }
  size_t running() const { return queue_.running(); }

 private:
  struct Run {
    std::string what;
    std::string text;
    UniqueFd output;  // a second hold on the read end of the script's output
    std::unique_ptr<ScriptJob> script;
  };

  void start_what_may();
  void start(Turn turn);
  void on_done(uint32_t router_id, const ScriptOutcome& outcome);

  EventLoop& loop_;
  Handlers handlers_;
  runner::Client runners_;
  QueueState queue_;
  Duration timeout_ = std::chrono::seconds(60);
  uint64_t skipped_ = 0;
  std::map<uint32_t, Run> runs_;  // by router: each has at most one
  LeftoverOutput leftovers_;
};

}  // namespace holdfast::notifier
