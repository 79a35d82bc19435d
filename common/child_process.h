// Running one script: its own process group, a time limit, bounded output.
//
// Guarantees: the script is executed, or the outcome says why not (missing, not executable, its
// interpreter missing, empty): an exec that fails is never a success. At the time limit the whole
// group gets SIGTERM and 2 s later SIGKILL. When the leader ends, what is left of its group is
// killed if `kill_leftovers` (or if the limit was reached). Output beyond `output_bytes_max` is
// read and thrown away, so that a flood blocks nobody and fills nothing. What escapes the group (a
// daemon with a session of its own) is not this module's: see checker/stray_reaper.h.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/event_loop.h"
#include "common/unique_fd.h"

namespace holdfast {

constexpr size_t kOutputBytesMax = 4096;
constexpr std::chrono::seconds kKillGrace{2};

// What a transition became, as keepalived's scripts are told of it.
enum class NotifyState : uint8_t { kMaster, kBackup, kFault, kStop };

struct NotifyArguments {
  NotifyState state = NotifyState::kStop;
  uint32_t priority = 0;
};

// A script whose words only the runner of another user has (runner/client.h).
struct RemoteScript {
  std::string user;
  uint32_t id = 0;                                          // of that runner's file
  std::optional<NotifyArguments> arguments = std::nullopt;  // of a notify script
};

struct ScriptCommand {
  std::vector<std::string> argv;              // argv[0] without a slash is looked up in kScriptPath
  std::string text;                           // for messages
  std::vector<std::string> environment = {};  // empty: PATH and HOME=/ alone
  std::optional<RemoteScript> remote = std::nullopt;  // argv is empty, not for start_script()
};

constexpr const char* kScriptPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct ScriptOutcome {
  enum class Kind { kExited, kSignalled, kTimedOut, kNotStarted };
  Kind kind = Kind::kNotStarted;
  int code = 0;        // exit status or signal number
  std::string reason;  // "exit status 1", "no result within 1 s", "/x: not executable"
  std::string output;  // the first `output_bytes_max` bytes of standard output and error
  bool success() const { return kind == Kind::kExited && code == 0; }
};

struct ScriptOptions {
  Duration timeout{};  // zero: no limit
  bool kill_leftovers = true;
  size_t output_bytes_max = kOutputBytesMax;
  // Called once at the time limit with the outcome so far, for who cannot wait until the script
  // has died of its SIGTERM; `done` is still called at its end. May destroy the run.
  std::function<void(const ScriptOutcome&)> at_limit = nullptr;
};

// What has been started: a child of the calling process, and the descriptors that tell of it.
struct SpawnedScript {
  pid_t pid = 0;        // also the process group
  UniqueFd output;      // read end, non-blocking
  UniqueFd exec_error;  // end of file: executed; otherwise one int, the errno of the exec
};

// The write ends that belong to a SpawnedScript: for the script's process alone, to be closed by
// everybody else once it is started.
struct ScriptWriters {
  UniqueFd output;
  UniqueFd exec_error;
};

struct ScriptPipes {
  SpawnedScript reading;
  ScriptWriters writing;
};

Result<ScriptPipes> make_script_pipes();

// Whose child the script becomes: kCallersParent is for a process that starts scripts on behalf of
// its parent (CLONE_PARENT, clone(2)), which then reaps and kills them as its own.
enum class ScriptParent { kCaller, kCallersParent };

// Fork and exec in a new process group, in `/`, with the command's environment.
// The caller's process must have one thread.
Result<pid_t> start_script(const ScriptCommand& command, const ScriptWriters& writers,
                           ScriptParent parent);

// make_script_pipes() and start_script() as a child of the caller.
Result<SpawnedScript> spawn_script(const ScriptCommand& command);

// A run under way, of this process or of a runner's. Destroying it ends the script, as far as that
// is possible, and forgets the outcome.
class ScriptJob {
 public:
  ScriptJob() = default;
  virtual ~ScriptJob() = default;
  ScriptJob(const ScriptJob&) = delete;
  ScriptJob& operator=(const ScriptJob&) = delete;
  ScriptJob(ScriptJob&&) = delete;
  ScriptJob& operator=(ScriptJob&&) = delete;

  virtual pid_t pid() const = 0;  // of our child; 0: not started, or gone, or not ours
};

// One run. Destroying it kills the group and forgets the outcome.
class ScriptRun : public ScriptJob {
 public:
  using Done = std::function<void(const ScriptOutcome&)>;
  using Spawner = std::function<Result<SpawnedScript>(const ScriptCommand&)>;

  // `done` is called exactly once, when the script's process is gone, and never from inside the
  // constructor. It may destroy the run.
  ScriptRun(EventLoop& loop, const ScriptCommand& command, ScriptOptions options, Done done,
            const Spawner& spawner = spawn_script);
  ~ScriptRun() override;
  ScriptRun(const ScriptRun&) = delete;
  ScriptRun& operator=(const ScriptRun&) = delete;
  ScriptRun(ScriptRun&&) = delete;
  ScriptRun& operator=(ScriptRun&&) = delete;

  pid_t pid() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast
