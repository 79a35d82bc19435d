// `holdfast check` and `holdfast explain` as processes: exit statuses, streams, forms.
#include <pty.h>
#include <unistd.h>

#include <algorithm>

#include "common/unique_fd.h"
#include "holdfast_command.h"

namespace holdfast {
namespace {

class HoldfastCheckTest : public HoldfastCommandTest {
 protected:
  // On a terminal, with these words in the environment.
  std::string on_a_terminal(const std::string& arguments, const std::string& environment) const {
    int terminal = -1;
    const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (pid == 0) {
      const std::string line =
          fmt::format("env TERM=xterm {} {} {}", environment, program_, arguments);
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
    const UniqueFd owned(terminal);
    std::string output;
    std::array<char, 4096> buffer{};
    // The end is EIO.
    for (ssize_t size = 1; size > 0;) {
      size = ::read(terminal, buffer.data(), buffer.size());
      if (size > 0) output.append(buffer.data(), static_cast<size_t>(size));
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return output;
  }

  static bool coloured(const std::string& output) {
    return output.find("\x1b[1;31merror[HF0105]") != std::string::npos;
  }

  static std::string wrong() { return golden("HF0105_stray_brace.conf"); }
  static std::string warned() { return golden("HF0212_repeated.conf"); }
  static std::string linted() { return golden("HF0401_no_prefix.conf"); }
  static std::string unknown() { return golden("HF0120_unknown_lenient.conf"); }
};

TEST_F(HoldfastCheckTest, SaysOnStandardOutputWhatIsWrong) {
  const auto outcome = run("check " + wrong() + " 2>/dev/null");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.output.starts_with("error[HF0105]: this `}` closes no block\n"));
  EXPECT_EQ(outcome.output.find('\x1b'), std::string::npos);
}

TEST_F(HoldfastCheckTest, GoesOnWithoutVirtualServersUnlessStrict) {
  const std::string file = golden("HF0116_not_balanced.conf");
  EXPECT_EQ(run("check " + file).status, 0);
  EXPECT_EQ(run("check --strict " + file).status, 1);
  EXPECT_EQ(run("compile -c " + file + " 2>&1").status, 0);
}

TEST_F(HoldfastCheckTest, SucceedsUnlessThereIsAnError) {
  const auto seed_outcome = run("check " + seed());
  EXPECT_EQ(seed_outcome.status, 0) << seed_outcome.output;
  EXPECT_EQ(run("check " + warned()).status, 0);
  EXPECT_EQ(run("check " + linted()).status, 0);
}

TEST_F(HoldfastCheckTest, CountsWarningsAndLintsWhenStrict) {
  EXPECT_EQ(run("check --strict " + golden("HF0111_no_effect.conf")).status, 0) << "notes only";
  EXPECT_EQ(run("check --strict " + warned()).status, 1);
  EXPECT_EQ(run("check --strict " + linted()).status, 1);
}

TEST_F(HoldfastCheckTest, ReadsStandardInput) {
  for (const char* name : {"-", "-c -"}) {
    const auto outcome = run(fmt::format("check {} < {}", name, wrong()));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.output.find("--> <stdin>:8:1"), std::string::npos) << outcome.output;
  }
}

TEST_F(HoldfastCheckTest, ChecksSeveralFiles) {
  const auto outcome = run(fmt::format("check {} {}", warned(), wrong()));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("warning[HF0212]"), std::string::npos);
  EXPECT_NE(outcome.output.find("error[HF0105]"), std::string::npos);
}

TEST_F(HoldfastCheckTest, TellsUnreadableFromWrong) {
  const auto missing = run("check /nowhere/x.conf 2>&1");
  EXPECT_EQ(missing.status, 2);
  EXPECT_EQ(missing.output, "holdfast check: open /nowhere/x.conf: No such file or directory\n");
  EXPECT_EQ(run("check 2>&1").status, 2);
  EXPECT_EQ(run("check --format=xml " + seed() + " 2>&1").status, 2);
  EXPECT_EQ(run("check --color=red " + seed() + " 2>&1").status, 2);
}

TEST_F(HoldfastCheckTest, WritesJsonLines) {
  const auto outcome = run("check --format=json " + wrong());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.output.starts_with(R"({"id":"HF0105","severity":"error",)"))
      << outcome.output;
  EXPECT_EQ(std::ranges::count(outcome.output, '\n'), 2);
}

TEST_F(HoldfastCheckTest, ColoursOnATerminalOnly) {
  EXPECT_TRUE(coloured(on_a_terminal("check " + wrong(), "")));
  EXPECT_FALSE(coloured(on_a_terminal("check " + wrong(), "NO_COLOR=1")));
  EXPECT_FALSE(coloured(on_a_terminal("check " + wrong(), "TERM=dumb")));
  EXPECT_FALSE(coloured(on_a_terminal("check --color=never " + wrong(), "")));
  EXPECT_TRUE(coloured(on_a_terminal("check --color=always " + wrong(), "NO_COLOR=1")));
  EXPECT_TRUE(coloured(run("check --color=always " + wrong()).output));
  EXPECT_FALSE(coloured(run("check " + wrong()).output));
}

TEST_F(HoldfastCheckTest, SkipsUnknownKeywordsWhenLenient) {
  for (const char* command : {"check", "compile -c"}) {
    EXPECT_EQ(run(fmt::format("{} {} 2>&1", command, unknown())).status, 1) << command;
    EXPECT_EQ(run(fmt::format("{} {} --lenient 2>&1", command, unknown())).status, 0) << command;
    const auto outcome = run(fmt::format("{} {} 2>&1", command, unknown()), "HOLDFAST_LENIENT=1");
    EXPECT_EQ(outcome.status, 0) << command;
    EXPECT_NE(outcome.output.find("warning[HF0120]"), std::string::npos) << outcome.output;
  }
  EXPECT_EQ(run("check " + unknown(), "HOLDFAST_LENIENT=0").status, 1);
}

// The environment file of the service holds for a comparison with what runs, too.
TEST_F(HoldfastCheckTest, ComparesWhatRunsAsItIsRun) {
  const std::string both = fmt::format("diff {} {} 2>&1", unknown(), unknown());
  EXPECT_EQ(run(both).status, 2);
  EXPECT_EQ(run(both, "HOLDFAST_LENIENT=1").status, 0);
  EXPECT_EQ(run(both + " --lenient").status, 0);
  write("by_id", read_source("tests/seed-cluster/node1.conf") + "@other vrrp_garp_dummy\n");
  const std::string by_id = (directory_ / "by_id").string();
  EXPECT_EQ(run(fmt::format("diff {} {} --config-id one 2>&1", by_id, by_id)).status, 0);
  EXPECT_EQ(run(fmt::format("diff {} {} --config-id other 2>&1", by_id, by_id)).status, 2);
}

TEST_F(HoldfastCheckTest, ExplainsAnId) {
  const auto outcome = run("explain HF0203");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.output.starts_with("# HF0203: ")) << outcome.output;
  const auto unknown_id = run("explain HF9999 2>&1");
  EXPECT_EQ(unknown_id.status, 1);
  EXPECT_EQ(unknown_id.output, "holdfast explain: `HF9999` is no keyword and no id\n");
  EXPECT_EQ(run("explain 2>&1").status, 2);
}

}  // namespace
}  // namespace holdfast
