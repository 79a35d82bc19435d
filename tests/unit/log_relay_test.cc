#include "cli/run/log_relay.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::cli {
namespace {

// What stands on our standard error after these pieces came, each from one of two processes.
std::string relayed(const std::vector<std::pair<size_t, std::string>>& pieces) {
  std::array<int, 2> to{};
  EXPECT_EQ(::pipe2(to.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const UniqueFd reader(to[0]);
  const UniqueFd errors(::dup(STDERR_FILENO));
  ::dup2(to[1], STDERR_FILENO);
  ::close(to[1]);
  {
    EventLoop loop;
    std::array<UniqueFd, 2> writers;
    std::array<std::unique_ptr<LogRelay>, 2> relays;
    for (size_t process = 0; process < writers.size(); ++process) {
      std::array<int, 2> from{};
      EXPECT_EQ(::pipe2(from.data(), O_CLOEXEC | O_NONBLOCK), 0);
      relays.at(process) = std::make_unique<LogRelay>(loop, UniqueFd(from[0]));
      writers.at(process).reset(from[1]);
    }
    for (const auto& [process, piece] : pieces) {
      EXPECT_EQ(::write(writers.at(process).get(), piece.data(), piece.size()),
                static_cast<ssize_t>(piece.size()));
      relays.at(process)->drain();
    }
  }
  ::dup2(errors.get(), STDERR_FILENO);
  std::array<char, 16384> buffer{};
  const ssize_t size = ::read(reader.get(), buffer.data(), buffer.size());
  return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

TEST(LogRelay, PassesLinesOn) {
  EXPECT_EQ(relayed({{0, "one\n"}, {0, "two: `Grüße`\tend\n"}}), "one\ntwo: `Grüße`\tend\n");
}

TEST(LogRelay, DoesNotMixTheLinesOfTwoProcesses) {
  EXPECT_EQ(relayed({{0, "half a "}, {1, "whole\nand"}, {0, "line\nrest"}, {1, " more\n"}}),
            "whole\nhalf a line\nand more\nrest");
}

TEST(LogRelay, HoldsALineWithoutAnEndOnlySoLong) {
  const std::string endless(8192, 'x');
  EXPECT_EQ(relayed({{0, endless}, {1, "other\n"}}), endless + "other\n");
}

TEST(LogRelay, LetsNobodyWriteToTheReadersTerminal) {
  EXPECT_EQ(relayed({{0, "\x1b]0;owned\x07\r\x7f\n"}}), "?]0;owned???\n");
  // The same in UTF-8 (C1), whole and in two pieces.
  EXPECT_EQ(relayed({{0,
                      "a\xc2\x9b"
                      "b\xc2"},
                     {0,
                      "\x9d"
                      "c\n"}}),
            "a\xc2?b\xc2?c\n");
}

}  // namespace
}  // namespace holdfast::cli
