// The right to ask whether another user's process lives, and that it is no more than that.
#include <fcntl.h>
#include <gmock/gmock.h>

#include "checker/grant_protocol.h"
#include "checker/granted_runner_main.h"
#include "tests/unit/checker_fixture.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCapKillAlone = "0000000000000020";
constexpr const char* kNothing = "0000000000000000";

// Another user's process by a name of its own, as nginx is on a real host.
class Daemon {
 public:
  Daemon(const TemporaryDirectory& directory, const std::string& name)
      : program_(directory.path(name)) {
    std::filesystem::copy_file("/bin/sleep", program_);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::execl(program_.c_str(), program_.c_str(), "1000", nullptr);
    ::_exit(127);
  }
  ~Daemon() { end(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  pid_t pid() const { return pid_; }
  void end() {
    if (pid_ <= 0) return;
    signal_one(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  std::string program_;
  pid_t pid_ = 0;
};

class GrantTest : public CheckerProcessTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0U) << "needs root, to be two users at once: ./test runs it by sudo";
    CheckerProcessTest::SetUp();
    target_ = std::make_unique<Daemon>(directory_, "hf-nginx");
  }
  void TearDown() override {
    target_.reset();
    CheckerProcessTest::TearDown();
  }
  int stop_all() {
    target_.reset();
    return stop();
  }
  // What one granted run of a shell script says.
  std::string said_by(const std::string& script) {
    const std::string result = directory_.write("result", "", 0666);
    configure({{.argv = {"{ " + script + "; } >" + result + " 2>&1; exit 0"},
                .shell = "/bin/bash",
                .interval_ms = 60'000,
                .signal_zero = true}});
    start(As::kNobodyWithCapKill);
    EXPECT_TRUE(engine_.accept());
    EXPECT_TRUE(engine_.passes(1));
    return file_content(result);
  }
  // The checker's one child once no script runs; the script that has just ended is reaped soon.
  pid_t runner_alone() {
    EXPECT_TRUE(eventually([this] { return children_of(checker_).size() == 1; }));
    const auto children = children_of(checker_);
    return children.empty() ? 0 : children[0];
  }
  std::string target() const { return std::to_string(target_->pid()); }

  std::unique_ptr<Daemon> target_;
};

TEST_F(GrantTest, TheSeedsKillallSeesAnotherUsersProcess) {
  configure({{.id = 1,
              .name = "chk_nginx",
              .argv = {"killall -0 hf-nginx && exit 0 || exit 1"},
              .shell = "/bin/sh",
              .fall = 2,
              .signal_zero = true},
             {.id = 2,
              .name = "no_grant",
              .argv = {"killall -0 hf-nginx && exit 0 || exit 1"},
              .shell = "/bin/sh"}});
  start(As::kNobodyWithCapKill);
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  EXPECT_EQ(engine_.fails(2), "exit status 1") << "without the grant it is not to be seen";
  target_->end();
  EXPECT_EQ(engine_.fails(1), "exit status 1");
  EXPECT_EQ(stop_all(), 0);
}

// Every signal here is aimed at a process of this test: should the filter ever be broken, nobody
// else is hit. Never a group of others, never -1.
TEST_F(GrantTest, NothingButSignalZeroPasses) {
  const std::string kill = "/bin/kill";
  const std::string said = said_by(
      "kill -0 " + target() + " && echo seen; " + kill + " -0 " + target() + " && echo seen; " +
      "for s in TERM HUP KILL STOP WINCH; do kill -$s " + target() + " || echo refused; done; " +
      kill + " -TERM " + target() + " || echo refused; " +
      "sleep 1000 & kill -TERM $! || echo own child refused; kill -TERM $$ || echo self refused");
  EXPECT_THAT(said, HasSubstr("Operation not permitted"));
  EXPECT_THAT(said, HasSubstr("own child refused"));
  EXPECT_THAT(said, HasSubstr("self refused"));
  const auto count = [&said](const std::string& text) {
    size_t found = 0;
    for (size_t at = said.find(text); at != std::string::npos; at = said.find(text, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("seen\n"), 2U) << said;
  EXPECT_EQ(count("\nrefused\n"), 6U) << said;
  EXPECT_EQ(::kill(target_->pid(), 0), 0);
  EXPECT_EQ(status_field(target_->pid(), "State").substr(0, 1), "S");
  EXPECT_EQ(stop_all(), 0);
}

TEST_F(GrantTest, EveryOtherWayToSignalIsShutToo) {
  // Python reaches the system calls that no shell command does; 64-bit values must not slip by.
  const std::string script = directory_.write("calls.py", R"(
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
target = int(sys.argv[1])
info = ctypes.create_string_buffer(128)
info[8] = 0xff; info[9] = 0xff; info[10] = 0xff; info[11] = 0xff  # si_code SI_QUEUE
pidfd = os.pidfd_open(target)
def call(name, *arguments):
    arguments = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(*arguments)
    print(name, "ok" if result == 0 else errno.errorcode[ctypes.get_errno()])
for s in (0, 10, 1 << 32):
    call(f"kill{s}", 62, target, s)
    call(f"tkill{s}", 200, target, s)
    call(f"tgkill{s}", 234, target, target, s)
    call(f"pidfd{s}", 424, pidfd, s, 0, 0)
call("queue", 129, target, 10, info)
call("tqueue", 297, target, target, 10, info)
call("kdsigaccept", 16, 0, 0x4B4E, 1)
)",
                                              0755);
  const std::string said = said_by("/usr/bin/python3 " + script + " " + target());
  EXPECT_EQ(said,
            "kill0 ok\ntkill0 ok\ntgkill0 ok\npidfd0 ok\n"
            "kill10 EPERM\ntkill10 EPERM\ntgkill10 EPERM\npidfd10 EPERM\n"
            "kill4294967296 EPERM\ntkill4294967296 EPERM\ntgkill4294967296 EPERM\n"
            "pidfd4294967296 EPERM\nqueue EPERM\ntqueue EPERM\nkdsigaccept EPERM\n");
  EXPECT_EQ(::kill(target_->pid(), 0), 0);
  EXPECT_EQ(stop_all(), 0);
}

TEST_F(GrantTest, OnlyTheRunnerAndItsScriptsHoldTheCapability) {
  const std::string said = said_by("grep -E '^(Cap(Prm|Eff|Amb)|NoNewPrivs)' /proc/self/status");
  EXPECT_EQ(said, std::string("CapPrm:\t") + kCapKillAlone + "\nCapEff:\t" + kCapKillAlone +
                      "\nCapAmb:\t" + kCapKillAlone + "\nNoNewPrivs:\t1\n");
  for (const char* set : {"CapPrm", "CapEff", "CapInh", "CapAmb"}) {
    EXPECT_EQ(status_field(checker_, set), kNothing) << set;
  }
  EXPECT_EQ(status_field(checker_, "NoNewPrivs"), "1");
  const pid_t runner = runner_alone();
  EXPECT_EQ(status_field(runner, "CapPrm"), kCapKillAlone);
  EXPECT_EQ(status_field(runner, "NoNewPrivs"), "1");
  EXPECT_EQ(status_field(runner, "Seccomp"), "2");
  EXPECT_EQ(stop_all(), 0);
}

TEST_F(GrantTest, AScriptWithTheGrantIsStillOursToEnd) {
  const std::string starts = directory_.write("starts", "", 0666);
  configure({{.argv = {"echo x >>" + starts + "; trap '' TERM; while :; do sleep 1000; done"},
              .shell = "/bin/sh",
              .interval_ms = 100,
              .timeout_ms = 300,
              .signal_zero = true}});
  start(As::kNobodyWithCapKill);
  ASSERT_TRUE(engine_.accept());
  EXPECT_EQ(engine_.fails(1), "no result within 0.3 s");
  EXPECT_TRUE(eventually([&] { return file_content(starts) == "x\nx\n"; }));
  EXPECT_EQ(stop_all(), 0);
}

TEST_F(GrantTest, AMissingScriptIsExplainedThroughTheRunnerToo) {
  const std::string path = directory_.path("nowhere");
  configure({{.id = 1, .name = "a", .argv = {path}, .signal_zero = true},
             {.id = 2, .name = "b", .argv = {"no-such-holdfast"}, .signal_zero = true}});
  start(As::kNobodyWithCapKill);
  ASSERT_TRUE(engine_.accept());
  EXPECT_EQ(engine_.fails(1), path + ": no such file");
  EXPECT_TRUE(eventually([&] { return lines_with("no such command in") == 1; }));
  EXPECT_EQ(stop_all(), 0);
}

TEST_F(GrantTest, WithoutTheCapabilityItSaysSoOnceAndFailsClosed) {
  configure({{.name = "chk_nginx",
              .argv = {"killall -0 hf-nginx"},
              .shell = "/bin/sh",
              .interval_ms = 50,
              .signal_zero = true}});
  start(As::kNobody);
  ASSERT_TRUE(engine_.accept());
  EXPECT_EQ(engine_.fails(1), "exit status 1");
  EXPECT_EQ(lines_with("[HFC008]"), 1U);
  EXPECT_THAT(log(), HasSubstr("chk_nginx"));
  EXPECT_EQ(stop_all(), 0);
}

TEST_F(GrantTest, NoRunnerWhereNoCheckAsks) {
  configure({{.argv = {"true"}, .interval_ms = 60'000}});
  start(As::kNobodyWithCapKill);
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  EXPECT_TRUE(eventually([&] { return children_of(checker_).empty(); }));
  EXPECT_EQ(status_field(checker_, "CapPrm"), kNothing);
  EXPECT_EQ(stop_all(), 0);
}

TEST_F(GrantTest, AReloadReachesTheRunner) {
  CheckSpec spec{.id = 1, .name = "a", .argv = {"true"}, .interval_ms = 50, .signal_zero = true};
  configure({spec}, 1);
  start(As::kNobodyWithCapKill);
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  spec.id = 5;
  spec.argv = {"kill -0 " + target() + " && exit 9"};
  spec.shell = "/bin/sh";
  configure({spec}, 2);
  signal_one(checker_, SIGHUP);
  ASSERT_TRUE(engine_.accept());
  EXPECT_EQ(engine_.fails(5), "exit status 9");
  EXPECT_EQ(stop_all(), 0);
}

TEST_F(GrantTest, AGrantThatIsAskedForTooLateEndsTheProcessToBeStartedAnew) {
  configure({{.argv = {"true"}}}, 1);
  start(As::kNobodyWithCapKill);
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  configure({{.argv = {"true"}, .signal_zero = true}}, 2);
  signal_one(checker_, SIGHUP);
  target_.reset();
  EXPECT_EQ(wait_for_end(), 1);
  EXPECT_THAT(log(), HasSubstr("[HFC009]"));
}

TEST_F(GrantTest, WithoutItsRunnerTheCheckerEndsToBeStartedAnew) {
  configure({{.argv = {"true"}, .interval_ms = 60'000, .signal_zero = true}});
  start(As::kNobodyWithCapKill);
  ASSERT_TRUE(engine_.accept());
  EXPECT_TRUE(engine_.passes(1));
  // A stop that the service manager sends to all processes is not the runner's to hear.
  const pid_t runner = runner_alone();
  constexpr uint64_t kStopSignals = 1U << (SIGTERM - 1) | 1U << (SIGINT - 1) | 1U << (SIGHUP - 1);
  EXPECT_EQ(std::stoull(status_field(runner, "SigIgn"), nullptr, 16) & kStopSignals, kStopSignals);
  signal_one(runner, SIGKILL);
  target_.reset();
  EXPECT_EQ(wait_for_end(), 1);
  EXPECT_THAT(log(), HasSubstr("[HFC009]"));
}

// The runner by itself, with requests that the checker would never send.
class RunnerProtocolTest : public GrantTest {
 protected:
  void SetUp() override {
    GrantTest::SetUp();
    if (IsSkipped()) return;
    configure({{.id = 1, .name = "granted", .argv = {"true"}, .signal_zero = true},
               {.id = 2, .name = "plain", .argv = {"true"}}},
              7);
    start_runner();
  }
  void start_runner() {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    socket_.reset(ends[0]);
    UniqueFd theirs(ends[1]);
    checker_ = ::fork();
    if (checker_ == 0) {
      socket_.reset();
      ::_exit(checker::granted_runner_main(std::move(theirs), directory_.path("checker.pb")));
    }
  }
  void TearDown() override {
    socket_.reset();
    GrantTest::TearDown();
  }

  Result<checker::GrantReply> reply() {
    checker::GrantReply message{};
    const ssize_t size = ::recv(socket_.get(), &message, sizeof message, 0);
    if (size != static_cast<ssize_t>(sizeof message)) return failure("the runner has ended");
    return message;
  }
  void send(const void* bytes, size_t size, size_t descriptors) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
    iovec part{const_cast<void*>(bytes), size};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (descriptors > 0) {
      header.msg_control = control.data();
      header.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
      cmsghdr* rights = CMSG_FIRSTHDR(&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
      const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
      for (size_t i = 0; i < descriptors; ++i) {
        const int fd = null.get();
        std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &fd, sizeof fd);
      }
      ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
      return;
    }
    ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
  }
  void send(const checker::GrantRequest& request, size_t descriptors) {
    send(&request, sizeof request, descriptors);
  }

  UniqueFd socket_;
};

TEST_F(RunnerProtocolTest, SaysWhatItHolds) {
  const auto hello = reply();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->granted, 1U);
  EXPECT_EQ(hello->generation, 7U);
  EXPECT_STREQ(hello->error.data(), "");
  socket_.reset();
  target_.reset();
  EXPECT_EQ(wait_for_end(), 0);
}

TEST_F(RunnerProtocolTest, StartsNothingThatItsConfigurationDoesNotGrant) {
  ASSERT_TRUE(reply());
  for (const auto& request : {
           checker::GrantRequest{checker::GrantKind::kRun, 2, 7},
           checker::GrantRequest{checker::GrantKind::kRun, 3, 7},
           checker::GrantRequest{checker::GrantKind::kRun, 1, 8},
       }) {
    send(request, 2);
    const auto answer = reply();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->pid, 0);
    EXPECT_STRNE(answer->error.data(), "");
  }
  // Its scripts are its parent's children: ours.
  send({checker::GrantKind::kRun, 1, 7}, 2);
  const auto answer = reply();
  ASSERT_TRUE(answer);
  ASSERT_GT(answer->pid, 0) << answer->error.data();
  int status = -1;
  EXPECT_EQ(::waitpid(answer->pid, &status, 0), answer->pid);
  EXPECT_EQ(status, 0);
}

TEST_F(RunnerProtocolTest, EndsAtWhateverIsNoRequest) {
  const checker::GrantRequest run{checker::GrantKind::kRun, 1, 7};
  struct Case {
    std::string bytes;
    size_t descriptors;
  };
  const std::string whole(reinterpret_cast<const char*>(&run), sizeof run);
  ASSERT_TRUE(reply());
  const std::vector<Case> cases{{whole, 0},           {whole, 1},
                                {whole, 3},           {whole + "x", 2},
                                {whole.substr(1), 2}, {std::string(sizeof run, '\x7f'), 0}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.bytes.size() * 10 + one.descriptors);
    send(one.bytes.data(), one.bytes.size(), one.descriptors);
    EXPECT_FALSE(reply());
    int status = 0;
    ::waitpid(checker_, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 1);
    start_runner();
    ASSERT_TRUE(reply());
  }
}

TEST_F(RunnerProtocolTest, ABadFileAtAReloadLeavesTheOldGrants) {
  ASSERT_TRUE(reply());
  directory_.write("checker.pb", "broken", 0644);
  send({checker::GrantKind::kReload, 0, 0}, 0);
  const auto answer = reply();
  ASSERT_TRUE(answer);
  EXPECT_STRNE(answer->error.data(), "");
  EXPECT_EQ(answer->generation, 7U);
  EXPECT_EQ(answer->granted, 1U);
}

}  // namespace
}  // namespace holdfast::testing
