// As whom scripts run, and what that leaves in which file.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/child_process.h"
#include "config/compile.h"
#include "golden_files.h"

namespace holdfast::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string text(const std::string& global, const std::string& script, const std::string& notify) {
  return fmt::format(
      "global_defs {{\n{}\n}}\nvrrp_script chk {{\nscript \"/bin/check now\"\ntimeout 3\nfall 2\n"
      "weight -20\n{}\n}}\n"
      "vrrp_instance \"a b\" {{\ninterface eth0\nvirtual_router_id 7\n"
      "virtual_ipaddress {{ 192.0.2.1/24 }}\ntrack_script {{ chk }}\n{}\n}}\n",
      global, script, notify);
}

CompileResult compile_text(const std::string& configuration,
                           ScriptUsers users = ScriptUsers::kNamed) {
  CompileOptions options = golden_options();
  options.stat_file = nullptr;
  options.script_users = users;
  return compile(configuration, "x.conf", options);
}

std::vector<std::string> ids_of(const CompileResult& result) {
  std::vector<std::string> ids;
  for (const Diagnostic& one : result.diagnostics.all()) ids.emplace_back(one.finding.id);
  return ids;
}

TEST(ScriptUsers, HaveTheirScriptsInAFileOfTheirOwn) {
  const auto result = compile_text(
      text("", "user app", "notify_master \"/bin/m\" nobody\nnotify \"/bin/n x\" app"));
  ASSERT_THAT(ids_of(result), IsEmpty()) << result.report;
  ASSERT_EQ(result.runners.size(), 2U);
  const RunnerFile& app = result.runners.at("app");
  EXPECT_EQ(app.uid, 1000U);
  EXPECT_EQ(app.config.user(), "app");
  EXPECT_EQ(app.config.generation(), result.engine.generation());
  EXPECT_THAT(app.config.environment(), ElementsAre(fmt::format("PATH={}", kScriptPath),
                                                    "HOME=/home/app", "USER=app", "LOGNAME=app"));
  ASSERT_EQ(app.config.scripts_size(), 2);
  const auto& check = app.config.scripts(0);
  EXPECT_EQ(check.asker(), compiled::RunnerScript::ASKER_CHECKER);
  EXPECT_THAT(check.command().exec().argv(), ElementsAre("/bin/check", "now"));
  EXPECT_EQ(check.timeout_ms(), 3000U);
  EXPECT_EQ(check.router_name(), "");
  const auto& notify = app.config.scripts(1);
  EXPECT_EQ(notify.asker(), compiled::RunnerScript::ASKER_NOTIFIER);
  EXPECT_EQ(notify.router_name(), "a b");
  EXPECT_EQ(result.runners.at("nobody").config.scripts(0).router_name(), "")
      << "notify_master gets no arguments";

  // The askers have the id, and of the command what is for messages.
  const auto& asked = result.checker.scripts(0).command();
  EXPECT_EQ(asked.remote().user(), "app");
  EXPECT_EQ(asked.remote().script_id(), check.id());
  EXPECT_EQ(asked.text(), "/bin/check now");
  EXPECT_EQ(result.notifier.routers(0).notify().remote().script_id(), notify.id());
  EXPECT_EQ(result.notifier.routers(0).notify_master().remote().user(), "nobody");
}

TEST(ScriptUsers, AreTheGlobalOneWhereAScriptNamesNone) {
  const auto result =
      compile_text(text("script_user app", "user nobody nogroup", "notify \"/bin/n\""));
  ASSERT_THAT(ids_of(result), IsEmpty()) << result.report;
  EXPECT_EQ(result.checker.scripts(0).command().remote().user(), "nobody");
  EXPECT_EQ(result.notifier.routers(0).notify().remote().user(), "app");
  const auto behind = compile_text(text("", "", ""));
  EXPECT_THAT(behind.runners, IsEmpty());
  EXPECT_TRUE(behind.checker.scripts(0).command().has_exec());
}

TEST(ScriptUsers, ChangeTheFingerprint) {
  const auto one = compile_text(text("script_user app", "", ""));
  const auto other = compile_text(text("script_user nobody", "", ""));
  EXPECT_NE(one.engine.generation(), other.engine.generation());
  EXPECT_EQ(one.engine.generation(),
            compile_text(text("script_user app", "", "")).engine.generation());
}

TEST(ScriptUsers, AreRootOnlyWhereThatIsEnabled) {
  for (const char* root : {"root", "toor"}) {  // of uid 0 both
    const std::string configuration = text(fmt::format("script_user {}", root), "", "");
    const auto closed = compile_text(configuration);
    EXPECT_THAT(ids_of(closed), ElementsAre("HF0341")) << closed.report;
    EXPECT_THAT(closed.runners, IsEmpty());
    EXPECT_TRUE(closed.checker.scripts(0).command().has_exec());
    const auto open = compile_text(configuration, ScriptUsers::kAll);
    EXPECT_THAT(ids_of(open), IsEmpty()) << open.report;
    EXPECT_EQ(open.checker.scripts(0).command().remote().user(), "root");
    EXPECT_EQ(open.runners.at("root").uid, 0U);
  }
}

TEST(ScriptUsers, ThatCannotBeAreToldAndTheServicesOwnRunsTheScript) {
  for (const char* user : {"nosuchuser", "1000", "a.b"}) {
    const auto result = compile_text(text(fmt::format("script_user {}", user), "", ""));
    EXPECT_THAT(ids_of(result), ElementsAre("HF0340")) << user << result.report;
    EXPECT_THAT(result.runners, IsEmpty());
    EXPECT_TRUE(result.checker.scripts(0).command().has_exec());
  }
  const auto none = compile_text(text("script_user app", "", ""), ScriptUsers::kNone);
  EXPECT_THAT(ids_of(none), ElementsAre("HF0340"));
  EXPECT_THAT(none.runners, IsEmpty());
}

TEST(ScriptUsers, AreNeverOursAndNotTooMany) {
  EXPECT_THAT(ids_of(compile_text(text("script_user holdfast-net", "", ""))),
              ElementsAre("HF0343"));
  std::string scripts;
  for (size_t i = 0; i <= kRunnersMax; ++i) {
    scripts += fmt::format("vrrp_script s{0} {{\nscript /bin/s{0}\nuser u{0}\n}}\n", i);
  }
  CompileOptions options;
  const auto result = compile(scripts + text("", "", ""), "x.conf", options);
  EXPECT_THAT(ids_of(result), testing::Contains("HF0343").Times(1));
  EXPECT_FALSE(result.ok());
}

TEST(ScriptUsers, HaveTheirOwnGroups) {
  EXPECT_THAT(ids_of(compile_text(text("script_user app app", "", ""))), IsEmpty());
  for (const char* group : {"www-data", "nogroup", "nosuchgroup"}) {
    const auto result = compile_text(text(fmt::format("script_user app {}", group), "", ""));
    EXPECT_THAT(ids_of(result), ElementsAre("HF0342")) << group << result.report;
    EXPECT_EQ(result.runners.size(), 1U);
  }
}

// CAP_KILL is the checker's to hand on, to what runs as itself.
TEST(ScriptUsers, GetNoGrantOfSignalZero) {
  std::string configuration = text("script_user app", "", "");
  configuration.replace(configuration.find("/bin/check now"), 14, "killall -0 nginx");
  const auto result = compile_text(configuration);
  EXPECT_FALSE(result.checker.scripts(0).signal_zero());
  EXPECT_THAT(ids_of(result), IsEmpty());
}

// What only root may do is nobody's surprise where keepalived ran it as that user, too.
TEST(ScriptUsers, DecideWhoMayRunAFile) {
  const auto ids = [](const std::string& user) {
    CompileOptions options = golden_options();
    options.stat_file = [](const std::string& path) {
      FileStatus status{.kind = FileStatus::Kind::kDirectory, .mode = 0755};
      if (path != "/bin/check") return status;
      return FileStatus{
          .kind = FileStatus::Kind::kRegular, .mode = 0750, .owner = 1000, .group = 33};
    };
    return ids_of(compile(text(user, "", ""), "x.conf", options));
  };
  EXPECT_THAT(ids("script_user app"), IsEmpty());
  EXPECT_THAT(ids("script_user www"), IsEmpty()) << "by its group";
  EXPECT_THAT(ids("script_user nobody"), ElementsAre("HF0322"));
}

}  // namespace
}  // namespace holdfast::config
