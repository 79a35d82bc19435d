// Which shell a script string needs, and whether it sends signal 0.
#include "config/command.h"

#include <gtest/gtest.h>

namespace holdfast::config {
namespace {

using Runner = Command::Runner;
using Argv = std::vector<std::string>;

TEST(ReadCommand, RunsPlainCommandsDirectly) {
  EXPECT_EQ(read_command("/etc/notify.sh master").argv, (Argv{"/etc/notify.sh", "master"}));
  EXPECT_EQ(read_command("grep -q 'x y' \"/a b\"").argv, (Argv{"grep", "-q", "x y", "/a b"}));
  EXPECT_EQ(read_command(R"(echo a\ b)").argv, (Argv{"echo", "a b"}));
  for (const char* text : {"/bin/true", "killall -0 nginx", "grep -q 'a && b|c' /f",
                           "[ -f /etc/down ]", "curl -sf http://localhost/?a=1&b=2 -o /dev/null",
                           R"(echo a\;b)", "grep let source", "test -e /x"}) {
    const Command command = read_command(text);
    EXPECT_EQ(command.runner, Runner::kExec) << text << ": " << command.reason;
    EXPECT_TRUE(command.quotes_match) << text;
    EXPECT_TRUE(command.reason.empty()) << text;
  }
}

TEST(ReadCommand, SeesAnUnmatchedQuote) {
  EXPECT_FALSE(read_command("/bin/check 'it").quotes_match);
}

TEST(ReadCommand, RunsShellWordsUnderSh) {
  for (const char* text : {"killall -0 nginx && exit 0 || exit 1",
                           "a | b",
                           "a; b",
                           "a > /f",
                           "a < /f",
                           "a &",
                           "echo `date`",
                           "echo $(date)",
                           "echo \"$HOME\"",
                           "ls /etc/*.conf",
                           "ls /etc/?",
                           "(a)",
                           "exit 1",
                           "X=1 a",
                           "! pidof nginx",
                           "ls ~/x",
                           "ls /etc/[ab]",
                           "echo $((1 + 1))",
                           "a\nb",
                           "[ a = b ] && exit 1"}) {
    const Command command = read_command(text);
    EXPECT_EQ(command.runner, Runner::kSh) << text << ": " << command.reason;
    EXPECT_FALSE(command.reason.empty()) << text;
    EXPECT_TRUE(command.argv.empty()) << text;
  }
}

TEST(ReadCommand, RunsBashWordsUnderBash) {
  for (const char* text :
       {"[[ -f /etc/keepalived/down ]] && exit 1 || exit 0", "if (( 1 > 0 )); then exit; fi",
        "[[ $a =~ x ]]", "diff <(a) <(b)", "a <<< b", "a &> /dev/null", "a |& b", "echo $'x'",
        "l=(1 2)", "function f { :; }; f", "source /etc/x", "declare -i x", "true && let x=1",
        "[ a == b ] && exit 1", "</dev/tcp/127.0.0.1/80", "cp /etc/{a,b} /tmp"}) {
    const Command command = read_command(text);
    EXPECT_EQ(command.runner, Runner::kBash) << text << ": " << command.reason;
    EXPECT_FALSE(command.reason.empty()) << text;
  }
}

TEST(ReadCommand, KeepsTheAuthorsWords) {
  EXPECT_EQ(read_command("a   &&  b").text, "a   &&  b");
}

bool asks(std::string_view text) {
  return asks_signal_zero(read_command(text), {});
}

TEST(SignalZero, IsSeenInTheWords) {
  for (const char* text :
       {"killall -0 nginx && exit 0 || exit 1", "/usr/bin/killall -0 nginx", "kill -0 1234",
        "kill -0 $(cat /run/x.pid)", "pkill -0 haproxy", "pkill --signal 0 haproxy",
        "pkill --signal=0 x", "killall -s 0 x", "kill -s0 1", "kill -n 0 1",
        "if pkill -q -0 x; then exit 0; fi", "python3 -c 'os.kill(pid, 0)'"}) {
    EXPECT_TRUE(asks(text)) << text;
  }
}

TEST(SignalZero, IsNotSeenElsewhere) {
  for (const char* text : {"pidof nginx", "killall nginx", "kill -9 0", "kill -15 1; head -0 x",
                           "killall -s 9 x", "skilled -0", "echo 0", "os.kill(pid, 9)", ""}) {
    EXPECT_FALSE(asks(text)) << text;
  }
}

TEST(SignalZero, IsSeenInTheFileThatTheCommandNames) {
  std::vector<std::string> asked;
  const ReadScript files = [&](const std::string& path, size_t most) -> std::optional<std::string> {
    EXPECT_EQ(most, kScriptBytesMax);
    asked.push_back(path);
    if (path == "/etc/zero.sh") return "#!/bin/sh\nif ! killall -0 nginx; then\n  exit 1\nfi\n";
    if (path == "/etc/other.sh") return "#!/bin/sh\npidof nginx\n";
    if (path == "/bin/elf") return std::string("\0\nkill -0 1\n", 12);
    return std::nullopt;
  };
  EXPECT_TRUE(asks_signal_zero(read_command("/etc/zero.sh now"), files));
  EXPECT_TRUE(asks_signal_zero(read_command("/bin/bash /etc/zero.sh"), files));
  EXPECT_TRUE(asks_signal_zero(read_command("/etc/zero.sh || exit 1"), files));
  EXPECT_FALSE(asks_signal_zero(read_command("/etc/other.sh"), files));
  EXPECT_FALSE(asks_signal_zero(read_command("/bin/elf"), files));
  EXPECT_FALSE(asks_signal_zero(read_command("/etc/missing.sh"), files));
  asked.clear();
  EXPECT_FALSE(asks_signal_zero(read_command("/a /b /c /d /e /f"), files));
  EXPECT_EQ(asked.size(), 4U) << "the number of files is bounded";
}

}  // namespace
}  // namespace holdfast::config
