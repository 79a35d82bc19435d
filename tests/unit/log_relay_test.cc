#include "cli/run/log_relay.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

namespace holdfast::cli {
namespace {

// What stands on our standard error after these pieces came from a process.
std::string relayed(std::initializer_list<std::string> pieces) {
  std::array<int, 2> from{};
  std::array<int, 2> to{};
  EXPECT_EQ(::pipe2(from.data(), O_CLOEXEC | O_NONBLOCK), 0);
  EXPECT_EQ(::pipe2(to.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const UniqueFd writer(from[1]);
  const UniqueFd reader(to[0]);
  const UniqueFd errors(::dup(STDERR_FILENO));
  ::dup2(to[1], STDERR_FILENO);
  ::close(to[1]);
  {
    EventLoop loop;
    LogRelay relay(loop, UniqueFd(from[0]));
    for (const std::string& piece : pieces) {
      EXPECT_EQ(::write(writer.get(), piece.data(), piece.size()),
                static_cast<ssize_t>(piece.size()));
      relay.drain();
    }
  }
  ::dup2(errors.get(), STDERR_FILENO);
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(reader.get(), buffer.data(), buffer.size());
  return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

TEST(LogRelay, PassesLinesOn) {
  EXPECT_EQ(relayed({"one\n", "two: `Grüße`\tthree\n"}), "one\ntwo: `Grüße`\tthree\n");
}

TEST(LogRelay, LetsNobodyWriteToTheReadersTerminal) {
  EXPECT_EQ(relayed({"\x1b]0;owned\x07\r\x7f\n"}), "?]0;owned???\n");
  // The same in UTF-8 (C1), whole and in two pieces.
  EXPECT_EQ(relayed({"a\xc2\x9b"
                     "b\xc2",
                     "\x9d"
                     "c\n"}),
            "a\xc2?b\xc2?c\n");
}

}  // namespace
}  // namespace holdfast::cli
