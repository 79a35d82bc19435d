// What the audit trail says, and how much of it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <sstream>
#include <string>

#include "net-helper/messages.h"
#include "net-helper/trail.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::net {
namespace {

using std::chrono_literals::operator""s;
using testing::HasSubstr;

constexpr TimePoint kStart{1000s};

// Stands in for the journal: a socket that takes datagrams.
class TrailTest : public testing::Test {
 protected:
  void SetUp() override {
    fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory_.path("journal");
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  // The fields of the next record; none: there is no record.
  std::map<std::string, std::string> next() {
    std::array<char, 8192> buffer{};
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    std::map<std::string, std::string> fields;
    if (size < 0) return fields;
    std::istringstream lines(std::string(buffer.data(), static_cast<size_t>(size)));
    for (std::string line; std::getline(lines, line);) {
      const size_t equals = line.find('=');
      fields[line.substr(0, equals)] = equals == std::string::npos ? "" : line.substr(equals + 1);
    }
    return fields;
  }

  TemporaryDirectory directory_;
  UniqueFd fd_;
  Trail trail_{directory_.path("journal")};
};

TEST_F(TrailTest, SaysWhoAskedForWhatByWhichRow) {
  trail_.set_peer({.pid = 12, .uid = 62477, .gid = 1});
  trail_.record(kAddressAdded, "myr 10.0.0.1/24 dev eth0", {}, "", kStart);
  auto fields = next();
  EXPECT_EQ(fields["MESSAGE"], "myr 10.0.0.1/24 dev eth0: address added [HFN040]");
  EXPECT_EQ(fields["MESSAGE_ID"].size(), 32U);
  EXPECT_EQ(fields["PRIORITY"], "6");
  EXPECT_EQ(fields["SYSLOG_IDENTIFIER"], "net-helper");
  EXPECT_EQ(fields["HOLDFAST_ID"], "HFN040");
  EXPECT_EQ(fields["HOLDFAST_ACT"], "address added");
  EXPECT_EQ(fields["HOLDFAST_OUTCOME"], "done");
  EXPECT_EQ(fields["HOLDFAST_POLICY_ROW"], "myr 10.0.0.1/24 dev eth0");
  EXPECT_EQ(fields["HOLDFAST_KERNEL"], "0");
  EXPECT_EQ(fields["HOLDFAST_PEER_PID"], "12");
  EXPECT_EQ(fields["HOLDFAST_PEER_UID"], "62477");
  EXPECT_EQ(fields["HOLDFAST_SUPPRESSED"], "0");
  trail_.clear_peer();
  trail_.record(kExpired, "myr", {}, "", kStart);
  EXPECT_FALSE(next().contains("HOLDFAST_PEER_PID"));
}

TEST_F(TrailTest, TellsARefusalAndAFailureApart) {
  trail_.record(kRequestRefused, "", {}, "router id 9: not in the policy", kStart);
  auto fields = next();
  EXPECT_EQ(fields["HOLDFAST_OUTCOME"], "refused");
  EXPECT_EQ(fields["MESSAGE"], "request refused: router id 9: not in the policy [HFN014]");
  trail_.record(kAddressAdded, "myr", failure("add 10.0.0.1/24: No such device: gone"), "", kStart);
  fields = next();
  EXPECT_EQ(fields["HOLDFAST_OUTCOME"], "failed");
  EXPECT_EQ(fields["HOLDFAST_ACT"], "address added");
  EXPECT_EQ(fields["HOLDFAST_KERNEL"], "add 10.0.0.1/24: No such device: gone");
  EXPECT_EQ(fields["PRIORITY"], "3");
  EXPECT_THAT(fields["MESSAGE"], HasSubstr("[HFN034]"));
}

TEST_F(TrailTest, NoTextMakesAFieldOfItsOwn) {
  trail_.record(kBadMessage, "", failure("a\nHOLDFAST_PEER_UID=0"), "x\nMESSAGE_ID=1", kStart);
  auto fields = next();
  EXPECT_EQ(fields["HOLDFAST_KERNEL"], "a\\x0aHOLDFAST_PEER_UID=0");
  EXPECT_EQ(fields["MESSAGE_ID"].size(), 32U);
  EXPECT_FALSE(fields.contains("HOLDFAST_PEER_UID"));
}

TEST_F(TrailTest, CountsWhatIsTooMuchKindByKind) {
  constexpr int kMore = 57;
  const auto burst = static_cast<int>(Trail::kBurst);
  int written = 0;
  for (int i = 0; i < burst + kMore; ++i) {
    trail_.record(kRequestRefused, "", {}, "", kStart);
    if (!next().empty()) ++written;
  }
  EXPECT_EQ(written, burst);
  trail_.record(kAddressAdded, "myr", {}, "", kStart);  // another kind has its own room
  EXPECT_EQ(next()["HOLDFAST_SUPPRESSED"], "0");
  trail_.record(kRequestRefused, "", {}, "", kStart + 1s);
  EXPECT_EQ(next()["HOLDFAST_SUPPRESSED"], std::to_string(kMore));
  trail_.record(kRequestRefused, "", {}, "", kStart + 2s);
  EXPECT_EQ(next()["HOLDFAST_SUPPRESSED"], "0");
}

TEST_F(TrailTest, AFullJournalIsNotWaitedFor) {
  int lost = 0;
  for (int i = 0; i < 250; ++i) trail_.record(kAnnounced, "myr", {}, "", kStart);
  int taken = 0;
  while (!next().empty()) ++taken;
  lost = 250 - taken;
  ASSERT_GT(lost, 0) << "the queue was to be full";
  trail_.record(kAnnounced, "myr", {}, "", kStart + 1s);
  EXPECT_EQ(next()["HOLDFAST_SUPPRESSED"], std::to_string(lost));
}

// Standard error in place of the journal.
TEST(TrailLine, IsTheSameRecordInOneLine) {
  const TemporaryDirectory directory;
  Trail trail("");
  testing::internal::CaptureStderr();
  trail.record(kWithdrawn, "myr vrid 51 dev eth0", {}, "", kStart);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("myr vrid 51 dev eth0: lease withdrawn { HOLDFAST_ACT=lease withdrawn "
                        "HOLDFAST_OUTCOME=done HOLDFAST_POLICY_ROW=myr vrid 51 dev eth0 "
                        "HOLDFAST_KERNEL=0 HOLDFAST_SUPPRESSED=0 } [HFN022]\n"));
}

}  // namespace
}  // namespace holdfast::net
