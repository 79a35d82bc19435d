#include "checker/stray_reaper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <charconv>
#include <csignal>
#include <string>
#include <utility>

#include "checker/messages.h"
#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast::checker {
namespace {

constexpr std::chrono::seconds kLinesInterval{10};
constexpr int kKillAllRounds = 50;
constexpr int kKillAllRoundMs = 10;

Result<std::set<pid_t>> children() {
  // The list is a thread's; this process has one.
  const UniqueFd fd(::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC));
  if (!fd) return system_failure("/proc/thread-self/children");
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size < 0) return system_failure("/proc/thread-self/children");
    if (size == 0) break;
    text.append(buffer.data(), static_cast<size_t>(size));
  }
  std::set<pid_t> result;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    pid_t pid = 0;
    const auto parsed = std::from_chars(at, end, pid);
    if (parsed.ec == std::errc{} && pid > 1) result.insert(pid);
    at = parsed.ptr + 1;
  }
  return result;
}

bool reap(pid_t pid) {
  return ::waitpid(pid, nullptr, WNOHANG) == pid;
}

}  // namespace

std::vector<pid_t> StrayLedger::due(const std::set<pid_t>& strays, RunsUnderWay runs) {
  std::erase_if(newest_run_when_seen_,
                [&strays](const auto& seen) { return !strays.contains(seen.first); });
  std::vector<pid_t> result;
  for (const pid_t pid : strays) {
    const uint64_t newest = newest_run_when_seen_.try_emplace(pid, runs.newest).first->second;
    // Only a run that was started before the stray showed can have made it.
    if (runs.oldest > newest) result.push_back(pid);
  }
  return result;
}

StrayReaper::StrayReaper(EventLoop& loop, std::function<World()> world)
    : world_(std::move(world)), lines_(kLinesInterval) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sweep_timer_ = loop.add_timer([this] { sweep(); });
  child_signal_ = loop.add_signal(SIGCHLD, [this] { sweep_soon(); });
}

void StrayReaper::sweep_soon() {
  sweep_timer_.arm(TimePoint{});  // one for all that is asked for before it comes
}

void StrayReaper::sweep() {
  auto strays = children();
  if (!strays) {
    if (!std::exchange(unreadable_logged_, true)) log_line<kNoChildrenList>(strays.error().text);
    return;
  }
  const World world = world_();
  std::erase_if(*strays, [&world](pid_t pid) { return world.awaited.contains(pid) || reap(pid); });
  for (const pid_t pid : ledger_.due(*strays, world.runs)) {
    ::kill(pid, SIGKILL);
    if (lines_.admit(BootClock::now())) log_line<kKilledStray>(pid, lines_.suppressed());
  }
}

void StrayReaper::kill_all() {
  // Killing one may bring its own children here, so until none is left.
  for (int round = 0; round < kKillAllRounds; ++round) {
    auto left = children();
    if (!left) return;
    std::erase_if(*left, reap);
    if (left->empty()) return;
    for (const pid_t pid : *left) ::kill(pid, SIGKILL);
    ::poll(nullptr, 0, kKillAllRoundMs);
  }
}

}  // namespace holdfast::checker
