#include <gtest/gtest.h>

#include "checker/check_state.h"
#include "checker/stray_reaper.h"

namespace holdfast::checker {
namespace {

using Effect = CheckState::Effect;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST(CheckState, IsUndecidedUntilTheFirstResult) {
  const CheckState state({.rise = 1, .fall = 1});
  EXPECT_EQ(state.verdict(), Verdict::kUndecided);
  EXPECT_EQ(state.consecutive(), 0U);
  EXPECT_TRUE(state.cause().empty());
}

TEST(CheckState, OneFailureDecidesAtOnceWhateverFallSays) {
  CheckState state({.rise = 3, .fall = 5});
  EXPECT_EQ(state.record(false, "exit status 1"), Effect::kTurned);
  EXPECT_EQ(state.verdict(), Verdict::kFailing);
  EXPECT_EQ(state.cause(), "exit status 1");
  EXPECT_EQ(state.consecutive(), 1U);
}

TEST(CheckState, OneSuccessDecidesAtOnceWhateverRiseSays) {
  CheckState state({.rise = 3, .fall = 5});
  EXPECT_EQ(state.record(true, "exit status 0"), Effect::kTurned);
  EXPECT_EQ(state.verdict(), Verdict::kPassing);
  EXPECT_EQ(state.consecutive(), 1U);
}

TEST(CheckState, FallsAfterThatManyFailuresInARow) {
  CheckState state({.rise = 1, .fall = 3});
  state.record(true, "exit status 0");
  EXPECT_EQ(state.record(false, "exit status 1"), Effect::kPending);
  EXPECT_EQ(state.record(false, "exit status 1"), Effect::kPending);
  EXPECT_EQ(state.verdict(), Verdict::kPassing);
  EXPECT_EQ(state.cause(), "exit status 0");
  EXPECT_EQ(state.streak(), 2U);
  EXPECT_EQ(state.needed(), 3U);
  EXPECT_EQ(state.record(false, "exit status 2"), Effect::kTurned);
  EXPECT_EQ(state.verdict(), Verdict::kFailing);
  EXPECT_EQ(state.cause(), "exit status 2");
  EXPECT_EQ(state.consecutive(), 3U);
}

TEST(CheckState, ASuccessInBetweenStartsTheCountAnew) {
  CheckState state({.rise = 1, .fall = 2});
  state.record(true, "exit status 0");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(state.record(false, "exit status 1"), Effect::kPending);
    EXPECT_EQ(state.record(true, "exit status 0"), Effect::kNone);
  }
  EXPECT_EQ(state.verdict(), Verdict::kPassing);
}

TEST(CheckState, RisesAfterThatManySuccessesInARow) {
  CheckState state({.rise = 2, .fall = 1});
  state.record(false, "exit status 1");
  EXPECT_EQ(state.record(true, "exit status 0"), Effect::kPending);
  EXPECT_EQ(state.needed(), 2U);
  EXPECT_EQ(state.record(true, "exit status 0"), Effect::kTurned);
  EXPECT_EQ(state.verdict(), Verdict::kPassing);
  EXPECT_EQ(state.consecutive(), 2U);
}

TEST(CheckState, SaysWhenAFailureHasAnotherCause) {
  CheckState state({.rise = 1, .fall = 3});
  state.record(false, "exit status 1");
  EXPECT_EQ(state.record(false, "exit status 1"), Effect::kNone);
  EXPECT_EQ(state.record(false, "/x: no such file"), Effect::kCause);
  EXPECT_EQ(state.cause(), "/x: no such file");
  EXPECT_EQ(state.consecutive(), 1U);
}

TEST(NextStart, StaysOnTheGridHoweverLateTheCall) {
  const TimePoint first{100s};
  EXPECT_EQ(next_start(first, 1s, first), first + 1s);
  EXPECT_EQ(next_start(first, 1s, first + 3ms), first + 1s);
  EXPECT_EQ(next_start(first, 1s, first + 1s + 250ms), first + 2s);
  EXPECT_EQ(next_start(first, 1s, first - 5s), first);
}

TEST(NextStart, DoesNotMakeUpForMissedStarts) {
  const TimePoint first{100s};
  EXPECT_EQ(next_start(first, 200ms, first + 1s + 50ms), first + 1200ms);
  EXPECT_EQ(next_start(first, 7s, first + 700s), first + 707s);
}

TEST(StrayLedger, WaitsForEveryRunThatMayHaveMadeIt) {
  StrayLedger ledger;
  // Runs 3 and 4 are under way when it shows up; 5 starts later and cannot be its origin.
  EXPECT_TRUE(ledger.due({77}, {.oldest = 3, .newest = 4}).empty());
  EXPECT_TRUE(ledger.due({77}, {.oldest = 4, .newest = 5}).empty());
  EXPECT_EQ(ledger.due({77}, {.oldest = 5, .newest = 5}), std::vector<pid_t>{77});
}

TEST(StrayLedger, IsDueAtOnceWhenNoRunIsUnderWay) {
  StrayLedger ledger;
  EXPECT_EQ(ledger.due({77, 78}, {.oldest = 10, .newest = 9}), (std::vector<pid_t>{77, 78}));
}

TEST(StrayLedger, ForgetsWhatIsGoneSoThatANumberCanComeBack) {
  StrayLedger ledger;
  EXPECT_TRUE(ledger.due({77}, {.oldest = 1, .newest = 1}).empty());
  EXPECT_TRUE(ledger.due({}, {.oldest = 2, .newest = 2}).empty());
  EXPECT_TRUE(ledger.due({77}, {.oldest = 2, .newest = 2}).empty());
}

}  // namespace
}  // namespace holdfast::checker
