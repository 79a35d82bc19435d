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

// Half an interval, where that is less than the half second of VRRPv2, and no more often than the
// helper would grant.
TEST(Version3, AnswersALowerPriorityOnceInHalfAnInterval) {
  Router router(version3(400ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  router.on_deadline(*router.deadline());
  const auto answers = [&router](double when) {
    const auto actions = router.on_advertisement(heard(50, kHigher, at(when), 100ms), at(when));
    const auto* hold = find<HoldAction>(actions);
    return hold != nullptr && hold->advertise_now;
  };
  EXPECT_TRUE(answers(2));
  EXPECT_FALSE(answers(2.199));
  EXPECT_TRUE(answers(2.2));
  router.on_settings(version3(10ms), {}, at(2.2));
  EXPECT_FALSE(answers(2.299));
  EXPECT_TRUE(answers(2.3));
}

TEST(Version3, AnnouncesEachHalfSecondAtMostWhileItReclaims) {
  Router router(version3(10ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  router.on_deadline(*router.deadline());
  std::vector<uint32_t> announced;
  for (const double when : {1.0, 1.1, 1.2, 1.499, 1.6}) {
    const auto actions = router.on_advertisement(heard(50, kHigher, at(when), 10ms), at(when));
    announced.push_back(find<HoldAction>(actions)->announce);
  }
  EXPECT_EQ(announced, (std::vector<uint32_t>{5, 0, 0, 0, 5}));
}

// A flood of resignations from the wire must not use up what the helper grants.
TEST(Version3, AnswersAPriorityOf0TenTimesASecondAtMost) {
  Router router(version3(10ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  router.on_deadline(*router.deadline());
  const auto answers = [&router](double when) {
    return has<HoldAction>(router.on_advertisement(heard(0, kHigher, at(when), 10ms), at(when)));
  };
  EXPECT_TRUE(answers(1));
  EXPECT_FALSE(answers(1.099));
  EXPECT_TRUE(answers(1.1));
}

TEST(Version3, AnswersOnForTheLongestSkewOfASuccessor) {
  EXPECT_EQ(Router(version3(10ms), {}).linger(), Duration(kLinger));
  EXPECT_EQ(Router(version3(2000ms), {}).linger(), 2050ms);
  RouterSettings version2 = settings();
  version2.advert_interval = 2000ms;
  EXPECT_EQ(Router(version2, {}).linger(), Duration(kLinger));
}

TEST(Version3, AsksAgainSoonWhenTheHelperRefusesForNow) {
  Router router(version3(100ms), {});
  router.on_start(kUp, std::nullopt, at(0));
  const TimePoint claimed = *router.deadline();
  EXPECT_EQ(find<HoldAction>(router.on_deadline(claimed))->announce, 5U);
  router.on_refused_for_now(claimed + 1ms);
  EXPECT_EQ(*router.deadline(), claimed + 51ms);
  EXPECT_EQ(find<HoldAction>(router.on_deadline(claimed + 51ms))->announce, 5U);
  // Long after the claim it was a renewal: nothing is announced again.
  router.on_refused_for_now(claimed + 2000ms);
  EXPECT_EQ(*router.deadline(), claimed + 1051ms);
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
