// Lints where a golden would be one of many: what is said of which command, and what silences it.
#include "config/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/lint_script_text.h"
#include "config/shell_text.h"
#include "golden_files.h"

namespace holdfast::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string router(const std::string& lines, const std::string& top = "") {
  return fmt::format(
      "{}vrrp_instance a {{\ninterface eth0\nvirtual_router_id 73\n"
      "virtual_ipaddress {{ 192.0.2.10/24 }}\n{}\n}}\n",
      top, lines);
}

std::string check(const std::string& command) {
  return router(
      "track_script {\nchk\n}",
      fmt::format("vrrp_script chk {{\nscript \"{}\"\ntimeout 1\nfall 2\nweight -20\n}}\n",
                  command));
}

// Without the notes about shells and signal 0.
std::vector<std::string> ids_of(const std::string& text) {
  const auto result = compile(text, "x.conf", golden_options());
  std::vector<std::string> ids;
  for (const Diagnostic& one : result.diagnostics.all()) {
    if (one.finding.id != "HF0403" && one.finding.id != "HF0407") ids.emplace_back(one.finding.id);
  }
  return ids;
}

TEST(Lint, LeavesGoodChecksAlone) {
  for (const char* command :
       {"pidof nginx", "killall -0 nginx", "/usr/bin/pgrep -x nginx", "systemctl is-active nginx",
        "[ -f /etc/keepalived/down ] && exit 1 || exit 0", "curl -sf -m 2 http://127.0.0.1/",
        "curl -s -m 2 -o /dev/null -w %{http_code} http://127.0.0.1/ | grep -q 200",
        "ip addr show dev eth0 | grep -q 192.0.2.1", "ps aux | grep [n]ginx",
        "ps -ef | grep nginx | grep -v grep", "/etc/keepalived/good.sh", "ip a",
        "service nginx status", "nc -z 127.0.0.1 80 || exit 1", "pkill -0 nginx",
        "sysctl net.ipv4.ip_forward", "/usr/bin/mysqladmin ping", "pgrep -f nginx"}) {
    EXPECT_THAT(ids_of(check(command)), IsEmpty()) << command;
  }
}

TEST(Lint, NamesWhatNeedsRoot) {
  for (const char* command :
       {"systemctl restart nginx", "service nginx start", "/etc/init.d/nginx restart",
        "pidof nginx || systemctl start nginx", "sudo pidof nginx", "ipvsadm -Ln",
        "ip addr add 192.0.2.1/24 dev eth0", "iptables -L", "/sbin/ifconfig eth0 down",
        "killall nginx", "sysctl -w net.ipv4.ip_forward=1",
        "echo 1 > /proc/sys/net/ipv4/ip_forward", "mount /dev/sdb1 /srv",
        "if ! pidof nginx; then systemctl restart nginx; fi"}) {
    EXPECT_THAT(ids_of(check(command)), ElementsAre("HF0325")) << command;
  }
}

TEST(Lint, KnowsAScriptUserThatIsNotRoot) {
  const std::string text = router("notify \"systemctl start nginx\"");
  EXPECT_THAT(ids_of(text), ElementsAre("HF0325"));
  const auto with_user = compile("global_defs {\nscript_user nobody\n}\n" + text, "x.conf");
  EXPECT_EQ(with_user.report.find("HF0325"), std::string::npos);
  const auto with_root = compile("global_defs {\nscript_user root\n}\n" + text, "x.conf");
  EXPECT_NE(with_root.report.find("HF0325"), std::string::npos);
}

TEST(Lint, KnowsTheUserThatOneCommandNames) {
  const auto report = [](const std::string& text) { return compile(text, "x.conf").report; };
  const auto notify = [&](const std::string& user) {
    return report(router("notify \"systemctl start nginx\" " + user));
  };
  EXPECT_THAT(notify("nobody"), Not(HasSubstr("HF0325")));
  for (const char* root : {"root", "0"}) {
    EXPECT_THAT(notify(root), HasSubstr("runs it as root, as the configuration says"));
    EXPECT_THAT(notify(root), Not(HasSubstr("by default")));
  }
  const auto script = [&](const std::string& user, const std::string& top) {
    return report(router("track_script {\nchk\n}",
                         top + "vrrp_script chk {\nscript \"ipvsadm -Ln\"\n" + user + "\n}\n"));
  };
  EXPECT_THAT(script("", ""), HasSubstr("as root by default"));
  EXPECT_THAT(script("user nobody", ""), Not(HasSubstr("HF0325")));
  const std::string top = "global_defs {\nscript_user nobody\n}\n";
  EXPECT_THAT(script("", top), Not(HasSubstr("HF0325")));
  EXPECT_THAT(script("user root", top), HasSubstr("as root, as the configuration says"));
}

TEST(Lint, AskForTheLetterOfTheRfcByRouter) {
  const std::string top = "global_defs {\nvrrp_strict\n}\n";
  const auto report = [](const std::string& lines, const std::string& above) {
    return compile(router(lines, above), "x.conf").report;
  };
  for (const char* line : {"preempt_delay 5", "unicast_peer {\n192.0.2.1\n}"}) {
    const std::string lines = line;
    EXPECT_THAT(report(lines, ""), Not(HasSubstr("HF0412")));
    EXPECT_THAT(report(lines, top), HasSubstr("vrrp_strict contradicts"));
    EXPECT_THAT(report(lines + "\nstrict_mode off", top), Not(HasSubstr("HF0412")));
    EXPECT_THAT(report(lines + "\nstrict_mode on", ""), HasSubstr("strict_mode contradicts"));
    EXPECT_THAT(report(lines + "\nstrict_mode", ""), HasSubstr("remove strict_mode"));
  }
}

// What a condition leaves out is not there, and what a definition says is.
TEST(Lint, LooksAtStatementsAndNotAtLines) {
  const std::string auth = router("authentication {\nauth_type PASS\nauth_pass x7Kp\n}");
  const auto with = [&](const std::string& line) {
    return ids_of("$WORD=vrrp_strict\n$USER=script_user\nglobal_defs {\n" + line + "\n}\n" + auth);
  };
  EXPECT_THAT(with("@other vrrp_strict"), IsEmpty());
  EXPECT_THAT(with("$WORD"), ElementsAre("HF0109", "HF0412"));
  EXPECT_THAT(with("vrrp_strict"), ElementsAre("HF0109", "HF0412"));
  const std::string text = router("notify \"systemctl start nginx\"");
  const auto needs_root = [&](const std::string& line) {
    const auto ids = ids_of("$USER=script_user\nglobal_defs {\n" + line + "\n}\n" + text);
    return std::ranges::count(ids, "HF0325") == 1;
  };
  EXPECT_TRUE(needs_root("router_id lb1"));
  EXPECT_TRUE(needs_root("@other script_user nobody"));
  EXPECT_FALSE(needs_root("$USER nobody"));
}

TEST(Lint, SeesAGroupOfOne) {
  const auto group = [](const std::string& members) {
    const std::string other =
        "vrrp_instance b {\ninterface eth1\nvirtual_router_id 74\n"
        "virtual_ipaddress { 198.51.100.10/24 }\n}\n";
    return ids_of(router("") + other + "vrrp_sync_group g {\ngroup {\n" + members + "\n}\n}\n");
  };
  EXPECT_THAT(group("a"), ElementsAre("HF0109", "HF0432"));
  EXPECT_THAT(group("a\nb"), ElementsAre("HF0109"));
  EXPECT_THAT(group("a b"), ElementsAre("HF0109"));
}

TEST(Lint, ListsTheCommandsOfAScript) {
  const auto text = read_source("tests/diagnostics/scripts/needs_root.sh");
  std::vector<std::pair<uint32_t, std::string>> found;
  for (const Deed& deed : deeds_of(text)) found.emplace_back(deed.line, deed.program);
  EXPECT_THAT(found,
              ElementsAre(std::pair(5U, "ip"), std::pair(7U, "sysctl"), std::pair(8U, "systemctl"),
                          std::pair(9U, "iptables"), std::pair(15U, "echo")));
}

TEST(SimpleCommands, AreFoundBetweenOperators) {
  const auto commands =
      simple_commands("if A=b timeout 5 x 'a b'; then\n y | z # q\nfi\n$(w \"v\")");
  std::vector<std::string> words;
  for (const auto& one : commands) words.push_back(one.words.front());
  EXPECT_THAT(words, ElementsAre("x", "y", "z", "fi", "w"));
  EXPECT_THAT(commands[0].words, ElementsAre("x", "a b"));
  EXPECT_TRUE(commands[1].piped);
  EXPECT_EQ(commands[2].line, 2U);
  EXPECT_TRUE(commands[4].substituted);
  EXPECT_EQ(commands[4].line, 4U);
}

TEST(Lint, JudgesPasswordsByTheirText) {
  const auto with = [](const std::string& pass) {
    return ids_of(router("authentication {\nauth_type PASS\nauth_pass " + pass + "\n}"));
  };
  for (const char* pass : {"1111", "1234", "aaaa", "PASSWORD", "secret", "12345678"}) {
    EXPECT_THAT(with(pass), ElementsAre("HF0410")) << pass;
  }
  for (const char* pass : {"571f97b2", "k8sVrrp", "1112"})
    EXPECT_THAT(with(pass), IsEmpty()) << pass;
}

TEST(Lint, HasNoOpinionOnWeightsThatMayDo) {
  const auto with = [](int priority, int weight) {
    return ids_of(
        router(fmt::format("priority {}\ntrack_script {{\nchk\n}}", priority),
               fmt::format("vrrp_script chk {{\nscript \"pidof x\"\nweight {}\n}}\n", weight)));
  };
  EXPECT_THAT(with(101, 2), IsEmpty()) << "against 100";
  EXPECT_THAT(with(100, 3), IsEmpty());
  EXPECT_THAT(with(100, 2), ElementsAre("HF0411"));
  EXPECT_THAT(with(101, -1), ElementsAre("HF0411"));
}

// ---- comments that silence

TEST(Allow, HoldsForItsLineTheNextOrTheFile) {
  const std::string bare = "192.0.2.10";
  const auto with = [&](const std::string& before, const std::string& line) {
    return ids_of(before +
                  "vrrp_instance a {\ninterface eth0\nvirtual_router_id 73\n"
                  "virtual_ipaddress {\n" +
                  line + "\n}\n}\n");
  };
  EXPECT_THAT(with("", bare), ElementsAre("HF0401"));
  EXPECT_THAT(with("", bare + " # holdfast: allow HF0401"), IsEmpty());
  EXPECT_THAT(with("", bare + " ! holdfast:allow HF0401"), IsEmpty());
  EXPECT_THAT(with("", "# holdfast: allow HF0401 it is meant\n\n# so\n" + bare), IsEmpty());
  EXPECT_THAT(with("# holdfast: allow HF0401\n", bare), IsEmpty());
  EXPECT_THAT(with("# a\n#holdfast: allow HF0408, HF0401\n", bare), ElementsAre("HF0429"));
  EXPECT_THAT(with("", bare + "\n# holdfast: allow HF0401\n"), ElementsAre("HF0401", "HF0429"));
  EXPECT_THAT(with("", bare + " # holdfast: allow HF0402"), ElementsAre("HF0401", "HF0429"));
  EXPECT_THAT(with("", bare + " # holdfast: is fine"), ElementsAre("HF0401"));
}

TEST(Allow, SilencesWarningsButNoErrors) {
  const auto warning = ids_of(router("nopreempt\nstate MASTER\npriority 100"));
  EXPECT_THAT(warning, ElementsAre("HF0316"));
  EXPECT_THAT(ids_of(router("nopreempt # holdfast: allow HF0316\nstate MASTER\npriority 100")),
              IsEmpty());
  const auto error = compile(router("priority 300 # holdfast: allow HF0204"), "x.conf");
  EXPECT_FALSE(error.ok());
  EXPECT_NE(error.report.find("HF0430"), std::string::npos);
}

// What depends on the host is not there to be silenced elsewhere.
TEST(Allow, IsNotInVainForWhatOnlyThisHostTells) {
  const std::string text = router("notify \"/etc/keepalived/missing.sh\" # holdfast: allow HF0320");
  EXPECT_THAT(ids_of(text), IsEmpty());
  const auto elsewhere = compile(text, "x.conf");
  EXPECT_TRUE(elsewhere.diagnostics.all().empty()) << elsewhere.report;
}

}  // namespace
}  // namespace holdfast::config
