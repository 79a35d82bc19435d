#include "common/log.h"

#include <fmt/chrono.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace holdfast::log {
namespace {

// The one piece of process-wide state: standard error itself is one.
struct Sink {
  std::string process = "holdfast";
  bool journal = false;
  uint64_t dropped = 0;
};

Sink& sink() {
  static Sink instance;
  return instance;
}

// By the number of the level, as syslog(3) has them.
constexpr std::array kLevelNames = {"", "", "", "error", "warning", "notice", "info"};

std::string prefix(Level level) {
  const Sink& out = sink();
  if (out.journal) return fmt::format("<{}>", static_cast<int>(level));
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return fmt::format("{:%FT%T}.{:03} {}[{}]: {}: ", fmt::localtime(now.tv_sec),
                     now.tv_nsec / 1'000'000, out.process, getpid(),
                     kLevelNames.at(static_cast<size_t>(level)));
}

}  // namespace

void open(std::string_view process_name) {
  Sink& out = sink();
  out.process = process_name;
  // ps(1) shows it; a program that was executed by descriptor has a number there (execveat(2)).
  ::prctl(PR_SET_NAME, out.process.c_str(), 0, 0, 0);
  // Read once at the start of a process that has one thread.
  out.journal = std::getenv("JOURNAL_STREAM") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

void write(const LogMessage& message, std::string_view text) {
  Sink& out = sink();
  std::string line = fmt::format("{}{} [{}]\n", prefix(message.level), text, message.id);
  if (out.dropped > 0) {
    line.insert(0, fmt::format("{}{} log lines were dropped: standard error is full\n",
                               prefix(Level::kWarning), out.dropped));
  }
  const bool taken = ::write(STDERR_FILENO, line.data(), line.size()) >= 0 || errno != EAGAIN;
  out.dropped = taken ? 0 : out.dropped + 1;
}

std::string printable(std::string_view text, size_t limit) {
  std::string result;
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      result.push_back(c);
    } else {
      result += fmt::format("\\x{:02x}", byte);
    }
  }
  if (text.size() > limit) result += "...";
  return result;
}

}  // namespace holdfast::log
