// The `holdfast compile` command as a process: exit statuses, streams, files.
#include <fstream>
#include "holdfast_command.h"

namespace holdfast {
namespace {

class HoldfastCompileTest : public HoldfastCommandTest {
 protected:
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory_), {}));
  }

  static std::string wrong() { return golden("HF0105_stray_brace.conf"); }
};

TEST_F(HoldfastCompileTest, ChecksAndSummarizesWithoutADirectory) {
  const auto outcome = run("compile -c " + seed() + " 2>/dev/null");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output,
            "router myr: VRID 167 on eno16777736, priority 100 (starts as MASTER), "
            "172.18.67.33/16\n"
            "check chk_down: every 1000 ms under /bin/bash: "
            "[[ -f /etc/keepalived/down ]] && exit 1 || exit 0\n"
            "check chk_nginx: every 1000 ms under /bin/sh: "
            "killall -0 nginx && exit 0 || exit 1\n"
            "mail through 127.0.0.1 port 25 to root@localhost\n");
}

TEST_F(HoldfastCompileTest, WritesFourFilesAndSaysNothingOnStandardOutput) {
  const auto outcome =
      run(fmt::format("compile -c {} -o {} 2>/dev/null", seed(), directory_.string()));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(files(), 4U);
  for (const char* name : {"engine.pb", "net.pb", "checker.pb", "notifier.pb"}) {
    EXPECT_EQ(fs::status(directory_ / name).permissions(), fs::perms::owner_read) << name;
  }
}

TEST_F(HoldfastCompileTest, ReadsStandardInput) {
  const auto outcome = run("compile -c - 2>&1 < " + seed());
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("--> <stdin>:15:12"), std::string::npos) << outcome.output;
}

TEST_F(HoldfastCompileTest, LeavesTheOldFilesWhenTheNewTextIsWrong) {
  const std::string output = directory_.string();
  ASSERT_EQ(run(fmt::format("compile -c {} -o {} 2>/dev/null", seed(), output)).status, 0);
  const std::string before = read_source(directory_ / "net.pb");
  const auto outcome = run(fmt::format("compile -c {} -o {} 2>&1", wrong(), output));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(files(), 4U) << "no temporary file stays";
  EXPECT_EQ(read_source(directory_ / "net.pb"), before);
}

TEST_F(HoldfastCompileTest, PrintsDiagnosticsPlainly) {
  const auto outcome = run(fmt::format("compile -c {} 2>&1", wrong()));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.output.starts_with("error[HF0105]: this `}` closes no block\n"));
  EXPECT_EQ(outcome.output.find('\x1b'), std::string::npos);
}

TEST_F(HoldfastCompileTest, PrintsWarningsAndSucceeds) {
  const auto outcome = run("compile -c /dev/null 2>&1");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.output.starts_with("warning[HF0318]: ")) << outcome.output;
}

TEST_F(HoldfastCompileTest, TellsUnreadableInputFromWrongInput) {
  const auto missing = run("compile -c /nowhere/x.conf 2>&1");
  EXPECT_EQ(missing.status, 2);
  EXPECT_EQ(missing.output, "holdfast compile: open /nowhere/x.conf: No such file or directory\n");
  EXPECT_EQ(run(fmt::format("compile -c {} 2>&1", directory_.string())).output,
            fmt::format("holdfast compile: {}: is a directory\n", directory_.string()));
  EXPECT_EQ(run(fmt::format("compile -c {} -o /nowhere 2>&1", seed())).status, 2);
}

// The whole way: confined, from the disk, relative to the including file.
TEST_F(HoldfastCompileTest, IncludesFiles) {
  write("keepalived.conf", "include conf.d/*.conf\n$PRIORITY=77\n@web include sub/a\n");
  write("conf.d/1.conf", "$NAME=one\n");
  write("conf.d/2.conf", "colour\n", fs::perms::owner_all);
  write("sub/a", "vrrp_instance $NAME {\ninclude deep/b\nvirtual_ipaddress {\n10.0.0.1/24\n}\n}\n");
  write("sub/deep/b", "interface ${_ENV NIC}\nvirtual_router_id 5\npriority $PRIORITY\n");
  const std::string file = (directory_ / "keepalived.conf").string();
  const auto outcome = run(fmt::format("compile -i web -c {} 2>/dev/null", file), "NIC=eth7");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "router one: VRID 5 on eth7, priority 77, 10.0.0.1/24\n");
  const auto told = run(fmt::format("compile -i web -c {} 2>&1", file), "NIC=eth7");
  EXPECT_NE(told.output.find("warning[HF0503]: "), std::string::npos) << told.output;
  const auto other = run(fmt::format("compile -i other -c {} 2>&1", file));
  EXPECT_NE(other.output.find("HF0318"), std::string::npos) << "@web is not for it";
}

TEST_F(HoldfastCompileTest, AnIncludedFileIsPartOfTheGeneration) {
  write("keepalived.conf", "include part\n");
  const auto engine = [&](const std::string& part) {
    write("part", part);
    run(fmt::format("compile -c {0}/keepalived.conf -o {0} 2>/dev/null", directory_.string()));
    return read_source(directory_ / "engine.pb");
  };
  const std::string once = engine("vrrp_script a { script /bin/a }\n");
  EXPECT_FALSE(once.empty());
  EXPECT_EQ(engine("# looks otherwise\nvrrp_script a { script /bin/a }\n"), once);
  EXPECT_NE(engine("global_defs { router_id other }\n"), once);
  EXPECT_EQ(engine("vrrp_script a { script /bin/a }\n"), once);
}

TEST_F(HoldfastCompileTest, DoesNotWaitForAFifoOrReadADevice) {
  const std::string fifo = (directory_ / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  write("keepalived.conf", "include fifo\ninclude /dev/zero\ninclude gone\n");
  const auto outcome = run(fmt::format("compile -c {}/keepalived.conf 2>&1", directory_.string()));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("fifo` is not included: it is no regular file"), std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("/dev/zero` is not included"), std::string::npos);
  EXPECT_NE(outcome.output.find("error[HF0501]: there is no file `gone`"), std::string::npos);
}

TEST_F(HoldfastCompileTest, SaysWhyAFileCannotBeRead) {
  write("keepalived.conf", "include loop\n");
  fs::create_symlink("loop", directory_ / "loop");
  const auto outcome = run(fmt::format("compile -c {}/keepalived.conf 2>&1", directory_.string()));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("HF0504"), std::string::npos) << outcome.output;
}

TEST_F(HoldfastCompileTest, ExplainsItsCommandLine) {
  EXPECT_EQ(run("2>&1").status, 2);
  EXPECT_EQ(run("compile 2>&1").status, 2);
  EXPECT_EQ(run(fmt::format("compile -c {} --colour 2>&1", seed())).status, 2);
  const auto owner = run(fmt::format("compile -c {} --owner engine 2>&1", seed()));
  EXPECT_EQ(owner.status, 2);
  EXPECT_TRUE(owner.output.starts_with("holdfast compile: --owner engine: ")) << owner.output;
  const auto engine = run(fmt::format("compile -c {} --engine-user no-such-user 2>&1", seed()));
  EXPECT_EQ(engine.status, 2);
  EXPECT_EQ(engine.output, "holdfast compile: --engine-user: there is no user `no-such-user`\n");
  const auto help = run("compile --help 2>&1");
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.output.find("Exit status: 0"), std::string::npos);
}

TEST_F(HoldfastCompileTest, ChecksSeveralFilesAsOneCluster) {
  const std::string second = (source_tree() / "tests/seed-cluster/node2.conf").string();
  const Outcome both = run(fmt::format("check {} {}", seed(), second));
  EXPECT_EQ(both.status, 0) << both.output;
  EXPECT_NE(both.output.find("warning[HF0611]"), std::string::npos) << both.output;
  EXPECT_EQ(run(fmt::format("check --strict {} {}", seed(), second)).status, 1);
  EXPECT_EQ(run("check " + seed()).output.find("HF06"), std::string::npos);
}

TEST_F(HoldfastCompileTest, LooksAtTheFilesOfCommands) {
  const fs::path script = directory_ / "check.sh";
  std::ofstream(script) << "#!/bin/sh\nsystemctl restart nginx\n";
  std::ofstream(directory_ / "x.conf") << fmt::format(
      "vrrp_instance a {{\ninterface eth0\nvirtual_router_id 73\nnotify {}\n"
      "virtual_ipaddress {{\n192.0.2.10/24\n}}\n}}\n",
      script.string());
  const std::string check = "check " + (directory_ / "x.conf").string();
  EXPECT_NE(run(check).output.find("HF0321"), std::string::npos);
  fs::permissions(directory_, fs::perms(0755));
  fs::permissions(script, fs::perms(0755));
  EXPECT_NE(run(check).output.find("HF0325"), std::string::npos) << run(check).output;
  fs::remove(script);
  EXPECT_NE(run(check).output.find("HF0320"), std::string::npos);
}

}  // namespace
}  // namespace holdfast
