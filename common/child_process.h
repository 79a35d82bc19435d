// Running one script: its own process group, a time limit, bounded output.
//
// Guarantees: the script is executed, or the outcome says why not (missing, not executable, its
// interpreter missing): an exec that fails is never a success. At the time limit the whole group
// gets SIGTERM and 2 s later SIGKILL. When the leader ends, what is left of its group is killed
// if `kill_leftovers`. Output beyond kOutputBytesMax is read and thrown away, so that a flood
// blocks nobody and fills nothing.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/event_loop.h"
#include "common/unique_fd.h"

namespace holdfast {

constexpr size_t kOutputBytesMax = 4096;
constexpr std::chrono::seconds kKillGrace{2};

struct ScriptCommand {
  std::vector<std::string> argv;  // argv[0] without a slash is looked up in kScriptPath
  std::string text;               // for messages
};

constexpr const char* kScriptPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct ScriptOutcome {
  enum class Kind { kExited, kSignalled, kTimedOut, kNotStarted };
  Kind kind = Kind::kNotStarted;
  int code = 0;        // exit status or signal number
  std::string reason;  // "exit status 1", "no result within 1 s", "/x: not executable"
  std::string output;  // the first kOutputBytesMax bytes of standard output and error
  bool success() const { return kind == Kind::kExited && code == 0; }
};

struct ScriptOptions {
  Duration timeout{};
  bool kill_leftovers = true;
};

// What has been started: a child of the calling process, and the descriptors that tell of it.
struct SpawnedScript {
  pid_t pid = 0;        // also the process group
  UniqueFd output;      // read end
  UniqueFd exec_error;  // end of file: executed; otherwise one int, the errno of the exec
};

// fork and exec in a new process group and with an environment of PATH, HOME=/ and nothing else.
Result<SpawnedScript> spawn_script(const ScriptCommand& command);

// One run. Destroying it kills the group and forgets the outcome.
class ScriptRun {
 public:
  using Done = std::function<void(const ScriptOutcome&)>;
  using Spawner = std::function<Result<SpawnedScript>(const ScriptCommand&)>;

  // `done` is called exactly once, never from inside the constructor.
  ScriptRun(EventLoop& loop, const ScriptCommand& command, ScriptOptions options, Done done,
            const Spawner& spawner = spawn_script);
  ~ScriptRun();
  ScriptRun(const ScriptRun&) = delete;
  ScriptRun& operator=(const ScriptRun&) = delete;
  ScriptRun(ScriptRun&&) = delete;
  ScriptRun& operator=(ScriptRun&&) = delete;

  pid_t pid() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast
