// Log lines for operators. Every message stands in a catalogue with a stable id; the catalogues
// are the `messages.h` of each process.
//
// A line goes to standard error in one write(2), never blocking: a line that does not fit into the
// pipe is dropped and counted. Under systemd (JOURNAL_STREAM) it carries the <N> priority prefix.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

enum class Level : uint8_t { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };

struct LogMessage {
  std::string_view id;  // "HFN012", never reused
  Level level;
  std::string_view format;  // fmt syntax
};

namespace log {

// Call once at the start of a process: the name stands in each line.
void open(std::string_view process_name);
void write(const LogMessage& message, std::string_view text);
// Bytes from outside made fit for one line: control characters and bytes outside ASCII become
// \xNN, the rest is cut after `limit` bytes.
std::string printable(std::string_view text, size_t limit = 200);

}  // namespace log

// log_line<kLeaseExpired>(name, seconds): the arguments are checked against the format when
// compiled.
template <const LogMessage& kMessage, class... Args>
void log_line(Args&&... args) {
  constexpr fmt::format_string<Args...> kFormat(kMessage.format);
  log::write(kMessage, fmt::format(kFormat, std::forward<Args>(args)...));
}

}  // namespace holdfast
