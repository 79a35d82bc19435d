// One health script: when it is started, and what its runs say.
//
// Started at once and then every `interval` on a fixed grid; never two runs at a time (that start
// is skipped). A run that reaches its time limit is a failure from that moment on, before its
// process is gone; one that survives even SIGKILL fails anew at every start that it takes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "checker/check_config.h"
#include "checker/check_state.h"
#include "common/child_process.h"
#include "common/event_loop.h"
#include "common/log.h"
#include "common/rate_limit.h"

namespace holdfast::checker {

class Check {
 public:
  struct Hooks {
    std::function<std::unique_ptr<ScriptJob>(const CheckDefinition&, ScriptOptions,
                                             ScriptRun::Done)>
        run;
    std::function<void(const Check&)> changed;  // the verdict or its cause is new
    std::function<void()> run_ended;            // a process of a run is gone
    std::function<uint64_t()> next_run_number;
    // True once we are told to stop: what then kills scripts says nothing about health.
    std::function<bool()> stopping;
  };

  Check(EventLoop& loop, CheckDefinition definition, const Hooks& hooks);
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  Check(Check&&) = delete;
  Check& operator=(Check&&) = delete;
  ~Check() = default;

  const CheckDefinition& definition() const { return definition_; }
  const CheckState& state() const { return state_; }
  // After a reload that left the work itself alone.
  void set_ids(const CheckDefinition& next) {
    definition_.id = next.id;
    definition_.command.remote = next.command.remote;
  }

  // The leader of the run under way and that run's number; nothing between runs.
  struct ActiveRun {
    pid_t pid;
    uint64_t number;
  };
  std::optional<ActiveRun> active_run() const;

 private:
  void on_tick();
  void start();
  void skip(TimePoint now);
  void on_limit(const ScriptOutcome& outcome);
  void on_done(const ScriptOutcome& outcome);
  void record(bool success, const std::string& cause, const std::string& output);

  CheckDefinition definition_;
  const Hooks& hooks_;
  CheckState state_;
  TimePoint first_start_;
  TimePoint run_start_;
  uint64_t run_number_ = 0;
  bool limit_counted_ = false;
  bool skip_logged_ = false;
  std::string pending_cause_;
  RateLimit pending_lines_;
  std::unique_ptr<ScriptJob> run_;
  Timer tick_;
};

}  // namespace holdfast::checker
