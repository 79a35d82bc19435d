#include "common/child_process.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

namespace holdfast {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

// Where an argv[0] without a slash is found, or the name itself, for exec to fail on.
std::string resolve(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  std::string_view rest = kScriptPath;
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    const std::string candidate = fmt::format("{}/{}", rest.substr(0, colon), name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
  return name;
}

struct ChildSetup {
  std::string file;
  std::vector<char*> argv;
  std::vector<char*> shell_argv;  // for a script without `#!`, as execvp(3) does
  std::vector<char*> environment;
  int output;
  int exec_error;
};

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void execute(const ChildSetup& setup) {
  ::setpgid(0, 0);
  // Should our process die, its scripts must not run on unwatched.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null > 0) ::dup2(null, STDIN_FILENO);
  ::dup2(setup.output, STDOUT_FILENO);
  ::dup2(setup.output, STDERR_FILENO);
  ::execve(setup.file.c_str(), setup.argv.data(), setup.environment.data());
  if (errno == ENOEXEC) {
    ::execve("/bin/sh", setup.shell_argv.data(), setup.environment.data());
  }
  const int reason = errno;
  [[maybe_unused]] const ssize_t written = ::write(setup.exec_error, &reason, sizeof reason);
  ::_exit(127);
}

std::string explain_exec_error(const std::string& file, int error_number) {
  switch (error_number) {
    case ENOENT: {
      struct stat status{};
      if (file.find('/') == std::string::npos) {
        return fmt::format("{}: no such command in {}", file, kScriptPath);
      }
      if (::stat(file.c_str(), &status) == 0) {
        return fmt::format("{}: the interpreter in its first line (`#!`) does not exist", file);
      }
      return fmt::format("{}: no such file", file);
    }
    case EACCES: {
      struct stat status{};
      if (::stat(file.c_str(), &status) < 0) {
        return fmt::format("{}: user {} may not enter its directory", file, ::geteuid());
      }
      return fmt::format("{}: not executable for user {} (mode {:04o})", file, ::geteuid(),
                         status.st_mode & 07777);
    }
    default:
      return fmt::format("{}: {}", file, error_text(error_number));
  }
}

}  // namespace

Result<SpawnedScript> spawn_script(const ScriptCommand& command) {
  if (command.argv.empty()) return failure("an empty command");
  std::array<int, 2> output{};
  std::array<int, 2> exec_error{};
  if (::pipe2(output.data(), O_CLOEXEC) < 0) return system_failure("pipe");
  SpawnedScript result;
  result.output.reset(output[0]);
  const UniqueFd output_writer(output[1]);
  if (::pipe2(exec_error.data(), O_CLOEXEC) < 0) return system_failure("pipe");
  result.exec_error.reset(exec_error[0]);
  const UniqueFd exec_error_writer(exec_error[1]);
  ::fcntl(result.output.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(result.exec_error.get(), F_SETFL, O_NONBLOCK);

  // Everything that allocates is made before the fork.
  std::vector<std::string> environment{fmt::format("PATH={}", kScriptPath), "HOME=/"};
  std::vector<std::string> shell_words{"/bin/sh", resolve(command.argv[0])};
  shell_words.insert(shell_words.end(), command.argv.begin() + 1, command.argv.end());
  const ChildSetup setup{.file = resolve(command.argv[0]),
                         .argv = pointers(command.argv),
                         .shell_argv = pointers(shell_words),
                         .environment = pointers(environment),
                         .output = output_writer.get(),
                         .exec_error = exec_error_writer.get()};
  const pid_t pid = ::fork();
  if (pid < 0) return system_failure("fork");
  if (pid == 0) execute(setup);
  ::setpgid(pid, pid);  // also here: whichever of the two comes first
  result.pid = pid;
  return result;
}

struct ScriptRun::State {
  EventLoop* loop = nullptr;
  ScriptCommand command;
  ScriptOptions options;
  Done done;
  SpawnedScript script;
  Source output_source;
  Source child_source;
  Source failed_start;
  Timer limit;
  bool timed_out = false;
  ScriptOutcome outcome;

  void kill_group(int signal_number) const {
    if (script.pid > 0) ::kill(-script.pid, signal_number);
  }

  void read_output() {
    std::array<char, 4096> buffer{};
    // A bound per turn: a script that floods must not hold the loop.
    for (int turn = 0; turn < 16; ++turn) {
      const ssize_t size = ::read(script.output.get(), buffer.data(), buffer.size());
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) return output_source.reset();
      const size_t room = kOutputBytesMax - outcome.output.size();
      outcome.output.append(buffer.data(), std::min(room, static_cast<size_t>(size)));
    }
  }

  void on_limit() {
    if (!timed_out) {
      timed_out = true;
      kill_group(SIGTERM);
      limit.arm_after(kKillGrace);
    } else {
      kill_group(SIGKILL);
    }
  }

  void on_end(const siginfo_t& info) {
    limit.disarm();
    if (output_source) read_output();
    output_source.reset();
    if (timed_out || options.kill_leftovers) kill_group(SIGKILL);
    script.pid = 0;
    int exec_errno = 0;
    if (::read(script.exec_error.get(), &exec_errno, sizeof exec_errno) == sizeof exec_errno) {
      outcome.kind = ScriptOutcome::Kind::kNotStarted;
      outcome.reason = explain_exec_error(resolve(command.argv[0]), exec_errno);
    } else if (timed_out) {
      outcome.kind = ScriptOutcome::Kind::kTimedOut;
      outcome.reason = fmt::format("no result within {:g} s",
                                   std::chrono::duration<double>(options.timeout).count());
    } else if (info.si_code == CLD_EXITED) {
      outcome.kind = ScriptOutcome::Kind::kExited;
      outcome.code = info.si_status;
      outcome.reason = fmt::format("exit status {}", info.si_status);
    } else {
      outcome.kind = ScriptOutcome::Kind::kSignalled;
      outcome.code = info.si_status;
      outcome.reason = fmt::format("killed by signal {}", info.si_status);
    }
    // The owner may destroy this run from inside the call.
    const Done callback = std::move(done);
    const ScriptOutcome result = std::move(outcome);
    callback(result);
  }
};

ScriptRun::ScriptRun(EventLoop& loop, const ScriptCommand& command, ScriptOptions options,
                     Done done, const Spawner& spawner)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.loop = &loop;
  state.command = command;
  state.options = options;
  state.done = std::move(done);
  auto spawned = spawner(command);
  if (!spawned) {
    state.outcome.reason = spawned.error().text;
    state.failed_start = loop.add_defer([&state] {
      const Done callback = std::move(state.done);
      const ScriptOutcome result = std::move(state.outcome);
      callback(result);
    });
    return;
  }
  state.script = std::move(*spawned);
  state.output_source =
      loop.add_io(state.script.output.get(), EPOLLIN, [&state](uint32_t) { state.read_output(); });
  state.child_source =
      loop.add_child(state.script.pid, [&state](const siginfo_t& info) { state.on_end(info); });
  state.limit = loop.add_timer([&state] { state.on_limit(); });
  if (options.timeout.count() > 0) state.limit.arm_after(options.timeout);
}

ScriptRun::~ScriptRun() {
  if (state_->script.pid <= 0) return;
  state_->kill_group(SIGKILL);
  const pid_t pid = state_->script.pid;
  state_->child_source.reset();
  // SIGKILL to our own child: it ends at once, so this wait is short.
  ::waitpid(pid, nullptr, 0);
}

pid_t ScriptRun::pid() const {
  return state_->script.pid;
}

}  // namespace holdfast
