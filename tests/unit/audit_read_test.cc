// `holdfast audit`: what it makes of /proc, of seccomp filters and of the compiled policy.
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>

#include <cstddef>

#include "cli/audit/boundary.h"
#include "cli/audit/proc_text.h"
#include "cli/audit/seccomp_program.h"
#include "cli/audit/suite_finder.h"

namespace holdfast::cli::audit {
namespace {

TEST(AuditStatus, ReadsTheCredentials) {
  const auto who = parse_status(
      "Name:\tnet-helper\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t9 10 \n"
      "CapInh:\t0000000000000001\nCapPrm:\t0000000000003000\nCapEff:\t0000000000003001\n"
      "CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000020\nNoNewPrivs:\t1\nSeccomp:\t2\n"
      "Seccomp_filters:\t3\n");
  ASSERT_TRUE(who) << who.error().text;
  EXPECT_EQ(who->uids, (std::array<uint32_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(who->gids, (std::array<uint32_t, 4>{5, 6, 7, 8}));
  EXPECT_EQ(who->groups, (std::vector<uint32_t>{9, 10}));
  const CapabilitySets expected{.inheritable = 1,
                                .permitted = 0x3000,
                                .effective = 0x3001,
                                .bounding = 0x1ffffffffff,
                                .ambient = 0x20};
  EXPECT_EQ(who->capabilities, expected);
  EXPECT_TRUE(who->no_new_privs);
  EXPECT_EQ(who->seccomp_mode, 2U);
  EXPECT_EQ(who->seccomp_filters, 3U);
}

TEST(AuditStatus, WantsEveryLine) {
  const auto who = parse_status("Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\n");
  ASSERT_FALSE(who);
  EXPECT_EQ(who.error().text, "no line `Seccomp_filters` in its status");
}

TEST(AuditStat, IsNotMisledByAName) {
  const auto stat = parse_stat("7 (a) R 99 (b) S 3 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->parent, 3);
  EXPECT_EQ(stat->started, 4711U);
  EXPECT_FALSE(parse_stat("7 (a) R 99"));
}

TEST(AuditSockets, TellsListeningFromConnected) {
  SocketRows rows;
  add_socket_rows("unix",
                  "Num RefCount Protocol Flags Type St Inode Path\n"
                  "0: 00000002 00000000 00010000 0005 01 100 /run/holdfast/net.sock\n"
                  "0: 00000003 00000000 00000000 0005 03 101 /run/holdfast/net.sock\n"
                  "0: 00000003 00000000 00000000 0005 03 102\n"
                  "0: 00000002 00000000 00000000 0002 01 103\n"
                  "0: 00000002 00000000 00000000 0002 01 104 /a\x1b[31m b\n",
                  rows);
  using Use = SocketRow::Use;
  EXPECT_EQ(rows[100].text, "unix /run/holdfast/net.sock");
  EXPECT_EQ(rows[100].use, Use::kListens);
  EXPECT_EQ(rows[101].use, Use::kConnected);
  EXPECT_EQ(rows[102].text, "unix without a name");
  EXPECT_EQ(rows[103].use, Use::kNone);
  EXPECT_EQ(rows[104].text, "unix /a\\x1b[31m b");
}

TEST(AuditSockets, ReadsTheFamiliesOfTheNetwork) {
  SocketRows rows;
  add_socket_rows("tcp",
                  "heading\n"
                  " 0: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:0 0 0 0 200 1 0\n"
                  " 1: 0100007F:9C40 0100007F:0019 01 00000000:00000000 00:0 0 0 0 201 1 0\n",
                  rows);
  add_socket_rows("raw",
                  "heading\n"
                  " 112: 00000000:0070 00000000:0000 07 00000000:00000000 00:0 0 0 0 202 2 0\n",
                  rows);
  add_socket_rows("udp6",
                  "heading\n 1: 00000000000000000000000001000000:0035 "
                  "00000000000000000000000000000000:0000 07 0:0 00:0 0 0 0 203 2 0\n",
                  rows);
  add_socket_rows("packet", "heading\n0000 3 3 0806 2 1 0 0 204\n0000 3 3 0000 2 1 0 0 205\n",
                  rows);
  add_socket_rows("netlink",
                  "heading\n0000 0 5 00000011 0 0 0 2 0 206\n0000 12 5 00000000 0 0 0 2 0 207\n",
                  rows);
  EXPECT_EQ(rows[200].text, "tcp 127.0.0.1:25");
  EXPECT_EQ(rows[201].text, "tcp 127.0.0.1:40000 to 127.0.0.1:25");
  EXPECT_EQ(rows[201].use, SocketRow::Use::kConnected);
  EXPECT_EQ(rows[202].text, "raw 0.0.0.0 protocol 112");
  EXPECT_EQ(rows[203].text, "udp6 [::1]:53");
  EXPECT_EQ(rows[204].text, "packet protocol 0x0806");
  EXPECT_EQ(rows[205].use, SocketRow::Use::kNone);
  EXPECT_EQ(rows[206].text, "netlink groups 0x11");
  EXPECT_EQ(rows[207].kind, "netlink-protocol-12");
}

TEST(AuditWriting, CrossesMountsWithOwnersAndModes) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/a rw\n"
      "2 1 8:1 / /etc ro,relatime - ext4 /dev/a rw\n"
      "3 1 8:1 / /run rw - tmpfs tmpfs ro,size=1\n"
      "4 1 8:1 / /run/holdfast rw - tmpfs tmpfs rw\n"
      "5 1 8:1 / /var rw - ext4 /dev/a rw\n6 5 8:1 / /var ro - ext4 /dev/a rw\n");
  ASSERT_EQ(mounts.size(), 6U);
  EXPECT_TRUE(is_mounted_writable(mounts, "/"));
  EXPECT_TRUE(is_mounted_writable(mounts, "/etcetera"));
  EXPECT_FALSE(is_mounted_writable(mounts, "/etc/x"));
  EXPECT_FALSE(is_mounted_writable(mounts, "/run"));
  EXPECT_TRUE(is_mounted_writable(mounts, "/run/holdfast/config"));
  EXPECT_FALSE(is_mounted_writable(mounts, "/var"));

  Credentials who;
  who.uids.fill(7);
  who.gids.fill(8);
  who.groups = {9};
  EXPECT_TRUE(may_write(who, 7, 0, 0200));
  EXPECT_FALSE(may_write(who, 7, 8, 0022));  // the owner's bits alone
  EXPECT_TRUE(may_write(who, 0, 8, 0020));
  EXPECT_TRUE(may_write(who, 0, 9, 0020));
  EXPECT_FALSE(may_write(who, 0, 9, 0002));
  EXPECT_TRUE(may_write(who, 0, 0, 01777));
  EXPECT_FALSE(may_write(who, 0, 0, 0755));
  who.capabilities.effective = uint64_t{1} << CAP_DAC_OVERRIDE;
  EXPECT_TRUE(may_write(who, 0, 0, 0755));
}

sock_filter load(size_t offset) {
  return {.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = static_cast<uint32_t>(offset)};
}
sock_filter jump(uint16_t operation, uint32_t with, uint8_t yes, uint8_t no) {
  return {
      .code = static_cast<uint16_t>(BPF_JMP | operation | BPF_K), .jt = yes, .jf = no, .k = with};
}
sock_filter answer(uint32_t what) {
  return {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = what};
}

TEST(AuditSeccomp, RunsAFilter) {
  // Below 10: admitted; 5 with its first argument 1 alone; other architectures are killed.
  const SeccompProgram program = {load(offsetof(seccomp_data, arch)),
                                  jump(BPF_JEQ, AUDIT_ARCH_I386, 6, 0),
                                  load(offsetof(seccomp_data, nr)),
                                  jump(BPF_JGE, 10, 3, 0),
                                  jump(BPF_JEQ, 5, 0, 1),
                                  jump(BPF_JA, 2, 0, 0),
                                  answer(SECCOMP_RET_ALLOW),
                                  answer(SECCOMP_RET_ERRNO | 1),
                                  load(offsetof(seccomp_data, args)),
                                  jump(BPF_JEQ, 1, 0, 1),
                                  answer(SECCOMP_RET_ALLOW),
                                  answer(SECCOMP_RET_ERRNO | 1)};
  EXPECT_EQ(seccomp_answer(program, 3), SECCOMP_RET_ALLOW);
  EXPECT_EQ(seccomp_answer(program, 5), SECCOMP_RET_ERRNO | 1);
  EXPECT_EQ(seccomp_answer(program, 10), SECCOMP_RET_ERRNO | 1);
  EXPECT_EQ(admitted_system_calls({&program, 1}, 461), 9U);
}

TEST(AuditSeccomp, TakesTheStrictestOfSeveral) {
  const SeccompProgram all = {answer(SECCOMP_RET_ALLOW)};
  const SeccompProgram logged = {answer(SECCOMP_RET_LOG)};
  const SeccompProgram few = {load(0), jump(BPF_JGT, 3, 1, 0), answer(SECCOMP_RET_ALLOW),
                              answer(SECCOMP_RET_KILL_PROCESS)};
  EXPECT_EQ(admitted_system_calls(std::vector<SeccompProgram>{}, 461), 461U);
  EXPECT_EQ(admitted_system_calls(std::vector{all, logged}, 461), 461U);
  EXPECT_EQ(admitted_system_calls(std::vector{all, few, logged}, 461), 4U);
}

TEST(AuditSeccomp, TakesWhatItCannotRunForRefused) {
  EXPECT_EQ(seccomp_answer({}, 1), SECCOMP_RET_KILL_PROCESS);
  const SeccompProgram strange = {{.code = BPF_LD | BPF_W | BPF_IND, .jt = 0, .jf = 0, .k = 0},
                                  answer(SECCOMP_RET_ALLOW)};
  EXPECT_EQ(seccomp_answer(strange, 1), SECCOMP_RET_KILL_PROCESS);
}

std::vector<Candidate> host() {
  const std::string unit = "holdfast-checker.service";
  return {
      {.pid = 1, .parent = 0, .started = 0, .name = "systemd", .words = {"init"}, .unit = {}},
      {20, 1, 50, "checker", {"checker", "--config", "c"}, unit},
      {22, 20, 90, "exe", {"checker", "--granted-runner"}, unit},
      {21, 20, 60, "exe", {"checker", "--granted-runner"}, unit},
      {23, 20, 70, "sh", {"sh", "-c", "a\nb"}, unit},
      {30, 1, 50, "net-helper", {"net-helper"}, "holdfast-net-helper.service"},
      {40, 1, 50, "vrrp-engine", {"vrrp-engine"}, "other.service"},
  };
}

TEST(AuditFinder, GoesByTheUnits) {
  const Found found = find_suite(host(), std::nullopt);
  const std::vector<std::pair<Part, pid_t>> expected = {
      {Part::kNetHelper, 30}, {Part::kChecker, 20}, {Part::kRunner, 21}};
  EXPECT_EQ(found.processes, expected);
  ASSERT_EQ(found.scripts.size(), 2U);
  EXPECT_EQ(found.scripts[1].command, "sh -c a\\x0ab");
}

TEST(AuditFinder, FindsTheRunnersOfUsers) {
  const auto runner = [](pid_t pid, pid_t parent, const char* unit) {
    return Candidate{.pid = pid,
                     .parent = parent,
                     .started = 1,
                     .name = "runner",
                     .words = {"runner"},
                     .unit = unit};
  };
  const std::vector<Candidate> all = {runner(50, 1, "holdfast-runner@app.service"),
                                      runner(51, 50, "holdfast-runner@app.service"),
                                      runner(52, 1, "session-1.scope"), runner(53, 9, "x.service")};
  const auto by_units = find_suite(all, std::nullopt);
  using Processes = std::vector<std::pair<Part, pid_t>>;
  EXPECT_EQ(by_units.processes, (Processes{{Part::kUserRunner, 50}}));
  ASSERT_EQ(by_units.scripts.size(), 1U);
  EXPECT_EQ(by_units.scripts[0].of, Part::kUserRunner);
  wire::ProcessTable table;
  table.set_launcher_pid(9);
  EXPECT_EQ(find_suite(all, table).processes,
            (Processes{{Part::kUserRunner, 53}, {Part::kLauncher, 9}}));
}

TEST(AuditFinder, GoesByTheLaunchersTable) {
  wire::ProcessTable table;
  table.set_launcher_pid(9);
  const auto add = [&table](const char* name, uint32_t pid) {
    auto* process = table.add_processes();
    process->set_name(name);
    process->set_pid(pid);
  };
  add("vrrp-engine", 40);
  add("net-helper", 23);  // that number is another program's by now
  add("notifier", 0);
  const Found found = find_suite(host(), table);
  const std::vector<std::pair<Part, pid_t>> expected = {{Part::kEngine, 40}, {Part::kLauncher, 9}};
  EXPECT_EQ(found.processes, expected);
  EXPECT_TRUE(find_suite({}, table).processes.empty());
}

TEST(AuditBoundary, TellsThePolicyInWords) {
  net::RouterPolicy router;
  router.id = 1;
  router.interface = "eno16777736";
  router.vrid = 167;
  router.priority_min = 1;
  router.priority_max = 254;
  router.announce_limit = 5;
  router.addresses = {{*Ipv4::from_text("172.18.67.33"), 16, "eno16777736"},
                      {*Ipv4::from_text("10.0.0.1"), 8, "eth1"},
                      {*Ipv4::from_text("172.18.67.34"), 16, "eno16777736"}};
  net::Policy policy;
  policy.routers.emplace(1, router);
  EXPECT_EQ(policy_in_words(policy),
            std::vector<std::string>{
                "vrrp-engine may: hold or release 172.18.67.33/16, 172.18.67.34/16 on eno16777736 "
                "and 10.0.0.1/8 on eth1; announce each up to 5 times at once; advertise VRID 167 "
                "with priority 1 to "
                "254 on eno16777736, at most 20 changes a second; nothing else"});
  router.addresses.assign(23, {*Ipv4::from_text("10.0.0.1"), 8, "eth1"});
  policy.routers.at(1) = router;
  EXPECT_NE(policy_in_words(policy)[0].find(" and 3 more addresses; ann"), std::string::npos);
}

TEST(AuditBoundary, AsksTheHelpersOwnTable) {
  const auto all = allowed_messages();
  const auto from_engine = [](const AllowedMessage& one) { return one.to == "net-helper"; };
  ASSERT_EQ(std::ranges::count_if(all, from_engine), 2);
  EXPECT_EQ(all[0].phase + " " + all[0].message, "greeting EngineHello");
  EXPECT_EQ(all[1].phase + " " + all[1].message, "serving RequestBatch");
}

TEST(AuditBoundary, RefusesAPolicyThatIsNone) {
  const auto lines = policy_lines("HOLDFAST and no more", "net.pb");
  ASSERT_FALSE(lines);
  EXPECT_NE(lines.error().text.find("net.pb"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::cli::audit
