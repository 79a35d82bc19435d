// One asker: what it may say in which phase, and the scripts that run for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "checker/stray_reaper.h"
#include "common/child_process.h"
#include "common/event_loop.h"
#include "common/frame_socket.h"
#include "common/leftover_output.h"
#include "runner.pb.h"
#include "runner/library.h"

namespace holdfast::runner {

class Session {
 public:
  struct Parts {
    Library& library;
    LeftoverOutput& leftovers;
    std::optional<Role> role;  // by its uid; nothing: a user namespace of ours hides it
    // The connection is closed, its scripts are killed. Destroys this session later.
    std::function<void(const std::string& why)> ended;
    // The same, for something that it must not say.
    std::function<void(const std::string& why)> refused;
    std::function<void()> script_ended;
    std::function<uint64_t()> next_run;  // all runs of this process, in the order of their start
  };

  Session(EventLoop& loop, UniqueFd fd, Parts parts);
  ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) = delete;
  Session& operator=(Session&&) = delete;

  // Adds the runs under way.
  void tell_runs(checker::StrayReaper::World& world) const;

 private:
  struct Run {
    std::unique_ptr<ScriptRun> script;
    UniqueFd output;  // a second hold on the read end of a notify script's output
    uint64_t order = 0;
  };

  void on_frame(std::span<const std::byte> frame);
  void on_hello(const wire::AskerHello& hello);
  void on_run(const wire::RunScript& wanted);
  void start(uint64_t number, const Entry& entry, const ScriptCommand& command);
  void on_done(uint64_t number, const ScriptOutcome& outcome);
  void tell_limit(uint64_t number, const ScriptOutcome& outcome);
  void tell_end(uint64_t number, const ScriptOutcome& outcome);
  void send(const wire::RunnerToAsker& message);
  void refuse(const std::string& why);
  void end();

  EventLoop& loop_;
  Parts parts_;
  FrameChannel channel_;
  std::optional<Role> greeted_as_;
  uint64_t last_number_ = 0;
  std::map<uint64_t, Run> runs_;
};

}  // namespace holdfast::runner
