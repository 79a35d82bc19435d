// `holdfast run`: the service manager of one suite where there is no systemd.
//
// Compiles, passes sockets, starts the four with their own users, restarts what dies, reloads on
// SIGHUP, and stops in the order that lets the engine resign before its helper goes.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "cli/run/child.h"
#include "cli/run/identities.h"
#include "cli/run/log_relay.h"
#include "cli/run/notify_socket.h"
#include "cli/run/runtime_directory.h"
#include "cli/run/user_runners.h"
#include "common/event_loop.h"

namespace holdfast::cli {

struct SupervisorOptions {
  std::string configuration;
  std::string config_id;  // empty: the host's
  std::string runtime_directory;
  bool lenient = false;  // passed on to the compiler
  bool allow_root_scripts = false;
  std::array<std::string, kRoles> executables;
  std::string runner_executable;
};

class Supervisor {
 public:
  Supervisor(EventLoop& loop, SupervisorOptions options, RuntimeDirectory directory,
             Identities identities);

  // Everything up to the four running. On an error nothing is left running.
  Result<void> start();
  // The exit status for the process after loop.run().
  int exit_status() const { return exit_status_; }

 private:
  struct Process {
    ChildPlan plan;
    pid_t pid = 0;
    uint64_t started_unix_ms = 0;
    TimePoint started_at;
    uint32_t restarts = 0;
    std::string last_end;
    std::string status;
    bool ready = false;
    Duration delay{};
    Source ended;
    std::unique_ptr<LogRelay> log;
    std::unique_ptr<NotifySocket> notify;
    Timer restart;
  };
  enum class Phase : uint8_t { kRunning, kStoppingEngine, kStoppingRest, kStoppingRunners };
  enum class ReloadStep : uint8_t { kIdle, kHelper, kRest };

  Result<void> compile_configuration();
  Result<void> open_sockets();
  void plan(Role role);
  void launch(Process& process);
  void on_end(Process& process, const siginfo_t& info);
  void on_notify(Process& from, const std::string& text);
  // EXTEND_TIMEOUT_USEC of sd_notify(3).
  void extend_engine_patience(const std::string& text);
  void reload();
  void signal_rest_to_reload();
  void stop();
  void stop_rest();
  void kill_all();
  void on_runners_changed();
  void finish_if_all_ended();
  void signal(Process& process, int number) const;
  Process& process(Role role) { return processes_[static_cast<size_t>(role)]; }
  void publish();
  void reap_orphans();

  EventLoop& loop_;
  SupervisorOptions options_;
  RuntimeDirectory directory_;
  Identities identities_;
  UniqueFd net_socket_;
  UniqueFd health_socket_;
  UniqueFd events_socket_;
  UniqueFd control_socket_;
  std::array<Process, kRoles> processes_;
  std::unique_ptr<UserRunners> runners_;
  Source terminate_;
  Source interrupt_;
  Source hangup_;
  Source child_signal_;
  Timer patience_;
  Timer reload_limit_;
  Phase phase_ = Phase::kRunning;
  ReloadStep reload_ = ReloadStep::kIdle;
  std::string last_reload_;
  bool announced_ = false;
  int exit_status_ = 0;
};

// Where an executable is, by its name: beside this one in a build tree, else where they are
// installed.
std::string find_executable(const std::string& name);
std::array<std::string, kRoles> find_executables();

}  // namespace holdfast::cli
