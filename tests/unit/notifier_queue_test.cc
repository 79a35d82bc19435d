#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "notifier/accepted_sequence.h"
#include "notifier/mail_queue.h"
#include "notifier/queue_state.h"

namespace holdfast::notifier {
namespace {

using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using std::chrono_literals::operator""ns;

Notification notification(uint32_t router, const std::vector<std::string>& commands) {
  Notification result{.router_id = router, .what = "r" + std::to_string(router), .commands = {}};
  for (const std::string& command : commands) {
    result.commands.push_back({.argv = {command}, .text = command});
  }
  return result;
}

std::string next_text(QueueState& queue) {
  const auto turn = queue.next();
  return turn ? turn->command.text : "-";
}

TEST(QueueState, RunsOneRoutersCommandsStrictlyInOrder) {
  QueueState queue;
  queue.add(notification(1, {"master", "generic master"}));
  queue.add(notification(1, {"backup", "generic backup"}));
  for (const char* expected : {"master", "generic master", "backup", "generic backup"}) {
    EXPECT_EQ(next_text(queue), expected);
    EXPECT_EQ(next_text(queue), "-") << "a second one of the same router";
    EXPECT_FALSE(queue.idle());
    queue.finished(1);
  }
  EXPECT_TRUE(queue.idle());
  EXPECT_EQ(next_text(queue), "-");
}

TEST(QueueState, SaysHowFarEachTransitionHasCome) {
  QueueState queue;
  Notification second = notification(1, {"second", "third"});
  second.begun = 1;
  second.transition = {.engine_run = 7, .sequence = 5};
  queue.add(std::move(second));
  auto turn = queue.next().value();
  EXPECT_EQ(turn.transition.engine_run, 7U);
  EXPECT_EQ(turn.transition.sequence, 5U);
  EXPECT_EQ(turn.begun, 2U) << "a notifier before has begun the first";
  EXPECT_FALSE(turn.is_last);
  queue.finished(1);
  turn = queue.next().value();
  EXPECT_EQ(turn.begun, 3U);
  EXPECT_TRUE(turn.is_last);
}

TEST(QueueState, RunsRoutersSideBySideUpToTheBoundAndInTurns) {
  QueueState queue(64, 2);
  for (uint32_t router : {1U, 2U, 3U}) queue.add(notification(router, {"a", "b"}));
  EXPECT_EQ(queue.next().value().router_id, 1U);
  EXPECT_EQ(queue.next().value().router_id, 2U);
  EXPECT_FALSE(queue.next().has_value());
  EXPECT_EQ(queue.running(), 2U);
  queue.finished(2);
  EXPECT_EQ(queue.next().value().router_id, 3U) << "router 2 has had its turn";
  queue.finished(1);
  EXPECT_EQ(queue.next().value().router_id, 2U);
}

TEST(QueueState, GivesUpWhatHasNotStartedForTheNewest) {
  QueueState queue(3, 16);
  EXPECT_THAT(queue.add(notification(1, {"started", "its second"})), IsEmpty());
  EXPECT_EQ(next_text(queue), "started");
  for (const char* text : {"one", "two", "three"}) {
    Notification waiting = notification(1, {text});
    waiting.transition = {.engine_run = 1, .sequence = std::string(text).size()};
    EXPECT_THAT(queue.add(std::move(waiting)), IsEmpty());
  }
  EXPECT_THAT(queue.add(notification(2, {"other router"})), IsEmpty());
  EXPECT_THAT(queue.add(notification(1, {"newest"})),
              ElementsAre(Field(&TransitionId::sequence, 3), Field(&TransitionId::sequence, 3),
                          Field(&TransitionId::sequence, 5)));
  EXPECT_EQ(next_text(queue), "other router");
  queue.finished(1);
  EXPECT_EQ(next_text(queue), "its second") << "what has begun is finished";
  queue.finished(1);
  EXPECT_EQ(next_text(queue), "newest");
}

TEST(QueueState, TakesNoNotificationWithoutCommands) {
  QueueState queue;
  EXPECT_THAT(queue.add(notification(1, {})), IsEmpty());
  EXPECT_TRUE(queue.idle());
  EXPECT_FALSE(queue.next().has_value());
}

TEST(QueueState, StartsAnewAfterARouterWasIdle) {
  QueueState queue;
  queue.add(notification(1, {"a"}));
  EXPECT_EQ(next_text(queue), "a");
  queue.finished(1);
  queue.add(notification(1, {"b"}));
  EXPECT_EQ(next_text(queue), "b");
}

TEST(AcceptedSequence, IgnoresRepetitionsWithinOneRunOnly) {
  AcceptedSequence accepted;
  accepted.begin(77);
  EXPECT_TRUE(accepted.take(1));
  EXPECT_TRUE(accepted.take(2));
  EXPECT_FALSE(accepted.take(2));
  accepted.begin(77);
  EXPECT_EQ(accepted.last(), 2U);
  EXPECT_FALSE(accepted.take(1));
  EXPECT_TRUE(accepted.take(5)) << "a gap is what the engine lost, not ours to refuse";
  accepted.begin(78);
  EXPECT_EQ(accepted.last(), 0U);
  EXPECT_TRUE(accepted.take(1));
}

TEST(AcceptedSequence, KnowsWhatIsSettled) {
  AcceptedSequence accepted;
  EXPECT_FALSE(accepted.settle({.engine_run = 0, .sequence = 1})) << "no engine yet";
  accepted.begin(77);
  EXPECT_TRUE(accepted.take(1));
  EXPECT_TRUE(accepted.take(3));
  EXPECT_FALSE(accepted.is_settled(3));
  EXPECT_FALSE(accepted.settle({.engine_run = 76, .sequence = 3}));
  EXPECT_TRUE(accepted.settle({.engine_run = 77, .sequence = 3}));
  EXPECT_FALSE(accepted.settle({.engine_run = 77, .sequence = 3}));
  EXPECT_TRUE(accepted.is_settled(3));
  EXPECT_FALSE(accepted.is_settled(1));
  EXPECT_FALSE(accepted.is_settled(4)) << "not taken yet";
  accepted.begin(78);
  EXPECT_TRUE(accepted.take(1));
  EXPECT_FALSE(accepted.settle({.engine_run = 77, .sequence = 1}));
}

TEST(AcceptedSequence, TakesTheRunZeroForARunToo) {
  AcceptedSequence accepted;
  accepted.begin(0);
  EXPECT_TRUE(accepted.take(1));
  accepted.begin(0);
  EXPECT_FALSE(accepted.take(1));
}

WaitingMail mail(const std::string& name, bool urgent = false) {
  return {.name = name, .urgent = urgent, .memory = nullptr};
}

constexpr TimePoint kStart{1000s};

TEST(Backoff, DoublesFromFiveSecondsToFiveMinutes) {
  Backoff backoff;
  for (const auto expected : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    EXPECT_EQ(backoff.next(), expected);
  }
  backoff.reset();
  EXPECT_EQ(backoff.next(), 5s);
}

TEST(MailQueue, KeepsTheOrderWhileTheServerIsAway) {
  MailQueue queue;
  queue.add(mail("first"));
  queue.add(mail("second"));
  TimePoint now = kStart;
  for (const auto delay : {5s, 10s, 20s}) {
    ASSERT_NE(queue.start(now), nullptr);
    EXPECT_EQ(queue.start(now), nullptr) << "one at a time";
    EXPECT_EQ(queue.failed(MailQueue::Failure::kServer, now), delay);
    EXPECT_EQ(queue.start(now + delay - 1ns), nullptr);
    EXPECT_EQ(queue.next_attempt(), now + delay);
    now += delay;
  }
  const WaitingMail* again = queue.start(now);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->name, "first");
  queue.done();
  ASSERT_NE(queue.start(now), nullptr) << "the server is back: no more waiting";
  EXPECT_EQ(queue.failed(MailQueue::Failure::kServer, now), 5s);
  EXPECT_EQ(queue.size(), 1U);
}

TEST(MailQueue, LetsOthersPassAMailThatIsPutOffAgainAndAgain) {
  MailQueue queue;
  queue.add(mail("stubborn"));
  queue.add(mail("next"));
  TimePoint now = kStart;
  for (unsigned i = 0; i < MailQueue::kPutOffMax; ++i) {
    const WaitingMail* trying = queue.start(now);
    ASSERT_NE(trying, nullptr);
    EXPECT_EQ(trying->name, "stubborn");
    now += queue.failed(MailQueue::Failure::kMailPutOff, now).value();
  }
  EXPECT_EQ(queue.start(now)->name, "next");
  queue.done();
  EXPECT_EQ(queue.start(now)->name, "stubborn");
}

TEST(MailQueue, TriesAMailInMemoryOnce) {
  MailQueue queue;
  queue.add({.name = "memory", .urgent = false, .memory = std::make_shared<const Mail>()});
  ASSERT_NE(queue.start(kStart), nullptr);
  EXPECT_FALSE(queue.failed(MailQueue::Failure::kServer, kStart).has_value());
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_FALSE(queue.next_attempt().has_value());
}

TEST(MailQueue, DropsTheOldestRoutineMailAndNeverTheOneBeingTried) {
  MailQueue queue(3);
  queue.add(mail("trying"));
  queue.add(mail("urgent", true));
  queue.add(mail("routine"));
  ASSERT_NE(queue.start(kStart), nullptr);
  EXPECT_EQ(queue.add(mail("urgent 2", true)).value().name, "routine");
  EXPECT_EQ(queue.add(mail("urgent 3", true)).value().name, "urgent")
      << "only urgent ones are left";
  EXPECT_EQ(queue.size(), 3U);
  queue.done();
  EXPECT_EQ(queue.start(kStart)->name, "urgent 2");
}

TEST(MailQueue, ForgetsTheBackoffWhenToldTo) {
  MailQueue queue;
  queue.add(mail("a"));
  queue.start(kStart);
  queue.failed(MailQueue::Failure::kServer, kStart);
  EXPECT_EQ(queue.start(kStart), nullptr);
  queue.try_now();
  EXPECT_NE(queue.start(kStart), nullptr);
}

}  // namespace
}  // namespace holdfast::notifier
