// `holdfast audit`: each deviation that it knows, made up one at a time.
#include <gtest/gtest.h>
#include <linux/capability.h>

#include <algorithm>
#include <functional>

#include "cli/audit/declared.h"
#include "cli/audit/judge.h"
#include "cli/audit/report.h"

namespace holdfast::cli::audit {
namespace {

Process process(Part part, pid_t pid, uint32_t uid, uint64_t capabilities) {
  Process made;
  made.part = part;
  made.pid = pid;
  made.user = std::to_string(uid);
  made.credentials.uids.fill(uid);
  made.credentials.gids.fill(uid);
  made.credentials.capabilities.permitted = capabilities;
  made.credentials.capabilities.effective = capabilities;
  made.credentials.no_new_privs = true;
  made.credentials.seccomp_mode = 2;
  made.credentials.seccomp_filters = part == Part::kRunner ? 2 : 1;
  made.system_calls = 90U;
  made.namespaces =
      Namespaces{{"net", part == Part::kEngine ? "net:[2]" : "net:[1]"}, {"user", "user:[1]"}};
  made.sockets = Sockets{.kinds = {{"unix", 3}}, .listening = {}, .connected = {}};
  made.open_files = 9U;
  made.root = "/";
  made.writable = std::vector<std::string>{"/tmp"};
  return made;
}

SocketFile socket_file(const char* name, uint32_t uid, uint32_t mode) {
  return {.name = name,
          .owner = SocketOwner{.uid = uid,
                               .gid = uid,
                               .mode = mode,
                               .is_socket = true,
                               .user = std::to_string(uid),
                               .group = std::to_string(uid)}};
}

constexpr uint32_t kHelper = 901;
constexpr uint32_t kEngine = 902;
constexpr uint32_t kChecker = 903;
constexpr uint32_t kNotifier = 904;

Snapshot right_suite() {
  Snapshot suite;
  suite.by_launcher = true;
  suite.runtime_directory = "/run/holdfast";
  suite.own_namespaces = {{"net", "net:[1]"}, {"user", "user:[1]"}};
  suite.processes = {process(Part::kNetHelper, 11, kHelper, kNetwork),
                     process(Part::kEngine, 12, kEngine, 0),
                     process(Part::kChecker, 13, kChecker, 0),
                     process(Part::kNotifier, 14, kNotifier, 0),
                     process(Part::kRunner, 15, kChecker, kSignals),
                     process(Part::kLauncher, 10, 0, ~uint64_t{0})};
  suite.processes[4].credentials.capabilities.ambient = kSignals;
  suite.processes[4].credentials.capabilities.inheritable = kSignals;
  suite.sockets = {socket_file("net.sock", kEngine, 0600),
                   socket_file("health.sock", kChecker, 0600),
                   socket_file("events.sock", kEngine, 0600), socket_file("control.sock", 0, 0600),
                   socket_file("notify.checker", kChecker, 0600)};
  suite.policy = std::vector<std::string>{"vrrp-engine may: nothing"};
  return suite;
}

Process& part(Snapshot& suite, Part which) {
  return *std::ranges::find(suite.processes, which, &Process::part);
}

struct Case {
  const char* name;
  std::function<void(Snapshot&)> spoil;
  Deviation expected;
};

std::string text(const Deviation& one) {
  return one.where + ": " + one.what + ": declared " + one.declared + ": actual " + one.actual;
}

class AuditDeviation : public testing::TestWithParam<Case> {};

TEST_P(AuditDeviation, IsTheOneThatIsTold) {
  Snapshot suite = right_suite();
  GetParam().spoil(suite);
  const auto found = judge(suite);
  ASSERT_EQ(found.size(), 1U) << (found.empty() ? "" : text(found[1]));
  EXPECT_EQ(text(found[0]), text(GetParam().expected));
  EXPECT_NE(audit_text(suite, found).find("DEVIATION     " + GetParam().expected.what),
            std::string::npos)
      << audit_text(suite, found);
}

CapabilitySets& sets(Snapshot& suite, Part which) {
  return part(suite, which).credentials.capabilities;
}

const Case kUsers[] = {
    {"Missing",
     [](Snapshot& s) { std::erase_if(s.processes, [](auto& p) { return p.pid == 14; }); },
     {"notifier", "process", "running", "not running"}},
    {"SavedUser",
     [](Snapshot& s) { part(s, Part::kEngine).credentials.uids[2] = 905; },
     {"vrrp-engine", "users", "one", "902 902 905 902"}},
    {"EffectiveGroup",
     [](Snapshot& s) { part(s, Part::kEngine).credentials.gids[1] = 905; },
     {"vrrp-engine", "groups", "one", "902 905 902 902"}},
    {"Root",
     [](Snapshot& s) { part(s, Part::kNotifier).credentials.uids.fill(0); },
     {"notifier", "user", "not root", "0"}},
    {"RootsGroup",
     [](Snapshot& s) { part(s, Part::kNotifier).credentials.gids.fill(0); },
     {"notifier", "group", "not root's", "0"}},
    {"OtherGroups",
     [](Snapshot& s) { part(s, Part::kNotifier).credentials.groups = {904, 4}; },
     {"notifier", "supplementary groups", "none", "4"}},
    {"SharedUser",
     [](Snapshot& s) { part(s, Part::kNotifier).credentials.uids.fill(kHelper); },
     {"notifier", "user", "no other's", "901, as net-helper has"}},
    {"RunnersUser",
     [](Snapshot& s) { part(s, Part::kRunner).credentials.uids.fill(906); },
     {"granted-runner", "user", "the checker's", "906"}},
};

const Case kRights[] = {
    {"Effective",
     [](Snapshot& s) { sets(s, Part::kNetHelper).effective |= bit(CAP_KILL); },
     {"net-helper", "effective capabilities", "net_admin net_raw", "kill net_admin net_raw"}},
    {"Permitted",
     [](Snapshot& s) { sets(s, Part::kEngine).permitted = bit(CAP_NET_RAW); },
     {"vrrp-engine", "permitted capabilities", "none", "net_raw"}},
    {"Lacking",
     [](Snapshot& s) { sets(s, Part::kNetHelper).effective = bit(CAP_NET_RAW); },
     {"net-helper", "effective capabilities", "net_admin net_raw", "net_raw"}},
    {"Inheritable",
     [](Snapshot& s) { sets(s, Part::kNotifier).inheritable = kSignals; },
     {"notifier", "inheritable capabilities", "none", "kill"}},
    {"Ambient",
     [](Snapshot& s) { sets(s, Part::kNetHelper).ambient = bit(CAP_NET_RAW); },
     {"net-helper", "ambient capabilities", "none", "net_raw"}},
    {"Bounding",
     [](Snapshot& s) { sets(s, Part::kChecker).bounding = bit(CAP_CHOWN) | kSignals; },
     {"checker", "bounding capabilities", "at most kill", "chown kill"}},
    {"NewPrivs",
     [](Snapshot& s) { part(s, Part::kEngine).credentials.no_new_privs = false; },
     {"vrrp-engine", "no_new_privs", "1", "0"}},
    {"NoFilter",
     [](Snapshot& s) { part(s, Part::kEngine).credentials.seccomp_mode = 0; },
     {"vrrp-engine", "seccomp mode", "2 (filter)", "0"}},
    {"FewFilters",
     [](Snapshot& s) { part(s, Part::kRunner).credentials.seccomp_filters = 1; },
     {"granted-runner", "seccomp filters", "at least 2", "1"}},
    {"OpenFilter",
     [](Snapshot& s) { part(s, Part::kEngine).system_calls = 461U; },
     {"vrrp-engine", "system calls", "at most 110", "461"}},
};

const Case kSurroundings[] = {
    {"HostsNetwork",
     [](Snapshot& s) {
       part(s, Part::kNetHelper).namespaces = failure("Permission denied");
       part(s, Part::kEngine).namespaces = Namespaces{{"net", "net:[1]"}};
     },
     {"vrrp-engine", "network namespace", "its own", "the host's"}},
    {"HelpersNetwork",
     [](Snapshot& s) {
       s.own_namespaces["net"] = "net:[7]";
       part(s, Part::kEngine).namespaces = Namespaces{{"net", "net:[1]"}};
     },
     {"vrrp-engine", "network namespace", "its own", "net-helper's"}},
    {"Family",
     [](Snapshot& s) { part(s, Part::kEngine).sockets->kinds["packet"] = 1; },
     {"vrrp-engine", "sockets", "unix", "1 packet"}},
    {"UnknownFamily",
     [](Snapshot& s) { part(s, Part::kNetHelper).sockets->kinds["alg"] = 2; },
     {"net-helper", "sockets", "unix netlink packet raw", "2 alg"}},
    {"Writes",
     [](Snapshot& s) { part(s, Part::kChecker).writable->push_back("/etc"); },
     {"checker", "writes", "/tmp", "/etc"}},
    {"WritesTheSpool",
     [](Snapshot& s) { part(s, Part::kChecker).writable->push_back("/run/holdfast/spool"); },
     {"checker", "writes", "/tmp", "/run/holdfast/spool"}},
    {"SocketMode",
     [](Snapshot& s) { s.sockets[0] = socket_file("net.sock", kEngine, 0620); },
     {"net.sock", "mode", "at most 0600", "0620"}},
    {"SocketOwner",
     [](Snapshot& s) { s.sockets[1] = socket_file("health.sock", kEngine, 0600); },
     {"health.sock", "owner", "checker's user, 903", "902"}},
    {"OperatorsSocket",
     [](Snapshot& s) { s.sockets[3] = socket_file("control.sock", kEngine, 0600); },
     {"control.sock", "owner", "launcher's user, 0", "902"}},
    {"NoSocket",
     [](Snapshot& s) { s.sockets[2].owner->is_socket = false; },
     {"events.sock", "file", "a socket", "something else"}},
    {"LeftBehind",
     [](Snapshot& s) { s.by_launcher = false; },
     {"notify.checker", "socket", "none under systemd", "there"}},
    {"OpenToEverybody",
     [](Snapshot& s) { s.sockets[4] = socket_file("notify.checker", kChecker, 0666); },
     {"notify.checker", "mode", "at most 0600", "0666"}},
    {"RunnersNotifyMode",
     [](Snapshot& s) { s.sockets.push_back(socket_file("notify.runner.app", 1000, 0622)); },
     {"notify.runner.app", "mode", "at most 0600", "0622"}},
    {"NotifiedByAnother",
     [](Snapshot& s) { s.sockets[4] = socket_file("notify.checker", kEngine, 0600); },
     {"notify.checker", "owner", "checker's user, 903", "902"}},
};

std::string case_name(const testing::TestParamInfo<Case>& one) {
  return one.param.name;
}
INSTANTIATE_TEST_SUITE_P(Users, AuditDeviation, testing::ValuesIn(kUsers), case_name);
INSTANTIATE_TEST_SUITE_P(Rights, AuditDeviation, testing::ValuesIn(kRights), case_name);
INSTANTIATE_TEST_SUITE_P(Surroundings, AuditDeviation, testing::ValuesIn(kSurroundings), case_name);

TEST(AuditJudge, FindsNothingWhereAllIsRight) {
  const Snapshot suite = right_suite();
  const auto found = judge(suite);
  EXPECT_TRUE(found.empty()) << text(found[0]);
  const std::string told = audit_text(suite, found);
  EXPECT_TRUE(told.ends_with("\n0 deviations from what is declared\n")) << told;
  EXPECT_EQ(told.find("DEVIATION"), std::string::npos);
}

// The units: bounding sets of what they grant, the spool elsewhere, the operators' group.
TEST(AuditJudge, TakesWhatTheUnitsGrant) {
  Snapshot suite = right_suite();
  suite.by_launcher = false;
  std::erase_if(suite.processes, [](const Process& p) { return p.part == Part::kLauncher; });
  sets(suite, Part::kNetHelper).bounding = kNetwork;
  sets(suite, Part::kNetHelper).inheritable = kNetwork;
  sets(suite, Part::kChecker).bounding = kSignals;
  sets(suite, Part::kRunner).bounding = kSignals;
  part(suite, Part::kNotifier).writable->push_back("/var/lib/holdfast");
  part(suite, Part::kNotifier).credentials.groups = {kNotifier};
  for (Process& one : suite.processes) one.credentials.seccomp_filters += 8;
  suite.sockets[3] = socket_file("control.sock", 0, 0660);
  suite.sockets.pop_back();
  const auto found = judge(suite);
  EXPECT_TRUE(found.empty()) << text(found[0]);
}

TEST(AuditJudge, DoesNotGuessWhatItMayNotRead) {
  Snapshot suite = right_suite();
  for (Process& one : suite.processes) {
    one.system_calls = failure("trace: Operation not permitted");
    one.namespaces = failure("Permission denied");
    one.sockets = failure("Permission denied");
    one.open_files = failure("Permission denied");
    one.root = failure("Permission denied");
    one.writable = failure("Permission denied");
  }
  suite.policy = failure("net.pb: Permission denied");
  EXPECT_TRUE(judge(suite).empty());
  EXPECT_EQ(not_readable(suite).size(), 6 * 6 + 1U);
  const std::string told = audit_text(suite, {});
  EXPECT_TRUE(told.ends_with("; 37 things were not readable as this user\n")) << told;
  EXPECT_NE(told.find("system calls admitted: not readable as this user"), std::string::npos);
  EXPECT_NE(told.find("\nnot readable\n  net-helper: system calls: trace: Operation not"),
            std::string::npos);
  EXPECT_NE(told.find("  not readable: net.pb: Permission denied"), std::string::npos);
  EXPECT_NE(audit_json(suite, {}).find("\"admitted\": null"), std::string::npos);
}

// Two runners of users beside the suite: each of its own user, with his groups and no right.
Snapshot suite_with_runners() {
  Snapshot suite = right_suite();
  suite.processes.push_back(process(Part::kUserRunner, 16, 1000, 0));
  suite.processes.push_back(process(Part::kUserRunner, 17, 1001, 0));
  suite.processes.back().credentials.groups = {1001, 4, 33};
  SocketFile socket = socket_file("runner.app.sock", kChecker, 0660);
  socket.owner->gid = kNotifier;
  suite.sockets.push_back(socket);
  return suite;
}

TEST(AuditJudge, TakesRunnersOfUsersAsTheyShouldBe) {
  const auto found = judge(suite_with_runners());
  EXPECT_TRUE(found.empty()) << text(found[0]);
}

TEST(AuditJudge, FindsWhatIsWrongWithARunnerOfAUser) {
  const auto told = [](const std::function<void(Snapshot&)>& spoil) {
    Snapshot suite = suite_with_runners();
    spoil(suite);
    const auto found = judge(suite);
    return found.size() == 1 ? text(found[0]) : std::to_string(found.size()) + " deviations";
  };
  EXPECT_EQ(told([](Snapshot& s) { s.processes.back().credentials.capabilities.permitted = 1; }),
            "runner of 1001: permitted capabilities: declared none: actual chown");
  EXPECT_EQ(told([](Snapshot& s) { s.processes.back().credentials.no_new_privs = false; }),
            "runner of 1001: no_new_privs: declared 1: actual 0");
  EXPECT_EQ(told([](Snapshot& s) { s.processes.back().credentials.uids.fill(kHelper); }),
            "runner of 1001: user: declared no other's: actual 901, as net-helper has");
  EXPECT_EQ(told([](Snapshot& s) { s.sockets.back().owner->mode = 0666; }),
            "runner.app.sock: mode: declared at most 0660: actual 0666");
  EXPECT_EQ(told([](Snapshot& s) { s.sockets.back().owner->gid = 33; }),
            "runner.app.sock: group: declared the notifier's, 904: actual 33");
}

// An administrator wanted it to be free, and the report says that it is.
TEST(AuditJudge, DoesNotJudgeTheRunnerOfRoot) {
  Snapshot suite = suite_with_runners();
  suite.processes.back().credentials.uids.fill(0);
  suite.processes.back().credentials.capabilities.permitted = ~uint64_t{0};
  suite.processes.back().credentials.no_new_privs = false;
  EXPECT_TRUE(judge(suite).empty());
  EXPECT_NE(audit_text(suite, {}).find("not judged"), std::string::npos);
}

TEST(AuditReport, SaysWhoMayConnect) {
  EXPECT_EQ(who_may_connect(*socket_file("a", 7, 0600).owner), "root and user 7 (mode 0600)");
  EXPECT_EQ(who_may_connect(*socket_file("a", 7, 0660).owner),
            "root, user 7 and group 7 (mode 0660)");
  EXPECT_EQ(who_may_connect(*socket_file("a", 0, 0600).owner), "root (mode 0600)");
  EXPECT_EQ(who_may_connect(*socket_file("a", 7, 0666).owner), "everybody (mode 0666)");
}

}  // namespace
}  // namespace holdfast::cli::audit
