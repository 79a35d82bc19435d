#include "cli/run/child.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "cli/run/messages.h"

namespace holdfast::cli {
namespace {

constexpr int kFirstPassedFd = 3;  // SD_LISTEN_FDS_START
constexpr int kExitNotStarted = 125;
// What the helper records of a takeover of thousands, before the launcher gets to it.
constexpr int kLogBytes = 1 << 20;

// Standard error is the log by now: one line, then the end.
[[noreturn]] void give_up(const char* what) {
  const int saved = errno;
  const std::string line = fmt::format("cannot start: {}: {}\n", what, error_text(saved));
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(kExitNotStarted);
}

// Descriptors 3, 4, 5 in the order of the plan. Copied out of the way first, so that no copy lands
// on a source that is still needed.
void place_descriptors(const ChildPlan& plan, int log) {
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::vector<int> lifted;
  for (const auto& [name, fd] : plan.sockets) lifted.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, 64));
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(log, STDOUT_FILENO) < 0 ||
      ::dup2(log, STDERR_FILENO) < 0) {
    ::_exit(kExitNotStarted);
  }
  int target = kFirstPassedFd;
  for (const int fd : lifted) {
    if (fd < 0 || ::dup2(fd, target++) < 0) give_up("pass a socket");
  }
}

// Inheritable before the bounding set is emptied (capset(2) allows only what is in it), the user
// after, ambient last: ambient capabilities survive exec whatever the bounding set says.
void become(const ChildPlan& plan) {
  if (plan.keeps_rights) return;
  if (capng_get_caps_process() != 0) give_up("read its capabilities");
  for (const int capability : plan.capabilities) {
    capng_update(CAPNG_ADD, CAPNG_INHERITABLE, static_cast<unsigned>(capability));
  }
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) give_up("raise the inheritable capabilities");
  if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0) {
    for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
  }
  if (plan.change_user) {
    ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (::setgroups(plan.groups.size(), plan.groups.data()) < 0) {
      give_up("set the supplementary groups");
    }
    if (::setresgid(plan.id.gid, plan.id.gid, plan.id.gid) < 0) give_up("change the group");
    if (::setresuid(plan.id.uid, plan.id.uid, plan.id.uid) < 0) give_up("change the user");
  }
  capng_clear(CAPNG_SELECT_CAPS);
  for (const int capability : plan.capabilities) {
    for (const auto set : {CAPNG_EFFECTIVE, CAPNG_PERMITTED, CAPNG_INHERITABLE}) {
      capng_update(CAPNG_ADD, set, static_cast<unsigned>(capability));
    }
  }
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) give_up("keep its capabilities");
  for (const int capability : plan.capabilities) {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) {
      give_up("raise its ambient capabilities");
    }
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) give_up("no_new_privs");
}

// Lowest of its class: it goes before all that merely computes, and nothing else. What spins in it
// for longer than any work takes is ended by the kernel.
void ask_for_real_time() {
  constexpr rlim_t kSpinningUs = 3'000'000;
  const rlimit spinning{kSpinningUs, kSpinningUs};
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_RTTIME, &spinning);
  ::setrlimit(RLIMIT_MEMLOCK, &unlimited);  // refused: it says so itself
  const sched_param lowest{.sched_priority = 1};
  if (::sched_setscheduler(0, SCHED_RR, &lowest) == 0) return;
  log_line<kNotRealTime>(error_text(errno));
}

[[noreturn]] void execute(const ChildPlan& plan, int log) {
  // A terminal's Ctrl-C is for the launcher, which stops the four in their order.
  ::setsid();
  for (int number = 1; number < NSIG; ++number) static_cast<void>(::signal(number, SIG_DFL));
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  place_descriptors(plan, log);
  // Found while we may search every directory: it may lie in a home that is closed to its user.
  const int program = ::open(plan.executable.c_str(), O_PATH | O_CLOEXEC);
  if (program < 0) give_up(plan.executable.c_str());
  if (plan.own_network_namespace && ::unshare(CLONE_NEWNET) < 0) {
    give_up("make an empty network namespace");
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (plan.has_deadlines) ask_for_real_time();
  become(plan);
  // After the change of user, which would clear it. Our end must not leave them unwatched.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);

  std::vector<std::string> environment;
  for (const auto& [name, value] : plan.environment) {
    environment.push_back(fmt::format("{}={}", name, value));
  }
  std::string names;
  for (const auto& [name, fd] : plan.sockets) {
    if (!names.empty()) names += ':';
    names += name;
  }
  if (!plan.sockets.empty()) {
    environment.push_back(fmt::format("LISTEN_PID={}", ::getpid()));
    environment.push_back(fmt::format("LISTEN_FDS={}", plan.sockets.size()));
    environment.push_back("LISTEN_FDNAMES=" + names);
  }
  std::vector<char*> argv{const_cast<char*>(plan.executable.c_str())};
  for (const std::string& word : plan.arguments) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (std::string& word : environment) envp.push_back(word.data());
  envp.push_back(nullptr);
  ::execveat(program, "", argv.data(), envp.data(), AT_EMPTY_PATH);
  give_up(plan.executable.c_str());
}

}  // namespace

Result<StartedChild> start_child(const ChildPlan& plan) {
  std::array<int, 2> log{};
  if (::pipe2(log.data(), O_CLOEXEC) < 0) return system_failure("pipe");
  StartedChild result;
  result.log.reset(log[0]);
  const UniqueFd writer(log[1]);
  ::fcntl(log[0], F_SETFL, O_NONBLOCK);
  // The child never waits for a reader of its log (design: nothing blocks engine or helper).
  ::fcntl(log[1], F_SETFL, O_NONBLOCK);
  ::fcntl(log[1], F_SETPIPE_SZ, kLogBytes);  // refused: what does not fit is counted
  result.pid = ::fork();
  if (result.pid < 0) return system_failure("fork");
  if (result.pid == 0) execute(plan, log[1]);
  return result;
}

std::string describe_end(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return fmt::format("exited with status {}", info.si_status);
  return fmt::format("was killed by signal {}", info.si_status);
}

uint64_t unix_ms_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace holdfast::cli
