#include <gmock/gmock.h>

#include "tests/unit/checker_fixture.h"

namespace holdfast::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST_F(CheckerProcessTest, GreetsThenTellsEveryDecidedCheck) {
  configure({{.id = 3, .name = "good", .argv = {"true"}},
             {.id = 4, .name = "bad", .argv = {"exit 7"}, .shell = "/bin/sh"},
             {.id = 5, .name = "slow", .argv = {"sleep", "1000"}}},
            42);
  start();
  ASSERT_TRUE(engine_.accept());
  const auto hello = engine_.receive();
  ASSERT_TRUE(hello && hello->has_hello());
  EXPECT_EQ(hello->hello().protocol_version(), kProtocolVersion);
  EXPECT_EQ(hello->hello().generation(), 42U);
  std::map<uint32_t, wire::Health> told;
  while (told.size() < 2) {
    const auto message = engine_.receive();
    ASSERT_TRUE(message && message->has_health());
    for (const auto& health : message->health().health()) told[health.check_id()] = health;
  }
  EXPECT_EQ(told[3].result(), wire::Health::RESULT_PASSING);
  EXPECT_EQ(told[4].result(), wire::Health::RESULT_FAILING);
  EXPECT_EQ(told[4].cause(), "exit status 7");
  EXPECT_FALSE(told.contains(5)) << "undecided checks are not told";
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, TellsAllAgainToAnEngineThatCameBack) {
  configure({{.argv = {"true"}, .interval_ms = 60'000}});
  start();
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  engine_.hang_up();
  ASSERT_TRUE(engine_.accept());
  const auto first = engine_.receive();
  ASSERT_TRUE(first && first->has_hello());
  EXPECT_TRUE(engine_.passes(1));
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, TellsAllAgainEveryFewSecondsThoughNothingChanges) {
  configure({{.argv = {"true"}, .interval_ms = 60'000}});
  start();
  ASSERT_TRUE(engine_.accept());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(engine_.passes(1));
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, LeavesAnEngineOfAnotherVersionAndTriesAgain) {
  configure({{.argv = {"true"}}});
  start();
  ASSERT_TRUE(engine_.accept(kProtocolVersion + 1));
  while (engine_.receive()) {
  }
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  EXPECT_THAT(log(), HasSubstr("[HFC013]"));
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, TurnsAfterFallAndRiseAndLogsEachTurnOnce) {
  const std::string flag = directory_.path("down");
  configure({{.argv = {"echo looked; [[ -f " + flag + " ]] && exit 1 || exit 0"},
              .shell = "/bin/bash",
              .interval_ms = 50,
              .rise = 2,
              .fall = 3}});
  start();
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  directory_.write("down", "", 0644);
  const auto failing = engine_.wait_for(
      1, [](const auto& health) { return health.result() == wire::Health::RESULT_FAILING; });
  ASSERT_TRUE(failing);
  EXPECT_EQ(failing->consecutive(), 3U);
  std::filesystem::remove(flag);
  const auto passing = engine_.wait_for(
      1, [](const auto& health) { return health.result() == wire::Health::RESULT_PASSING; });
  ASSERT_TRUE(passing);
  EXPECT_EQ(passing->consecutive(), 2U);
  EXPECT_EQ(lines_with("[HFC003]"), 2U);
  EXPECT_EQ(lines_with("[HFC004]"), 1U);
  EXPECT_THAT(log(), HasSubstr("check `chk` FAILS, 3 in a row: exit status 1: \"looked\""));
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, AMissingScriptFailsAndRecoversWhenItAppears) {
  const std::string path = directory_.path("late");
  configure({{.argv = {path}}});
  start();
  ASSERT_TRUE(engine_.accept());
  EXPECT_EQ(engine_.fails(1), path + ": no such file");
  directory_.write("late", "#!/bin/sh\nexit 0\n", 0755);
  EXPECT_TRUE(engine_.passes(1));
  EXPECT_EQ(lines_with("[HFC004]"), 1U) << "the same failure is not logged each run";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  EXPECT_THAT(engine_.fails(1), HasSubstr("not executable"));
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, AHangFailsAtItsLimitAndNoSecondRunIsStarted) {
  const std::string starts = directory_.path("starts");
  configure({{.argv = {"echo x >>" + starts + "; trap '' TERM; while :; do sleep 1000; done"},
              .shell = "/bin/sh",
              .interval_ms = 50,
              .timeout_ms = 400}});
  start();
  ASSERT_TRUE(engine_.accept());
  EXPECT_EQ(engine_.fails(1), "no result within 0.4 s");
  // It ignores SIGTERM, so it lives on for now.
  EXPECT_EQ(file_content(starts), "x\n");
  EXPECT_TRUE(eventually([&] { return file_content(starts) == "x\nx\n"; }));
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, ADaemonThatEscapedIsKilledWhenItsCheckHasEnded) {
  const std::string note = directory_.path("pid");
  const std::string daemonize = "setsid sh -c 'sleep 1000 & echo $! >" + note + "; sleep 1000' & ";
  configure({{.argv = {daemonize + "while [ ! -s " + note + " ]; do sleep 0.01; done; exit 0"},
              .shell = "/bin/sh",
              .interval_ms = 60'000}});
  start();
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  const pid_t daemon = std::stoi(file_content(note));
  EXPECT_TRUE(eventually([&] { return ::kill(daemon, 0) < 0 && errno == ESRCH; }));
  // Killed and reaped: as root, the granted runner is not there either without a check for it.
  EXPECT_TRUE(eventually([&] { return children_of(checker_).empty(); }));
  EXPECT_THAT(log(), HasSubstr("[HFC015]"));
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, AtTheEndNothingOfItRunsOn) {
  const std::string note = directory_.path("pid");
  configure({{.id = 1, .name = "hang", .argv = {"sleep", "1000"}},
             {.id = 2,
              .name = "detached",
              .argv = {"setsid sh -c 'echo $$ >" + note + "; sleep 1000' & sleep 1000"},
              .shell = "/bin/sh"}});
  start();
  ASSERT_TRUE(engine_.accept());
  ASSERT_TRUE(eventually([&] { return file_content(note).ends_with('\n'); }));
  const pid_t detached = std::stoi(file_content(note));
  EXPECT_EQ(::getsid(detached), detached) << "it is out of its script's group";
  EXPECT_EQ(stop(), 0);
  EXPECT_EQ(::kill(detached, 0), -1);
}

TEST_F(CheckerProcessTest, ScriptsThatAreStoppedTogetherWithUsSayNothingAboutHealth) {
  configure({{.argv = {"sleep", "1000"}, .interval_ms = 60'000}});
  start();
  ASSERT_TRUE(engine_.accept());
  ASSERT_TRUE(eventually([&] { return !children_of(checker_).empty(); }));
  const auto children = children_of(checker_);
  // As a service manager stops a control group. Held still, the checker hears of all at once.
  signal_one(checker_, SIGSTOP);
  EXPECT_TRUE(eventually([&] { return status_field(checker_, "State").starts_with("T"); }));
  for (const pid_t child : children) signal_one(child, SIGTERM);
  EXPECT_TRUE(eventually([&] { return status_field(checker_, "State").starts_with("T"); }));
  signal_one(checker_, SIGTERM);
  for (const pid_t child : children) signal_one(child, SIGTERM);
  EXPECT_TRUE(
      eventually([&] { return status_field(children.front(), "State").substr(0, 1) == "Z"; }));
  signal_one(checker_, SIGTERM);
  signal_one(checker_, SIGCONT);
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_EQ(lines_with("[HFC004]"), 0U);
}

TEST_F(CheckerProcessTest, ASigkillOfTheCheckerEndsItsScripts) {
  configure({{.argv = {"sleep", "1000"}}});
  start();
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(eventually([&] { return !children_of(checker_).empty(); }));
  signal_one(checker_, SIGKILL);
  EXPECT_EQ(wait_for_end(), 1000 + SIGKILL);
}

TEST_F(CheckerProcessTest, AReloadKeepsWhatIsUnchangedAndStartsTheRestAnew) {
  const std::string kept = directory_.path("kept");
  const CheckSpec first{.id = 1,
                        .name = "kept",
                        .argv = {"echo x >>" + kept},
                        .shell = "/bin/sh",
                        .interval_ms = 3'600'000};
  configure({first, {.id = 2, .name = "changed", .argv = {"true"}}}, 1);
  start();
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));

  CheckSpec renumbered = first;
  renumbered.id = 7;
  configure({{.id = 1, .name = "changed", .argv = {"false"}}, renumbered}, 2);
  signal_one(checker_, SIGHUP);
  // Ids mean something else now: the engine is greeted with the new generation.
  ASSERT_TRUE(engine_.accept());
  const auto hello = engine_.receive();
  ASSERT_TRUE(hello && hello->has_hello());
  EXPECT_EQ(hello->hello().generation(), 2U);
  bool kept_told = false;
  bool changed_told = false;
  while (!kept_told || !changed_told) {
    const auto message = engine_.receive();
    ASSERT_TRUE(message && message->has_health());
    for (const auto& health : message->health().health()) {
      kept_told |= health.check_id() == 7;
      changed_told |= health.check_id() == 1;
      EXPECT_EQ(health.result(), health.check_id() == 7 ? wire::Health::RESULT_PASSING
                                                        : wire::Health::RESULT_FAILING);
    }
  }
  EXPECT_EQ(file_content(kept), "x\n") << "its schedule went on";
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, ABadConfigurationAtAReloadLeavesTheOldOne) {
  const std::string flag = directory_.path("flag");
  configure({{.argv = {"test", "-e", flag}}});
  start();
  ASSERT_TRUE(engine_.accept());
  EXPECT_EQ(engine_.fails(1), "exit status 1");
  directory_.write("checker.pb", "not a configuration", 0644);
  signal_one(checker_, SIGHUP);
  EXPECT_TRUE(eventually([&] { return lines_with("[HFC007]") == 1; }));
  directory_.write("flag", "", 0644);
  EXPECT_TRUE(engine_.passes(1));
  EXPECT_EQ(stop(), 0);
}

TEST_F(CheckerProcessTest, RefusesToStartWithAnInvalidConfiguration) {
  configure({{.argv = {"true"}, .interval_ms = 0}});
  start();
  EXPECT_EQ(wait_for_end(), 1);
  EXPECT_THAT(log(), HasSubstr("check 1 (`chk`): an interval of zero"));
}

TEST_F(CheckerProcessTest, ManyChecksAtOnceAreAllTold) {
  std::vector<CheckSpec> specs;
  for (uint32_t id = 1; id <= 200; ++id) {
    specs.push_back({.id = id,
                     .name = "chk" + std::to_string(id),
                     .argv = {id % 2 == 0 ? "true" : "false"},
                     .interval_ms = 60'000});
  }
  configure(specs);
  start();
  ASSERT_TRUE(engine_.accept());
  std::map<uint32_t, wire::Health::Result> told;
  while (told.size() < specs.size()) {
    const auto message = engine_.receive();
    ASSERT_TRUE(message);
    for (const auto& health : message->health().health()) {
      told[health.check_id()] = health.result();
    }
  }
  for (const auto& [id, result] : told) {
    EXPECT_EQ(result, id % 2 == 0 ? wire::Health::RESULT_PASSING : wire::Health::RESULT_FAILING);
  }
  EXPECT_EQ(stop(), 0);
}

}  // namespace
}  // namespace holdfast::testing
