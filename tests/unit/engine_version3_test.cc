// Where VRRPv3 reckons otherwise: RFC 9568 6.1 and 6.4, with the interval that the Active says.
#include "tests/unit/engine_fixture.h"

namespace holdfast::vrrp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""us;

RouterSettings version3(Duration interval, uint8_t priority = 100) {
  RouterSettings result = settings(priority);
  result.version = 3;
  result.advert_interval = interval;
  return result;
}

Advertisement heard(uint8_t priority, Ipv4 source, TimePoint when, Duration interval) {
  Advertisement result = advert(priority, source, when);
  result.interval = interval;
  return result;
}

TEST(Version3, SkewAndDownIntervalGoWithTheInterval) {
  const Router router(version3(100ms), {});
  EXPECT_EQ(router.skew_time(), 60'937'500ns);
  EXPECT_EQ(router.down_interval(), 360'937'500ns);
  const Router fast(version3(10ms, 254), {});
  EXPECT_EQ(fast.skew_time(), 78'125ns);
}

TEST(Version3, ABackupLearnsTheIntervalOfTheActive) {
  Router router(version3(100ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  EXPECT_EQ(*router.deadline(), at(0) + 360'937'500ns);
  router.on_advertisement(heard(120, kHigher, at(0.1), 10ms), at(0.1));
  EXPECT_EQ(*router.deadline(), at(0.1) + 36'093'750ns);
  // Resigned: the skew is of what was learned, and what a resignation says of it is not.
  router.on_advertisement(heard(0, kHigher, at(0.11), 1000ms), at(0.11));
  EXPECT_EQ(*router.deadline(), at(0.11) + 6'093'750ns);
}

TEST(Version3, ALowerPriorityTeachesNothing) {
  Router router(version3(100ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  router.on_advertisement(heard(50, kHigher, at(0.1), 10ms), at(0.1));
  EXPECT_EQ(*router.deadline(), at(0) + 360'937'500ns);
}

TEST(Version3, AnActiveReckonsWithItsOwnIntervalAndWhoLosesWithTheWinners) {
  Router router(version3(100ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  router.on_advertisement(heard(120, kHigher, at(0.1), 10ms), at(0.1));
  const TimePoint then = *router.deadline();
  router.on_deadline(then);
  EXPECT_EQ(router.state(), State::kActive);
  EXPECT_EQ(router.skew_time(), 60'937'500ns);
  router.on_advertisement(heard(120, kHigher, then + 50ms, 20ms), then + 50ms);
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_EQ(*router.deadline(), then + 50ms + 72'187'500ns);
}

// Half an interval, where that is less than the half second of VRRPv2.
TEST(Version3, AnswersALowerPriorityOnceInHalfAnInterval) {
  Router router(version3(100ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  router.on_deadline(*router.deadline());
  const auto answers = [&router](double when) {
    const auto actions = router.on_advertisement(heard(50, kHigher, at(when), 100ms), at(when));
    const auto* hold = find<HoldAction>(actions);
    return hold != nullptr && hold->advertise_now;
  };
  EXPECT_TRUE(answers(1));
  EXPECT_FALSE(answers(1.049));
  EXPECT_TRUE(answers(1.05));
}

// Later than an interval: what was not read yet is read first, for half an interval.
TEST(Version3, LooksTwiceWhenItsExpiryIsAWholeIntervalLate) {
  Router router(version3(10ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  const TimePoint due = *router.deadline();
  EXPECT_TRUE(router.on_deadline(due + 11ms).empty());
  EXPECT_EQ(*router.deadline(), due + 16ms);
  router.on_deadline(due + 16ms);
  EXPECT_EQ(router.state(), State::kActive);
}

TEST(Version3, StartsEagerlyAfterOneIntervalAndTheSmallestSkew) {
  RouterSettings eager = version3(100ms);
  eager.starts_eager = true;
  Router router(eager, {});
  router.on_start(kUp, std::nullopt, at(0));
  EXPECT_EQ(*router.deadline(), at(0) + 100'390'625ns);
}

TEST(Version3, AReloadOfTheIntervalCountsUntilTheActiveSaysAnother) {
  Router router(version3(100ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  router.on_settings(version3(200ms), {}, at(0.05));
  EXPECT_EQ(router.down_interval(), 721'875us);
  router.on_advertisement(heard(120, kHigher, at(0.1), 100ms), at(0.1));
  EXPECT_EQ(router.down_interval(), 360'937'500ns);
}

}  // namespace
}  // namespace holdfast::vrrp
