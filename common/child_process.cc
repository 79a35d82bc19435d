#include "common/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "common/script_explain.h"

namespace holdfast {
namespace {

// A flood is read in turns of this many reads, so that it does not hold the loop.
constexpr int kReadsPerTurn = 16;
// Only a process in uninterruptible sleep outlives its SIGKILL by more.
constexpr int kReapWaitMs = 100;

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

struct ChildSetup {
  std::string file;
  std::vector<char*> argv;
  std::vector<char*> shell_argv;  // for a script without `#!`, as execvp(3) does
  std::vector<char*> environment;
  int output;
  int exec_error;
  pid_t parent;
};

void become_ordinary(const ChildSetup& setup) {
  ::setpgid(0, 0);
  // Should the parent die, its scripts must not run on unwatched.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != setup.parent) ::_exit(127);
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    ::sigaction(number, &standard, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null > 0) ::dup2(null, STDIN_FILENO);
  ::dup2(setup.output, STDOUT_FILENO);
  ::dup2(setup.output, STDERR_FILENO);
  // A descriptor that some library opened without O_CLOEXEC is not the script's.
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  if (::chdir("/") < 0) ::_exit(127);
}

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void execute(const ChildSetup& setup) {
  become_ordinary(setup);
  ::execve(setup.file.c_str(), setup.argv.data(), setup.environment.data());
  int reason = errno;
  if (reason == ENOEXEC) {
    // Every shell calls an empty file a success; here it is one that is just being written.
    struct stat status{};
    if (::stat(setup.file.c_str(), &status) == 0 && status.st_size == 0) {
      reason = ENODATA;
    } else {
      ::execve("/bin/sh", setup.shell_argv.data(), setup.environment.data());
      reason = errno;
    }
  }
  [[maybe_unused]] const ssize_t written = ::write(setup.exec_error, &reason, sizeof reason);
  ::_exit(127);
}

// Above the standard descriptors, which the child replaces.
Result<UniqueFd> above_standard(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved) return system_failure("duplicate a pipe");
  return moved;
}

Result<void> make_pipe(UniqueFd& reading, UniqueFd& writing) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return system_failure("pipe");
  reading.reset(ends[0]);
  auto moved = above_standard(UniqueFd(ends[1]));
  if (!moved) return std::unexpected(moved.error());
  writing = std::move(*moved);
  ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
  return {};
}

// To kill(2), -1 is everybody and 0 our own group: never a script of ours.
void signal_group(pid_t leader, int signal_number) {
  if (leader > 1) ::kill(-leader, signal_number);
}

void signal_leader(pid_t leader, int signal_number) {
  if (leader > 1) ::kill(leader, signal_number);
}

bool has_ended(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

void reap_soon(pid_t pid) {
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd waiting{handle.get(), POLLIN, 0};
  ::poll(&waiting, 1, kReapWaitMs);
  ::waitpid(pid, nullptr, WNOHANG);
}

}  // namespace

Result<ScriptPipes> make_script_pipes() {
  ScriptPipes pipes;
  auto made = make_pipe(pipes.reading.output, pipes.writing.output);
  if (made) made = make_pipe(pipes.reading.exec_error, pipes.writing.exec_error);
  if (!made) return std::unexpected(made.error());
  return pipes;
}

Result<pid_t> start_script(const ScriptCommand& command, const ScriptWriters& writers,
                           ScriptParent parent) {
  if (command.argv.empty()) return failure("an empty command");
  auto file = find_command(command.argv[0]);
  if (!file) return std::unexpected(file.error());

  // Everything that allocates is made before the fork.
  std::vector<std::string> environment = command.environment;
  if (environment.empty()) environment = {fmt::format("PATH={}", kScriptPath), "HOME=/"};
  std::vector<std::string> shell_words{"/bin/sh", *file};
  shell_words.insert(shell_words.end(), command.argv.begin() + 1, command.argv.end());
  const bool own = parent == ScriptParent::kCaller;
  const ChildSetup setup{.file = std::move(*file),
                         .argv = pointers(command.argv),
                         .shell_argv = pointers(shell_words),
                         .environment = pointers(environment),
                         .output = writers.output.get(),
                         .exec_error = writers.exec_error.get(),
                         .parent = own ? ::getpid() : ::getppid()};
  const auto pid = own ? ::fork()
                       : static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr,
                                                      nullptr, nullptr, nullptr));
  if (pid < 0) return system_failure("fork");
  if (pid == 0) execute(setup);
  ::setpgid(pid, pid);  // also here: whichever of the two comes first
  return pid;
}

Result<SpawnedScript> spawn_script(const ScriptCommand& command) {
  auto pipes = make_script_pipes();
  if (!pipes) return std::unexpected(pipes.error());
  const auto pid = start_script(command, pipes->writing, ScriptParent::kCaller);
  if (!pid) return std::unexpected(pid.error());
  pipes->reading.pid = *pid;
  return std::move(pipes->reading);
}

struct ScriptRun::State {
  ScriptCommand command;
  ScriptOptions options;
  Done done;
  SpawnedScript script;
  Source output_source;
  Source child_source;
  Timer failed_start;
  Timer limit;
  bool timed_out = false;
  ScriptOutcome outcome;

  void kill_group(int signal_number) const { signal_group(script.pid, signal_number); }

  void read_output() {
    std::array<char, 4096> buffer{};
    for (int turn = 0; turn < kReadsPerTurn; ++turn) {
      const ssize_t size = ::read(script.output.get(), buffer.data(), buffer.size());
      if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (size <= 0) return output_source.reset();
      const size_t room = options.output_bytes_max - outcome.output.size();
      outcome.output.append(buffer.data(), std::min(room, static_cast<size_t>(size)));
    }
  }

  void describe_limit() {
    outcome.kind = ScriptOutcome::Kind::kTimedOut;
    outcome.reason = fmt::format("no result within {:g} s",
                                 std::chrono::duration<double>(options.timeout).count());
  }

  void on_limit() {
    if (timed_out) {
      // The leader too: it may have moved itself to another group.
      signal_leader(script.pid, SIGKILL);
      return kill_group(SIGKILL);
    }
    // After a stall of ours both may be due: then the script was in time.
    if (has_ended(script.pid)) return;
    timed_out = true;
    if (output_source) read_output();
    kill_group(SIGTERM);
    limit.arm_after(kKillGrace);
    describe_limit();
    if (!options.at_limit) return;
    const auto callback = std::move(options.at_limit);
    const ScriptOutcome result = outcome;
    callback(result);
  }

  void describe_end(const siginfo_t& info) {
    int exec_errno = 0;
    if (::read(script.exec_error.get(), &exec_errno, sizeof exec_errno) == sizeof exec_errno) {
      outcome.kind = ScriptOutcome::Kind::kNotStarted;
      const std::string& name = command.argv[0];
      outcome.reason = explain_exec_error(find_command(name).value_or(name), exec_errno);
    } else if (timed_out) {
      describe_limit();
    } else if (info.si_code == CLD_EXITED) {
      outcome.kind = ScriptOutcome::Kind::kExited;
      outcome.code = info.si_status;
      outcome.reason = fmt::format("exit status {}", info.si_status);
    } else {
      outcome.kind = ScriptOutcome::Kind::kSignalled;
      outcome.code = info.si_status;
      outcome.reason = fmt::format("killed by signal {}", info.si_status);
    }
  }

  void on_end(const siginfo_t& info) {
    limit.disarm();
    if (output_source) read_output();
    output_source.reset();
    // The leader is not reaped before this callback returns, so its group's number is still ours.
    if (timed_out || options.kill_leftovers) kill_group(SIGKILL);
    describe_end(info);
    script = SpawnedScript{};
    report();
  }

  // The owner may destroy this run from inside the call.
  void report() {
    const Done callback = std::move(done);
    const ScriptOutcome result = std::move(outcome);
    callback(result);
  }
};

ScriptRun::ScriptRun(EventLoop& loop, const ScriptCommand& command, ScriptOptions options,
                     Done done, const Spawner& spawner)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.command = command;
  state.options = std::move(options);
  state.done = std::move(done);
  auto spawned = spawner(command);
  if (!spawned) {
    state.outcome.reason = spawned.error().text;
    state.failed_start = loop.add_timer([&state] { state.report(); });
    state.failed_start.arm(TimePoint{});
    return;
  }
  state.script = std::move(*spawned);
  state.output_source =
      loop.add_io(state.script.output.get(), EPOLLIN, [&state] { state.read_output(); });
  state.child_source =
      loop.add_child(state.script.pid, [&state](const siginfo_t& info) { state.on_end(info); });
  state.limit = loop.add_timer([&state] { state.on_limit(); });
  if (state.options.timeout.count() > 0) state.limit.arm_after(state.options.timeout);
}

ScriptRun::~ScriptRun() {
  const pid_t pid = state_->script.pid;
  if (pid <= 0) return;
  state_->kill_group(SIGKILL);
  signal_leader(pid, SIGKILL);
  state_->child_source.reset();
  reap_soon(pid);
}

pid_t ScriptRun::pid() const {
  return state_->script.pid;
}

}  // namespace holdfast
