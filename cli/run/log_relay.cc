#include "cli/run/log_relay.h"

#include <unistd.h>

#include <array>
#include <utility>

namespace holdfast::cli {

LogRelay::LogRelay(EventLoop& loop, UniqueFd fd) : fd_(std::move(fd)) {
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this](uint32_t) { relay_once(); });
}

bool LogRelay::relay_once() {
  std::array<char, 8192> buffer{};
  const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
  if (size == 0) source_.reset();
  if (size <= 0) return false;
  // A log that nobody takes is no reason to fail.
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, buffer.data(), static_cast<size_t>(size));
  return true;
}

void LogRelay::drain() {
  for (int turn = 0; turn < 64 && relay_once(); ++turn) continue;
}

}  // namespace holdfast::cli
