#include "cli/audit/seccomp_reader.h"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace holdfast::cli::audit {
namespace {

using Clock = std::chrono::steady_clock;
// It runs on until it stops: to wait for that on a busy machine costs it nothing.
constexpr std::chrono::milliseconds kPatience{500};
constexpr std::chrono::microseconds kLook{20};
constexpr size_t kFiltersMax = 64;
constexpr size_t kTotalMax = kFiltersMax * 4096;  // instructions

long trace(int request, pid_t pid, unsigned long address, void* data) {
  // The requests are an enum without this one in some headers, and the address is a number here.
  return ::ptrace(static_cast<__ptrace_request>(request), pid,
                  reinterpret_cast<void*>(address),  // NOLINT(performance-no-int-to-ptr)
                  data);
}

// The signal to hand on: one that was on its way came first, instead of our interruption.
Result<int> wait_stopped(pid_t pid) {
  const auto until = Clock::now() + kPatience;
  while (Clock::now() < until) {
    int status = 0;
    const pid_t changed = ::waitpid(pid, &status, __WALL | WNOHANG);
    if (changed < 0) return system_failure("wait");
    if (changed == 0) {
      std::this_thread::sleep_for(kLook);
      continue;
    }
    if (!WIFSTOPPED(status)) return failure("it has ended");
    return (status >> 16) == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
  }
  return failure("it did not stop in time");
}

Result<std::vector<SeccompProgram>> copy_programs(pid_t pid, unsigned count,
                                                  std::vector<sock_filter>& room) {
  std::vector<SeccompProgram> programs;
  size_t used = 0;
  for (unsigned index = 0; index < count; ++index) {
    const long size = trace(PTRACE_SECCOMP_GET_FILTER, pid, index, nullptr);
    if (size < 0) return system_failure("filter");
    if (used + static_cast<size_t>(size) > room.size()) return failure("its filters are too long");
    sock_filter* at = room.data() + used;
    if (trace(PTRACE_SECCOMP_GET_FILTER, pid, index, at) < 0) return system_failure("filter");
    programs.emplace_back(at, at + size);
    used += static_cast<size_t>(size);
  }
  return programs;
}

Result<std::vector<SeccompProgram>> read_stopped(pid_t pid, unsigned count) {
  std::vector<sock_filter> room(kTotalMax);  // before it stops
  if (trace(PTRACE_SEIZE, pid, 0, nullptr) < 0) return system_failure("trace");
  if (trace(PTRACE_INTERRUPT, pid, 0, nullptr) < 0) return system_failure("interrupt");
  const auto signal = wait_stopped(pid);
  if (!signal) return std::unexpected(signal.error());
  auto programs = copy_programs(pid, count, room);
  const auto number = static_cast<unsigned long>(*signal);
  trace(PTRACE_DETACH, pid, 0, reinterpret_cast<void*>(number));  // NOLINT
  return programs;
}

}  // namespace

Result<std::vector<SeccompProgram>> read_seccomp_programs(pid_t pid, unsigned count) {
  if (count > kFiltersMax) return failure("it has too many filters");
  Result<std::vector<SeccompProgram>> programs;
  // A thread's end lets go of all that it traces, whatever went wrong in it.
  std::thread([&] { programs = read_stopped(pid, count); }).join();
  return programs;
}

}  // namespace holdfast::cli::audit
