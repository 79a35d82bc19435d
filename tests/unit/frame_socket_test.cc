// Framed sockets on a real loop: exact sizes, who may connect, and that nothing ever blocks.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "common/frame_endpoint.h"
#include "common/frame_socket.h"
#include "common/user_namespace.h"
#include "events.pb.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr unsigned kStuckAfterSeconds = 20;  // then SIGALRM ends the test: something blocks

class FrameChannelTest : public testing::Test {
 protected:
  // Blocking descriptors on purpose: the channel must not rely on their flags.
  FrameChannelTest() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()), 0);
    peer_.reset(fds[0]);
    channel_ = std::make_unique<FrameChannel>(
        loop_, UniqueFd(fds[1]),
        FrameChannel::Handlers{
            .frame = [this](std::span<const std::byte> frame) { sizes_.push_back(frame.size()); },
            .closed =
                [this](const std::string& why) {
                  why_ = why;
                  loop_.exit(0);
                }});
    ::alarm(kStuckAfterSeconds);
  }
  void TearDown() override { ::alarm(0); }

  void say(size_t size) const {
    const std::string frame(size, 'x');
    ASSERT_EQ(::send(peer_.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(size));
  }
  // What the peer finds: the number of frames until there is none.
  size_t read_all() const {
    std::string frame(kFrameBytesMax, '\0');
    size_t count = 0;
    while (::recv(peer_.get(), frame.data(), frame.size(), MSG_DONTWAIT) > 0) ++count;
    return count;
  }
  static wire::EngineToNotifier message(size_t size) {
    wire::EngineToNotifier result;
    result.mutable_transitions()->add_transitions()->set_cause(std::string(size, 'x'));
    return result;
  }

  EventLoop loop_;
  UniqueFd peer_;
  std::unique_ptr<FrameChannel> channel_;
  std::vector<size_t> sizes_;
  std::string why_;
};

TEST_F(FrameChannelTest, TakesAMessageOfTheLargestSizeAndClosesAtOneByteMore) {
  say(1);
  say(kFrameBytesMax);
  say(kFrameBytesMax + 1);
  say(1);
  peer_.reset();
  loop_.run();
  EXPECT_THAT(sizes_, ElementsAre(1, kFrameBytesMax));
  EXPECT_THAT(why_, HasSubstr("oversized"));
  EXPECT_FALSE(channel_->is_open());
}

TEST_F(FrameChannelTest, WaitsForNoMoreThanThereIs) {
  say(1);
  Timer end;
  end = loop_.add_timer([this, &end] {
    if (!sizes_.empty()) return loop_.exit(0);
    end.arm_after(std::chrono::milliseconds(1));
  });
  end.arm_after(std::chrono::milliseconds(1));
  loop_.run();
  EXPECT_THAT(sizes_, ElementsAre(1));
  EXPECT_TRUE(channel_->is_open());
}

TEST_F(FrameChannelTest, SaysThatThePeerIsGone) {
  say(7);
  peer_.reset();
  loop_.run();
  EXPECT_THAT(sizes_, ElementsAre(7));
  EXPECT_THAT(why_, HasSubstr("closed"));
  EXPECT_EQ(channel_->send(message(1)), SendResult::kClosed);
}

TEST_F(FrameChannelTest, APeerThatDoesNotReadFillsABoundedQueueAndBlocksNobody) {
  size_t sent = 0;
  while (sent < 100'000 && channel_->send(message(100)) == SendResult::kSent) ++sent;
  EXPECT_EQ(channel_->queued(), FrameChannel::kQueueFramesMax);
  EXPECT_EQ(channel_->send(message(100)), SendResult::kQueueFull);
  EXPECT_EQ(channel_->queued(), FrameChannel::kQueueFramesMax);
  // What was taken arrives once the peer reads, and nothing beside it.
  size_t arrived = 0;
  Timer again;
  again = loop_.add_timer([this, &arrived, &again] {
    arrived += read_all();
    if (channel_->queued() == 0) return loop_.exit(0);
    again.arm_after(std::chrono::milliseconds(1));
  });
  again.arm_after(std::chrono::milliseconds(1));
  loop_.run();
  EXPECT_EQ(arrived + read_all(), sent);
}

TEST_F(FrameChannelTest, RefusesToSendWhatNoPeerWouldTake) {
  EXPECT_EQ(channel_->send(message(kFrameBytesMax)), SendResult::kQueueFull);
  EXPECT_EQ(read_all(), 0U);
}

TEST(ParseFrame, TakesOneWholeMessageOnly) {
  wire::EngineToNotifier message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  const std::string good = message.SerializeAsString();
  const auto parses = [](const std::string& bytes) {
    wire::EngineToNotifier into;
    return parse_frame(std::as_bytes(std::span(bytes)), into);
  };
  EXPECT_TRUE(parses(good));
  EXPECT_FALSE(parses(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(parses(good + '\0'));
  EXPECT_FALSE(parses("\xff\xff\xff"));
}

// Whether a listener for this user takes us in; if not, we are told to `refused` and closed.
std::string knock_at_a_listener_for(uid_t user) {
  const TemporaryDirectory directory;
  EventLoop loop;
  std::string outcome;
  const FrameListener listener(loop, *listen_frame_socket(directory.path("s"), 0600), {user},
                               [&](const UniqueFd& peer, ucred who) {
                                 outcome =
                                     (peer ? "accepted " : "refused ") + std::to_string(who.uid);
                                 loop.exit(0);
                               });
  const auto client = connect_frame_socket(directory.path("s"));
  EXPECT_TRUE(client.has_value());
  loop.run();
  char byte = 0;
  if (::recv(client->get(), &byte, 1, MSG_DONTWAIT) == 0) outcome += ", closed";
  return outcome;
}

TEST(FrameListener, TakesTheAllowedUserAlone) {
  const std::string me = std::to_string(::getuid());
  EXPECT_THAT(knock_at_a_listener_for(::getuid()), HasSubstr("accepted " + me));
  EXPECT_EQ(knock_at_a_listener_for(::getuid() + 1), "refused " + me + ", closed");
}

// The kernel shows a user that this user namespace does not know as the overflow uid.
TEST(PeerUser, IsAForeignOneOnlyWhereTheNamespaceHidesIt) {
  EXPECT_THAT(shown_as(1000), ElementsAre(1000));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(2);
    // Nobody is mapped: every peer is the overflow user, and root is root no more.
    ::_exit(shown_as(1000) == std::vector<uid_t>{1000, 65534} ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace holdfast
