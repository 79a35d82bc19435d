// All checks of one configuration, what is told about them, and the change to the next one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checker/check.h"
#include "checker/engine_link.h"
#include "checker/granted_runner.h"
#include "checker/stray_reaper.h"
#include "common/event_loop.h"
#include "runner/client.h"

namespace holdfast::checker {

// What this process was started with to answer `killall -0`.
struct Grant {
  bool available = false;               // CAP_KILL was there at the start
  std::optional<GrantedRunner> runner;  // started if a check asked for it
  std::string missing_reason = "this process was started without CAP_KILL";
};

class Checker {
 public:
  // Runners listen in `runners`, a directory.
  Checker(EventLoop& loop, std::string config_path, const std::string& engine_socket,
          const std::string& runners, Grant grant);
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;
  Checker(Checker&&) = delete;
  Checker& operator=(Checker&&) = delete;

  // Reads checker.pb: checks whose work is the same go on as they are, new or changed ones start
  // undecided, at once. An error leaves everything as it was.
  Result<void> load();
  // "3 checks, 2 passing, 1 failing"
  std::string status() const;
  // From now on the end of a script by a signal is no result.
  void begin_stop() { stopping_ = true; }

 private:
  void settle_grant(const CheckerSetup& setup);
  std::unique_ptr<ScriptJob> run(const CheckDefinition& definition, ScriptOptions options,
                                 ScriptRun::Done done);
  Result<SpawnedScript> spawn(const CheckDefinition& definition);
  void on_changed(const Check& check);
  std::vector<wire::Health> decided() const;
  StrayReaper::World world() const;
  void give_up(const std::string& why);

  EventLoop& loop_;
  std::string config_path_;
  Grant grant_;
  Source runner_end_;
  EngineLink link_;
  runner::Client runners_;
  Check::Hooks hooks_;
  uint64_t generation_ = 0;
  uint64_t runs_started_ = 0;
  bool stopping_ = false;
  std::map<std::string, std::unique_ptr<Check>> checks_;  // by name
  StrayReaper reaper_;
};

}  // namespace holdfast::checker
