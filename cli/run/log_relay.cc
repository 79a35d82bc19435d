#include "cli/run/log_relay.h"

#include <unistd.h>

#include <array>
#include <span>
#include <utility>

namespace holdfast::cli {
namespace {

// What a terminal takes for a command: C0 but for the line's end and tabs, DEL, and C1 in UTF-8.
bool is_control(char before, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  if (value < 0x20) return byte != '\n' && byte != '\t';
  return value == 0x7f || (before == '\xc2' && value >= 0x80 && value < 0xa0);
}

}  // namespace

LogRelay::LogRelay(EventLoop& loop, UniqueFd fd) : fd_(std::move(fd)) {
  source_ = loop.add_io(fd_.get(), EPOLLIN, [this] { relay_once(); });
}

LogRelay::~LogRelay() {
  pass_on(begun_.size());
}

bool LogRelay::relay_once() {
  std::array<char, 8192> buffer{};
  const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
  if (size == 0) source_.reset();
  if (size <= 0) return false;
  for (char& byte : std::span(buffer).first(static_cast<size_t>(size))) {
    const bool drops = is_control(last_, byte);
    last_ = byte;
    if (drops) byte = '?';
  }
  begun_.append(buffer.data(), static_cast<size_t>(size));
  // Whole lines, so that those of two processes do not mix; one without an end goes as it is.
  const size_t end = begun_.rfind('\n');
  if (end != std::string::npos) pass_on(end + 1);
  if (begun_.size() >= buffer.size()) pass_on(begun_.size());
  return true;
}

void LogRelay::pass_on(size_t size) {
  // A log that nobody takes is no reason to fail.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, begun_.data(), size);
  begun_.erase(0, size);
}

void LogRelay::drain() {
  for (int turn = 0; turn < 64 && relay_once(); ++turn) continue;
}

}  // namespace holdfast::cli
