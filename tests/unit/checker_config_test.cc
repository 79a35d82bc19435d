#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "checker/check_config.h"

namespace holdfast::checker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using std::chrono_literals::operator""ms;

compiled::CheckerConfig two_checks() {
  compiled::CheckerConfig config;
  config.set_generation(9);
  for (const uint32_t id : {1U, 2U}) {
    compiled::ScriptCheck& check = *config.add_scripts();
    check.set_id(id);
    check.set_name("chk" + std::to_string(id));
    check.set_interval_ms(1000);
    check.set_timeout_ms(500);
    check.set_rise(2);
    check.set_fall(3);
  }
  config.mutable_scripts(0)->mutable_command()->mutable_exec()->add_argv("/bin/true");
  auto& shell = *config.mutable_scripts(1)->mutable_command()->mutable_shell();
  shell.set_interpreter("/bin/bash");
  shell.set_script("[[ -f /x ]]");
  config.mutable_scripts(1)->set_signal_zero(true);
  return config;
}

TEST(CheckConfig, TakesBothFormsOfACommand) {
  const auto setup = setup_from(two_checks());
  ASSERT_TRUE(setup) << setup.error().text;
  EXPECT_EQ(setup->generation, 9U);
  ASSERT_EQ(setup->checks.size(), 2U);
  EXPECT_THAT(setup->checks[0].command.argv, ElementsAre("/bin/true"));
  EXPECT_THAT(setup->checks[1].command.argv, ElementsAre("/bin/bash", "-c", "[[ -f /x ]]"));
  EXPECT_EQ(setup->checks[0].interval, 1000ms);
  EXPECT_EQ(setup->checks[0].timeout, 500ms);
  EXPECT_EQ(setup->checks[0].thresholds.rise, 2U);
  EXPECT_EQ(setup->checks[0].thresholds.fall, 3U);
  EXPECT_FALSE(setup->checks[0].signal_zero);
  EXPECT_TRUE(setup->checks[1].signal_zero);
}

TEST(CheckConfig, RefusesTheWholeFileForOneBadCheckAndNamesIt) {
  struct Case {
    std::function<void(compiled::ScriptCheck&)> damage;
    std::string reason;
  };
  const std::vector<Case> cases{
      {[](auto& check) { check.set_id(0); }, "id 0"},
      {[](auto& check) { check.set_id(1); }, "its id is not unique"},
      {[](auto& check) { check.set_name("chk1"); }, "its name is not unique"},
      {[](auto& check) { check.clear_name(); }, "no name"},
      {[](auto& check) { check.set_interval_ms(0); }, "an interval of zero"},
      {[](auto& check) { check.set_timeout_ms(0); }, "a timeout of zero"},
      {[](auto& check) { check.set_rise(0); }, "rise or fall of zero"},
      {[](auto& check) { check.set_fall(0); }, "rise or fall of zero"},
      {[](auto& check) { check.clear_command(); }, "no command"},
      {[](auto& check) { check.mutable_command()->mutable_exec(); }, "no command"},
      {[](auto& check) { check.mutable_command()->mutable_exec()->add_argv(""); }, "no command"},
      {[](auto& check) {
         check.mutable_command()->mutable_shell()->set_script(std::string("a\0b", 3));
       },
       "a zero byte in the command"},
  };
  for (const Case& one : cases) {
    compiled::CheckerConfig config = two_checks();
    one.damage(*config.mutable_scripts(1));
    const auto setup = setup_from(config);
    ASSERT_FALSE(setup) << one.reason;
    EXPECT_THAT(setup.error().text, HasSubstr(one.reason));
    EXPECT_THAT(setup.error().text, HasSubstr("holdfast compile"));
  }
}

TEST(CheckConfig, KnowsUnchangedWorkByEverythingButItsId) {
  const auto setup = setup_from(two_checks());
  ASSERT_TRUE(setup);
  const CheckDefinition& one = setup->checks[0];
  CheckDefinition other = one;
  other.id = 99;
  other.command.text = "other words for it";
  EXPECT_TRUE(same_work(one, other));
  const std::vector<std::function<void(CheckDefinition&)>> changes{
      [](auto& check) { check.name = "x"; },
      [](auto& check) { check.command.argv.emplace_back("x"); },
      [](auto& check) { check.interval += 1ms; },
      [](auto& check) { check.timeout += 1ms; },
      [](auto& check) { check.thresholds.rise = 9; },
      [](auto& check) { check.thresholds.fall = 9; },
      [](auto& check) { check.signal_zero = true; },
  };
  for (const auto& change : changes) {
    CheckDefinition changed = one;
    change(changed);
    EXPECT_FALSE(same_work(one, changed));
  }
}

}  // namespace
}  // namespace holdfast::checker
