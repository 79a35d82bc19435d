// What the engine keeps for the notifier, and tells the next one again, on a real loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/frame_endpoint.h"
#include "events.pb.h"
#include "tests/unit/temporary_directory.h"
#include "vrrp-engine/transition_queue.h"

namespace holdfast::vrrp {
namespace {

using testing::ElementsAre;

const TransitionAction kMove{.from = State::kBackup, .to = State::kActive, .cause = "why"};

class TransitionQueueTest : public testing::Test {
 protected:
  TransitionQueueTest()
      : listener_(loop_, *listen_frame_socket(directory_.path("s"), 0600), {},
                  [this](UniqueFd fd, ucred) { on_connected(std::move(fd)); }),
        queue_(loop_, directory_.path("s")) {
    queue_.start();
  }

  void on_connected(UniqueFd fd) {
    notifier_ = std::make_unique<FrameChannel>(
        loop_, std::move(fd),
        FrameChannel::Handlers{.frame = [this](std::span<const std::byte> f) { on_frame(f); },
                               .closed = [](const std::string&) {}});
    wire::NotifierToEngine message;
    message.mutable_hello()->set_protocol_version(kProtocolVersion);
    notifier_->send(message);
  }

  void on_frame(std::span<const std::byte> frame) {
    wire::EngineToNotifier message;
    ASSERT_TRUE(parse_frame(frame, message));
    lost_ += message.transitions().lost();
    // An answer makes room for more batches; this one takes nothing.
    if (message.has_transitions()) answer(0, {});
    for (const wire::Transition& one : message.transitions().transitions()) {
      told_.push_back(std::to_string(one.sequence()) + (one.taken() ? " taken" : "") +
                      (one.scripts_begun() > 0 ? " begun" : ""));
    }
  }

  void push(size_t count) {
    for (size_t i = 0; i < count; ++i) queue_.push(1, kMove);
    queue_.send_untold();
  }

  void answer(uint64_t taken, const std::vector<uint64_t>& settled,
              const std::vector<uint64_t>& begun = {}) {
    wire::NotifierToEngine message;
    message.mutable_accepted()->set_sequence(taken);
    for (const uint64_t sequence : settled) message.mutable_accepted()->add_settled(sequence);
    for (const uint64_t sequence : begun) {
      auto& one = *message.mutable_accepted()->add_begun();
      one.set_sequence(sequence);
      one.set_count(1);
    }
    EXPECT_EQ(notifier_->send(message), SendResult::kSent);
  }

  // The next one connects by itself.
  void end_notifier() {
    told_.clear();
    notifier_.reset();
  }

  // Does one thing after the other, each as soon as its time has come. Once: a loop ends for good.
  struct Step {
    std::function<bool()> reached;
    std::function<void()> then;
  };
  void run(std::vector<Step> steps) {
    size_t next = 0;
    int turns = 0;
    Timer poll;
    poll = loop_.add_timer([&] {
      if (++turns > 10'000) return loop_.exit(1);
      if (steps[next].reached()) steps[next++].then();
      if (next == steps.size()) return loop_.exit(0);
      poll.arm_after(std::chrono::milliseconds(1));
    });
    poll.arm_after(std::chrono::milliseconds(1));
    EXPECT_EQ(loop_.run(), 0) << "step " << next << " was not reached";
  }
  std::function<bool()> told(size_t count) {
    return [this, count] { return told_.size() == count; };
  }
  std::function<bool()> taken() {
    return [this] { return queue_.is_taken(); };
  }

  TemporaryDirectory directory_;
  EventLoop loop_;
  FrameListener listener_;
  std::unique_ptr<FrameChannel> notifier_;
  std::vector<std::string> told_;
  uint64_t lost_ = 0;
  TransitionQueue queue_;
};

TEST_F(TransitionQueueTest, TellsTheNextNotifierWhatIsNotSettled) {
  push(5);
  EXPECT_FALSE(queue_.is_taken());
  run({
      {told(5),
       [this] {
         answer(4, {2}, {3});
         end_notifier();
       }},
      {told(4),
       [this] {
         EXPECT_THAT(told_, ElementsAre("1 taken", "3 taken begun", "4 taken", "5"));
         EXPECT_FALSE(queue_.is_taken()) << "an engine that stops waits for 5";
         answer(5, {1, 3, 4});
       }},
      {taken(),
       [this] {
         push(1);
         EXPECT_FALSE(queue_.is_taken());
         end_notifier();
       }},
      {told(2), [this] { EXPECT_THAT(told_, ElementsAre("5 taken", "6")); }},
  });
}

TEST_F(TransitionQueueTest, TellsMoreThanABatchAndWhatIsLeftOfIt) {
  push(150);
  run({
      {told(150),
       [this] {
         std::vector<uint64_t> all_but_two;
         for (uint64_t i = 2; i < 150; ++i) all_but_two.push_back(i);
         answer(150, all_but_two);
         end_notifier();
       }},
      {told(2), [this] { EXPECT_THAT(told_, ElementsAre("1 taken", "150 taken")); }},
  });
}

TEST_F(TransitionQueueTest, CountsAsLostWhatNoNotifierHasTaken) {
  push(2);
  run({
      {told(2), [this] { answer(2, {}); }},
      {taken(),
       [this] {
         for (size_t i = 0; i < TransitionQueue::kWaitingMax; ++i) queue_.push(1, kMove);
         end_notifier();
       }},
      {told(TransitionQueue::kWaitingMax),
       [this] {
         EXPECT_EQ(lost_, 0U) << "the two that gave way are in a notifier's hands";
         EXPECT_EQ(told_.front(), "3");
         push(1);
       }},
      {[this] { return lost_ > 0; }, [this] { EXPECT_EQ(lost_, 1U); }},
  });
}

TEST_F(TransitionQueueTest, BelievesNoAcceptanceOfWhatIsStillToCome) {
  push(1);
  run({
      {told(1), [this] { answer(1000, {1}); }},
      {taken(),
       [this] {
         push(1);
         EXPECT_FALSE(queue_.is_taken());
       }},
      {told(2), [this] { EXPECT_THAT(told_, ElementsAre("1", "2")); }},
  });
}

}  // namespace
}  // namespace holdfast::vrrp
