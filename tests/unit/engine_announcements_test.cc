// When an Active announces its addresses, and that each hold carries the number of frames. All
// times are given; nothing here reads a clock.
#include "vrrp-engine/announcements.h"

#include <functional>
#include <utility>
#include <vector>

#include "tests/unit/engine_fixture.h"

namespace holdfast::vrrp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

// What is due and when, in seconds.
using Batches = std::vector<std::pair<double, uint32_t>>;

double seconds_of(TimePoint when) {
  return std::chrono::duration<double>(when - at(0)).count();
}

// Advances in the steps that the announcements themselves ask for.
Batches run_until(Announcements& announcements, double end) {
  Batches batches;
  for (int step = 0; step < 1000; ++step) {
    const auto next = announcements.next();
    if (!next || *next > at(end)) return batches;
    batches.emplace_back(seconds_of(*next), announcements.take_due(*next));
  }
  ADD_FAILURE() << "they are due again and again without an end";
  return batches;
}

constexpr GratuitousArpSettings kTwice{.repeat = 5, .delay = 5s};
constexpr GratuitousArpSettings kPeriodic{
    .repeat = 5, .delay = 5s, .refresh = 8s, .refresh_repeat = 2};

TEST(Announcements, NothingIsDueBeforeTheStart) {
  Announcements announcements(kPeriodic);
  EXPECT_EQ(announcements.next(), std::nullopt);
  EXPECT_EQ(announcements.take_due(at(100)), 0U);
}

TEST(Announcements, AreOneBatchWhereNothingElseIsAskedFor) {
  Announcements announcements({.repeat = 3});
  EXPECT_EQ(announcements.start(at(0)), 3U);
  EXPECT_EQ(announcements.next(), std::nullopt);
}

TEST(Announcements, ComeASecondTimeAfterTheDelayAndThenNoMore) {
  Announcements announcements(kTwice);
  EXPECT_EQ(announcements.start(at(0)), 5U);
  EXPECT_EQ(announcements.take_due(at(4.999)), 0U);
  EXPECT_EQ(run_until(announcements, 1000), (Batches{{5, 5}}));
}

TEST(Announcements, ComePeriodically) {
  Announcements announcements(kPeriodic);
  announcements.start(at(0));
  EXPECT_EQ(run_until(announcements, 25), (Batches{{5, 5}, {8, 2}, {16, 2}, {24, 2}}));
}

TEST(Announcements, ThatComeTogetherAreTheLargerBatch) {
  Announcements announcements({.repeat = 2, .delay = 8s, .refresh = 8s, .refresh_repeat = 3});
  announcements.start(at(0));
  EXPECT_EQ(run_until(announcements, 17), (Batches{{8, 3}, {16, 3}}));
  announcements = Announcements(kPeriodic);
  announcements.start(at(0));
  EXPECT_EQ(announcements.take_due(at(9)), 5U);
}

TEST(Announcements, ThatAStallMissedAreNotMadeUpFor) {
  Announcements announcements({.repeat = 5, .refresh = 8s, .refresh_repeat = 2});
  announcements.start(at(0));
  EXPECT_EQ(announcements.take_due(at(100)), 2U);
  EXPECT_EQ(announcements.next(), at(108));
}

TEST(Announcements, EndAndBeginAnew) {
  Announcements announcements(kPeriodic);
  announcements.start(at(0));
  announcements.stop();
  EXPECT_EQ(announcements.next(), std::nullopt);
  EXPECT_EQ(announcements.take_due(at(100)), 0U);
  EXPECT_EQ(announcements.start(at(200)), 5U);
  EXPECT_EQ(announcements.next(), at(205));
}

TEST(Announcements, AReloadRepeatsNothing) {
  Announcements announcements(kTwice);
  announcements.start(at(0));
  announcements.change({.repeat = 7, .delay = 9s}, at(1));
  EXPECT_EQ(run_until(announcements, 100), (Batches{{5, 7}})) << "what is due stays due";
  announcements.change(kTwice, at(101));
  EXPECT_EQ(announcements.next(), std::nullopt);
}

TEST(Announcements, AReloadThatChangesThePeriodBeginsItNow) {
  Announcements announcements(kPeriodic);
  announcements.start(at(0));
  auto other = kPeriodic;
  other.refresh_repeat = 3;
  announcements.change(other, at(6));
  EXPECT_EQ(run_until(announcements, 10), (Batches{{5, 5}, {8, 3}})) << "the period is the same";
  other.refresh = 4s;
  announcements.change(other, at(11));
  EXPECT_EQ(run_until(announcements, 20), (Batches{{15, 3}, {19, 3}}));
  announcements.change(kTwice, at(20));
  EXPECT_EQ(announcements.next(), std::nullopt);
  announcements.change(other, at(30));
  EXPECT_EQ(announcements.next(), at(34));
}

TEST(Announcements, AReloadStartsNothingThatIsStopped) {
  Announcements announcements(kTwice);
  announcements.change(kPeriodic, at(1));
  EXPECT_EQ(announcements.next(), std::nullopt);
}

// ---- the router's holds ----------------------------------------------------------------------
class AnnouncingRouter : public ::testing::Test {
 protected:
  static RouterSettings announcing(const GratuitousArpSettings& garp = kPeriodic) {
    auto with = settings(100);
    with.garp = garp;
    return with;
  }
  Router active(const RouterSettings& with) {
    Router router(with, {});
    router.on_start(kUp, std::nullopt, at(0));
    began_ = *router.deadline();
    EXPECT_EQ(announced(router.on_deadline(began_)), with.garp.repeat);
    EXPECT_EQ(router.state(), State::kActive);
    return router;
  }
  static uint32_t announced(const Actions& actions) {
    const auto* hold = find<HoldAction>(actions);
    return hold == nullptr ? 0 : hold->announce;
  }
  // All that it announces by its own timer, in seconds since it became Active.
  Batches run(Router& router, Duration end) const {
    Batches batches;
    for (int step = 0; step < 1000; ++step) {
      const auto due = router.deadline();
      if (!due || *due > began_ + end) return batches;
      const uint32_t frames = announced(router.on_deadline(*due));
      if (frames > 0) batches.emplace_back(seconds_of(*due) - seconds_of(began_), frames);
    }
    ADD_FAILURE() << "it is due again and again without an end";
    return batches;
  }
  // For a while, beside a better router, it claims nothing and has no time that stays due.
  static void expect_silent(Router& router, TimePoint from) {
    for (TimePoint now = from; now < from + 20s; now += 100ms) {
      router.on_advertisement(advert(200, kHigher, now), now);
      EXPECT_FALSE(has<HoldAction>(router.on_deadline(now)));
      ASSERT_GT(router.deadline().value_or(now + 1s), now);
    }
  }

  TimePoint began_;
};

TEST_F(AnnouncingRouter, RenewsWhenAnAnnouncementIsDue) {
  Router router = active(announcing({.repeat = 5, .delay = 5500ms}));
  EXPECT_EQ(run(router, 5400ms), Batches{});
  EXPECT_EQ(router.deadline(), began_ + 5500ms) << "before the next renewal";
  EXPECT_EQ(announced(router.on_deadline(began_ + 5500ms)), 5U);
  EXPECT_EQ(router.deadline(), began_ + 5500ms + kRenewalTime) << "it was a renewal";
}

TEST_F(AnnouncingRouter, AnnouncesTwiceAndThenPeriodically) {
  Router router = active(announcing());
  EXPECT_EQ(run(router, 17s), (Batches{{5, 5}, {8, 2}, {16, 2}}));
}

TEST_F(AnnouncingRouter, AnotherPriorityIsNoReasonToAnnounce) {
  auto with = announcing();
  with.trackers = {{.check = 1, .name = "c", .weight = -5}};
  Router router = active(with);
  const auto actions = router.on_health({{1, {.passing = false}}}, 1, began_ + 1s);
  ASSERT_TRUE(has<HoldAction>(actions));
  EXPECT_EQ(announced(actions), 0U);
}

TEST_F(AnnouncingRouter, AStandstillThatOutlastedTheLeaseAnnouncesNothing) {
  Router router = active(announcing());
  EXPECT_EQ(announced(router.on_deadline(began_ + 60s)), 0U);
  EXPECT_EQ(router.state(), State::kBackup);
}

TEST_F(AnnouncingRouter, WhoeverIsActiveNoMoreIsSilent) {
  // How it ends, and the seconds that it takes.
  const std::vector<std::pair<int, std::function<void(Router&, TimePoint)>>> kEnds = {
      {0, [](Router& r, TimePoint t) { r.on_advertisement(advert(200, kHigher, t), t); }},
      {0, [](Router& r, TimePoint t) { r.on_lease_end(LeaseEnd::kAddressLost, "", t); }},
      {0, [](Router& r, TimePoint t) { r.on_link({}, t); }},
      {0, [](Router& r, TimePoint t) { r.on_shutdown(t); }},
      {60, [](Router& r, TimePoint t) { r.on_deadline(t + 60s); }},
      {3,
       [](Router& r, TimePoint t) {
         r.on_helper_lost(t);
         r.on_deadline(t + 3s);
       }},
  };
  for (size_t i = 0; i < kEnds.size(); ++i) {
    SCOPED_TRACE(i);
    Router router = active(announcing());
    const auto& [takes, end] = kEnds[i];
    end(router, began_ + 500ms);
    EXPECT_NE(router.state(), State::kActive);
    expect_silent(router, began_ + 600ms + std::chrono::seconds(takes));
  }
}

TEST_F(AnnouncingRouter, AResumedOneAnnouncesTheSecondTimeOnly) {
  Router router(announcing(), {});
  const auto actions = router.on_start(kUp, uint8_t{100}, at(0));
  ASSERT_TRUE(has<HoldAction>(actions));
  EXPECT_EQ(announced(actions), 0U) << "the former engine has";
  began_ = at(0);
  EXPECT_EQ(run(router, 17s), (Batches{{5, 5}, {8, 2}, {16, 2}}));
}

TEST_F(AnnouncingRouter, NothingIsDueWithoutTheHelper) {
  Router router = active(announcing({.repeat = 5, .delay = 1s}));
  router.on_helper_lost(began_ + 500ms);
  EXPECT_EQ(router.deadline(), began_ + 2500ms) << "that of the claim";
  EXPECT_TRUE(router.on_deadline(began_ + 1s).empty());
  EXPECT_TRUE(router.offer_claim(began_ + 1400ms));
  // Who knows what was said of the addresses meanwhile.
  EXPECT_EQ(announced(router.on_helper_back(kUp, began_ + 1500ms)), 5U);
  EXPECT_EQ(router.deadline(), began_ + 1s) << "the timers went on";
  EXPECT_EQ(announced(router.on_deadline(began_ + 1500ms)), 5U);
  EXPECT_EQ(run(router, 60s), Batches{});
}

TEST_F(AnnouncingRouter, AReloadAnnouncesNothingAtOnce) {
  Router router = active(announcing(kTwice));
  auto other = announcing({.repeat = 7, .delay = 5s, .refresh = 6s, .refresh_repeat = 3});
  other.priority = 110;
  const auto actions = router.on_settings(other, {}, began_ + 1s);
  ASSERT_TRUE(has<HoldAction>(actions)) << "because of the priority";
  EXPECT_EQ(announced(actions), 0U);
  EXPECT_EQ(run(router, 14s), (Batches{{5, 7}, {7, 3}, {13, 3}}));
}

}  // namespace
}  // namespace holdfast::vrrp
