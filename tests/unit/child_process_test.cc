// Real scripts, real processes. Waits end on events; the only clock is a guard against hanging.
#include "common/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/unit/temporary_directory.h"

namespace holdfast {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Kind = ScriptOutcome::Kind;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

size_t open_descriptors() {
  const std::filesystem::directory_iterator listing("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(listing), end(listing)));
}

bool has_children() {
  return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD;
}

class ScriptTest : public ::testing::Test {
 protected:
  void SetUp() override { descriptors_ = open_descriptors(); }
  // Every test: nothing is left open, nobody is left unreaped.
  void TearDown() override {
    EXPECT_FALSE(has_children());
    EXPECT_EQ(open_descriptors(), descriptors_);
  }

  std::string script(const std::string& content, mode_t mode = 0755) const {
    return directory_.write("script", content, mode);
  }
  std::string shell_script(const std::string& body) const {
    return script("#!/bin/sh\n" + body + "\n");
  }

  ScriptOutcome run(std::vector<std::string> argv, ScriptOptions options = {.timeout = 20s}) {
    EventLoop loop;
    ScriptOutcome result;
    const ScriptRun script(loop, {.argv = std::move(argv), .text = ""}, std::move(options),
                           [&](const ScriptOutcome& outcome) {
                             result = outcome;
                             loop.exit(0);
                           });
    loop.run();
    return result;
  }

  TemporaryDirectory directory_;
  size_t descriptors_ = 0;
};

TEST_F(ScriptTest, SuccessIsExitStatusZero) {
  const auto outcome = run({shell_script("echo fine; exit 0")});
  EXPECT_TRUE(outcome.success());
  EXPECT_EQ(outcome.reason, "exit status 0");
  EXPECT_EQ(outcome.output, "fine\n");
}

TEST_F(ScriptTest, EveryOtherExitStatusIsAFailure) {
  for (const int status : {1, 2, 126, 127, 255}) {
    const auto outcome = run({"/bin/sh", "-c", "exit " + std::to_string(status)});
    EXPECT_FALSE(outcome.success());
    EXPECT_EQ(outcome.kind, Kind::kExited);
    EXPECT_EQ(outcome.code, status);
    EXPECT_EQ(outcome.reason, "exit status " + std::to_string(status));
  }
}

TEST_F(ScriptTest, DeathByASignalIsAFailure) {
  const auto outcome = run({"/bin/sh", "-c", "kill -9 $$"});
  EXPECT_EQ(outcome.kind, Kind::kSignalled);
  EXPECT_EQ(outcome.reason, "killed by signal 9");
  EXPECT_FALSE(outcome.success());
}

TEST_F(ScriptTest, AMissingFileIsNotStarted) {
  const auto outcome = run({directory_.path("nowhere")});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_EQ(outcome.reason, directory_.path("nowhere") + ": no such file");
}

TEST_F(ScriptTest, ANameThatIsInNoPathIsNotStarted) {
  const auto outcome = run({"no-such-command-of-holdfast"});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_THAT(outcome.reason, StartsWith("no-such-command-of-holdfast: no such command in /usr"));
}

TEST_F(ScriptTest, ANameIsLookedUpInTheFixedPathOnly) {
  EXPECT_TRUE(run({"true"}).success());
  EXPECT_EQ(run({"false"}).reason, "exit status 1");
}

TEST_F(ScriptTest, AnEmptyCommandIsNotStarted) {
  EXPECT_EQ(run({}).kind, Kind::kNotStarted);
  EXPECT_EQ(run({""}).kind, Kind::kNotStarted);
}

TEST_F(ScriptTest, AFileThatIsNotExecutableIsNotStarted) {
  const auto outcome = run({script("#!/bin/sh\nexit 0\n", 0644)});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_THAT(outcome.reason, HasSubstr("not executable for user"));
  EXPECT_THAT(outcome.reason, EndsWith("(mode 0644)"));
}

TEST_F(ScriptTest, ADirectoryIsNotStarted) {
  const auto outcome = run({std::filesystem::temp_directory_path()});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_THAT(outcome.reason, EndsWith("not a regular file"));
}

TEST_F(ScriptTest, AMissingInterpreterIsNamed) {
  const auto outcome = run({script("#!/usr/bin/no-such-python -u\n")});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_THAT(outcome.reason, EndsWith("its interpreter `/usr/bin/no-such-python` does not exist"));
}

TEST_F(ScriptTest, AnInterpreterThatIsNotExecutableIsNamed) {
  const auto outcome = run({script("#! /etc/passwd\n")});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_THAT(outcome.reason, HasSubstr("its interpreter `/etc/passwd` is not executable"));
}

TEST_F(ScriptTest, ACarriageReturnInTheFirstLineIsNamed) {
  const auto outcome = run({script("#!/bin/sh\r\nexit 0\r\n")});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_THAT(outcome.reason, HasSubstr("carriage return"));
}

TEST_F(ScriptTest, AnUnknownShellIsNotStarted) {
  const auto outcome = run({"/bin/no-such-shell", "-c", "exit 0"});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_EQ(outcome.reason, "/bin/no-such-shell: no such file");
}

TEST_F(ScriptTest, WithoutAFirstLineTheShellRunsIt) {
  const auto outcome = run({script("echo \"$0 $1\"; exit 3\n"), "argument"});
  EXPECT_EQ(outcome.reason, "exit status 3");
  EXPECT_EQ(outcome.output, directory_.path("script") + " argument\n");
}

TEST_F(ScriptTest, AnEmptyFileIsNoSuccess) {
  const auto outcome = run({script("")});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_THAT(outcome.reason, EndsWith("the file is empty"));
}

TEST_F(ScriptTest, RunsAgainOnceTheFileIsThere) {
  EXPECT_FALSE(run({directory_.path("script")}).success());
  EXPECT_TRUE(run({shell_script("exit 0")}).success());
}

TEST_F(ScriptTest, GetsAnEnvironmentOfItsOwnAndNoDescriptorsOfOurs) {
  const UniqueFd leaked(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, on purpose
  const auto outcome = run({"/bin/sh", "-c", "pwd; env | sort | grep -v ^PWD; ls /proc/self/fd"});
  EXPECT_EQ(outcome.output, std::string("/\nHOME=/\nPATH=") + kScriptPath + "\n0\n1\n2\n3\n");
}

TEST_F(ScriptTest, StandardInputIsEmpty) {
  EXPECT_EQ(run({"/bin/sh", "-c", "cat; echo end"}).output, "end\n");
}

TEST_F(ScriptTest, AHangingScriptIsEndedAtTheLimitAndIsAFailure) {
  bool limit_told = false;
  const auto outcome = run({"/bin/sh", "-c", "echo begun; sleep 1000"},
                           {.timeout = 300ms, .at_limit = [&](const ScriptOutcome& so_far) {
                              limit_told = true;
                              EXPECT_EQ(so_far.kind, Kind::kTimedOut);
                              EXPECT_EQ(so_far.reason, "no result within 0.3 s");
                            }});
  EXPECT_TRUE(limit_told);
  EXPECT_EQ(outcome.kind, Kind::kTimedOut);
  EXPECT_EQ(outcome.reason, "no result within 0.3 s");
}

TEST_F(ScriptTest, ASuccessAfterTheLimitIsStillAFailure) {
  const auto outcome =
      run({"/bin/sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"}, {.timeout = 300ms});
  EXPECT_EQ(outcome.kind, Kind::kTimedOut);
  EXPECT_FALSE(outcome.success());
}

TEST_F(ScriptTest, OneThatIgnoresSigtermIsKilledAndToldBefore) {
  int told = 0;
  const auto outcome = run({"/bin/sh", "-c", "trap '' TERM; while :; do sleep 1000; done"},
                           {.timeout = 200ms, .at_limit = [&](const ScriptOutcome&) { ++told; }});
  EXPECT_EQ(told, 1);
  EXPECT_EQ(outcome.kind, Kind::kTimedOut);
}

TEST_F(ScriptTest, AStallOfOursIsNotTheScriptsFault) {
  EventLoop loop;
  ScriptOutcome result;
  const ScriptRun script(loop, {.argv = {"true"}, .text = ""}, {.timeout = 50ms},
                         [&](const ScriptOutcome& outcome) {
                           result = outcome;
                           loop.exit(0);
                         });
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(script.pid()), &info, WEXITED | WNOWAIT), 0);
  std::this_thread::sleep_for(100ms);
  loop.run();
  EXPECT_TRUE(result.success()) << result.reason;
}

TEST_F(ScriptTest, AFloodOfOutputBlocksNothingAndFillsNothing) {
  const auto outcome = run({"/bin/sh", "-c", "head -c 100000000 /dev/zero; echo x >&2; exit 4"});
  EXPECT_EQ(outcome.reason, "exit status 4");
  EXPECT_EQ(outcome.output, std::string(kOutputBytesMax, '\0'));
}

// The process's number, as the script wrote it.
pid_t number_in(const std::string& path) {
  pid_t pid = 0;
  std::ifstream(path) >> pid;
  return pid;
}

// Gone, or a zombie that somebody else has to reap.
bool ends_soon(pid_t pid) {
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) return errno == ESRCH;
  pollfd waiting{handle.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 10'000) == 1;
}

TEST_F(ScriptTest, AGrandchildThatKeepsThePipeOpenIsKilledWithItsGroup) {
  const std::string note = directory_.path("pid");
  const auto outcome = run({shell_script("sleep 1000 & echo $! >" + note + "; echo done; exit 0")});
  EXPECT_TRUE(outcome.success());
  EXPECT_EQ(outcome.output, "done\n");
  const pid_t grandchild = number_in(note);
  ASSERT_GT(grandchild, 1);
  EXPECT_TRUE(ends_soon(grandchild));
}

TEST_F(ScriptTest, LeftoversLiveOnIfAskedFor) {
  const std::string note = directory_.path("pid");
  const auto outcome = run({shell_script("sleep 1000 & echo $! >" + note)},
                           {.timeout = 20s, .kill_leftovers = false});
  EXPECT_TRUE(outcome.success());
  const pid_t grandchild = number_in(note);
  ASSERT_GT(grandchild, 1);
  EXPECT_EQ(::kill(grandchild, SIGKILL), 0);
}

TEST_F(ScriptTest, DestroyingARunKillsItsGroup) {
  EventLoop loop;
  pid_t pid = 0;
  {
    const ScriptRun script(loop, {.argv = {"sleep", "1000"}, .text = ""}, {.timeout = 20s},
                           [](const ScriptOutcome&) { ADD_FAILURE() << "told after its end"; });
    pid = script.pid();
    ASSERT_GT(pid, 0);
  }
  EXPECT_EQ(::kill(-pid, 0), -1);
}

TEST_F(ScriptTest, MayBeDestroyedByItsOwnCallbacks) {
  for (const bool at_limit : {false, true}) {
    EventLoop loop;
    std::optional<ScriptRun> script;
    const auto destroy = [&](const ScriptOutcome&) {
      script.reset();
      loop.exit(0);
    };
    ScriptOptions options{.timeout = 100ms};
    if (at_limit) options.at_limit = destroy;
    script.emplace(loop, ScriptCommand{.argv = {"sleep", at_limit ? "1000" : "0"}, .text = ""},
                   std::move(options), destroy);
    loop.run();
    EXPECT_FALSE(script.has_value());
  }
}

// A stop that reaches us and our scripts together must not look like scripts that fail.
TEST_F(ScriptTest, ASignalIsHeardBeforeTheEndOfAScriptThatCameFirst) {
  EventLoop loop;
  std::vector<std::string> heard;
  const Source stop = loop.add_signal(SIGUSR1, [&] { heard.emplace_back("signal"); });
  const ScriptRun script(loop, {.argv = {"true"}, .text = ""}, {.timeout = 20s},
                         [&](const ScriptOutcome&) {
                           heard.emplace_back("end");
                           loop.exit(0);
                         });
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(script.pid()), &info, WEXITED | WNOWAIT), 0);
  ASSERT_EQ(::raise(SIGUSR1), 0);
  loop.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"signal", "end"}));
}

TEST_F(ScriptTest, AFailedStartIsToldOnceAndNeverFromTheConstructor) {
  EventLoop loop;
  int told = 0;
  const ScriptRun script(
      loop, {.argv = {"true"}, .text = ""}, {},
      [&](const ScriptOutcome& outcome) {
        ++told;
        EXPECT_EQ(outcome.kind, Kind::kNotStarted);
        EXPECT_EQ(outcome.reason, "fork: no memory");
        loop.exit(0);
      },
      [](const ScriptCommand&) -> Result<SpawnedScript> { return failure("fork: no memory"); });
  EXPECT_EQ(told, 0);
  EXPECT_EQ(script.pid(), 0);
  loop.run();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace holdfast
