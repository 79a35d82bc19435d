// The state table of RFC 3768 6.4, row by row, and what stands around it: leases, trackers, late
// timers, the helper going away. All times are given; nothing here reads a clock.
#include "vrrp-engine/router.h"

#include "tests/unit/engine_fixture.h"

namespace holdfast::vrrp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr double kSkew100 = 156.0 / 256;  // RFC 3768: (256 - Priority) / 256 seconds
constexpr double kDown100 = 3 + kSkew100;

class RouterTest : public ::testing::Test {
 protected:
  Router started(RouterSettings with = settings()) {
    Router router(std::move(with), {});
    router.on_start(kUp, std::nullopt, at(0));
    return router;
  }
  Router active(RouterSettings with = settings()) {
    Router router = started(std::move(with));
    router.on_deadline(*router.deadline());
    EXPECT_EQ(router.state(), State::kActive);
    return router;
  }
};

// ---- Initialize ------------------------------------------------------------------------------
TEST_F(RouterTest, InitializeStartupOwnerBecomesActiveAtOnce) {
  auto with = settings(255);
  with.starts_eager = true;
  Router router(with, {});
  const auto actions = router.on_start(kUp, std::nullopt, at(0));
  EXPECT_EQ(router.state(), State::kActive);
  ASSERT_TRUE(has<HoldAction>(actions));
  EXPECT_EQ(find<HoldAction>(actions)->priority, 255);
}

TEST_F(RouterTest, InitializeStartupBecomesBackupForOneDownInterval) {
  Router router(settings(100), {});
  const auto actions = router.on_start(kUp, std::nullopt, at(0));
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_FALSE(has<HoldAction>(actions));
  EXPECT_EQ(router.deadline(), at(kDown100));
  ASSERT_TRUE(has<TransitionAction>(actions));
  EXPECT_EQ(find<TransitionAction>(actions)->to, State::kBackup);
}

TEST_F(RouterTest, InitializeIgnoresPacketsAndTimers) {
  Router router(settings(), {});
  EXPECT_TRUE(router.on_advertisement(advert(200, kHigher, at(0)), at(0)).empty());
  EXPECT_TRUE(router.on_deadline(at(100)).empty());
  EXPECT_EQ(router.state(), State::kInitialize);
}

TEST_F(RouterTest, StateMasterWaitsOneAdvertisementAndTheSmallestSkew) {
  auto with = settings();
  with.starts_eager = true;
  EXPECT_EQ(started(with).deadline(), at(1 + 1.0 / 256));
}

// ---- Backup ----------------------------------------------------------------------------------
TEST_F(RouterTest, BackupShutdownStops) {
  Router router = started();
  const auto actions = router.on_shutdown(at(1));
  EXPECT_FALSE(has<ResignAction>(actions));
  EXPECT_TRUE(router.is_finished());
  EXPECT_FALSE(router.deadline().has_value());
}

TEST_F(RouterTest, BackupTimerMakesActive) {
  Router router = started();
  const auto actions = router.on_deadline(at(kDown100));
  EXPECT_EQ(router.state(), State::kActive);
  ASSERT_TRUE(has<HoldAction>(actions));
  EXPECT_EQ(find<HoldAction>(actions)->priority, 100);
  EXPECT_EQ(router.deadline(), at(kDown100) + kRenewalTime);
}

TEST_F(RouterTest, BackupIgnoresATimerThatIsNotDue) {
  Router router = started();
  EXPECT_TRUE(router.on_deadline(at(kDown100) - Duration(1)).empty());
  EXPECT_EQ(router.state(), State::kBackup);
}

TEST_F(RouterTest, BackupHearsPriorityZeroAndWaitsSkewTimeOnly) {
  Router router = started();
  router.on_advertisement(advert(200, kHigher, at(1)), at(1));
  router.on_advertisement(advert(50, kLower, at(1.5)), at(1.5));
  EXPECT_EQ(router.cause(), "10.0.0.2 is Active with priority 200");
  router.on_advertisement(advert(0, kHigher, at(2)), at(2));
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_EQ(router.deadline(), at(2 + kSkew100));
  router.on_deadline(at(2 + kSkew100));
  EXPECT_EQ(router.cause(), "10.0.0.2 resigned (priority 0) 0.61 s ago");
}

TEST_F(RouterTest, BackupHearsHigherOrEqualAndWaitsAnew) {
  for (const uint8_t priority : {uint8_t{100}, uint8_t{101}, uint8_t{255}}) {
    Router router = started();
    router.on_advertisement(advert(priority, kLower, at(2)), at(2));
    EXPECT_EQ(router.deadline(), at(2 + kDown100)) << int{priority};
    EXPECT_EQ(router.state(), State::kBackup);
  }
}

TEST_F(RouterTest, BackupHearsLowerAndLetsTheTimerRunOn) {
  Router router = started();
  router.on_advertisement(advert(99, kHigher, at(2)), at(2));
  EXPECT_EQ(router.deadline(), at(kDown100));
}

TEST_F(RouterTest, BackupWithoutPreemptionAcceptsLower) {
  auto with = settings();
  with.preempt = false;
  Router router = started(with);
  router.on_advertisement(advert(1, kLower, at(2)), at(2));
  EXPECT_EQ(router.deadline(), at(2 + kDown100));
}

TEST_F(RouterTest, PreemptDelayAcceptsLowerUntilItEnds) {
  auto with = settings();
  with.preempt_delay = 10s;
  Router router = started(with);
  router.on_advertisement(advert(50, kLower, at(1)), at(1));
  router.on_advertisement(advert(50, kLower, at(10.9)), at(10.9));
  EXPECT_EQ(router.deadline(), at(10.9 + kDown100));
  router.on_advertisement(advert(50, kLower, at(11)), at(11));
  EXPECT_EQ(router.deadline(), at(10.9 + kDown100)) << "the delay is over";
}

TEST_F(RouterTest, CountsFromWhenThePacketCame) {
  Router router = started();
  router.on_advertisement(advert(200, kHigher, at(1)), at(1.5));
  EXPECT_EQ(router.deadline(), at(1 + kDown100));
  router.on_advertisement(advert(200, kHigher, at(99)), at(2));
  EXPECT_EQ(router.deadline(), at(2 + kDown100)) << "a time in the future is not believed";
}

TEST_F(RouterTest, SaysWhoFellSilentAndForHowLong) {
  Router router = started();
  router.on_advertisement(advert(200, kHigher, at(1)), at(1));
  router.on_deadline(at(1 + kDown100));
  EXPECT_EQ(router.state(), State::kActive);
  EXPECT_EQ(router.cause(), "no advertisement from 10.0.0.2 for 3.61 s");
}

TEST_F(RouterTest, SaysWhomItPreempts) {
  Router router = started();
  router.on_advertisement(advert(90, kHigher, at(3)), at(3));
  router.on_deadline(at(kDown100));
  EXPECT_EQ(router.cause(), "10.0.0.2 advertises priority 90, ours is 100");
}

// ---- Active ----------------------------------------------------------------------------------
TEST_F(RouterTest, ActiveShutdownResignsAndLingersUntilTheSuccessorIsHeard) {
  Router router = active();
  const auto actions = router.on_shutdown(at(10));
  ASSERT_TRUE(has<ResignAction>(actions));
  EXPECT_EQ(find<ResignAction>(actions)->linger, Duration(kLinger));
  EXPECT_FALSE(router.is_finished());
  EXPECT_TRUE(router.on_advertisement(advert(0, kHigher, at(10.1)), at(10.1)).empty());
  EXPECT_TRUE(router.on_advertisement(advert(50, kLower, at(10.6)), at(10.6)).empty());
  EXPECT_TRUE(router.on_deadline(at(10.604)).empty()) << "the successor adds the addresses yet";
  EXPECT_FALSE(router.is_finished());
  EXPECT_EQ(router.deadline(), at(10.6) + kSuccessorNeeds);
  EXPECT_TRUE(has<WithdrawAction>(router.on_deadline(at(10.6) + kSuccessorNeeds)));
  EXPECT_TRUE(router.is_finished());
}

TEST_F(RouterTest, ActiveShutdownWithoutSuccessorWithdrawsAfterTheLinger) {
  Router router = active();
  router.on_shutdown(at(10));
  EXPECT_TRUE(router.on_deadline(at(11)).empty()) << "priority 1 waits nearly a second";
  EXPECT_TRUE(has<WithdrawAction>(router.on_deadline(at(10) + kLinger)));
  EXPECT_TRUE(router.is_finished());
}

// The RFC's Adver_Timer lives in net-helper; here the lease is renewed at a third of its time.
TEST_F(RouterTest, ActiveTimerRenewsTheLease) {
  Router router = active();
  const TimePoint due = *router.deadline();
  const auto actions = router.on_deadline(due);
  ASSERT_TRUE(has<HoldAction>(actions));
  EXPECT_FALSE(find<HoldAction>(actions)->advertise_now);
  EXPECT_EQ(router.deadline(), due + kRenewalTime);
  EXPECT_EQ(router.state(), State::kActive);
}

TEST_F(RouterTest, ActiveHearsPriorityZeroAndAdvertisesAtOnce) {
  Router router = active();
  const auto actions = router.on_advertisement(advert(0, kHigher, at(4)), at(4));
  ASSERT_TRUE(has<HoldAction>(actions));
  EXPECT_TRUE(find<HoldAction>(actions)->advertise_now);
  EXPECT_EQ(find<HoldAction>(actions)->announce, 0U) << "nobody else claimed the addresses";
  EXPECT_EQ(router.state(), State::kActive);
}

TEST_F(RouterTest, ActiveHearsHigherPriorityAndYields) {
  Router router = active();
  const auto actions = router.on_advertisement(advert(101, kLower, at(4)), at(4));
  EXPECT_TRUE(has<WithdrawAction>(actions));
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_EQ(router.deadline(), at(4 + kDown100));
  EXPECT_EQ(router.cause(), "10.0.0.0 advertises priority 101, ours is 100");
}

TEST_F(RouterTest, ActiveHearsEqualPriorityAndTheHigherAddressWins) {
  Router loser = active();
  EXPECT_TRUE(has<WithdrawAction>(loser.on_advertisement(advert(100, kHigher, at(4)), at(4))));
  EXPECT_EQ(loser.state(), State::kBackup);
  Router winner = active();
  EXPECT_FALSE(has<WithdrawAction>(winner.on_advertisement(advert(100, kLower, at(4)), at(4))));
  EXPECT_EQ(winner.state(), State::kActive);
}

TEST_F(RouterTest, AddressesCompareUnsigned) {
  auto link = kUp;
  link.primary = Ipv4{0x7f000001};
  Router router(settings(), {});
  router.on_start(link, std::nullopt, at(0));
  router.on_deadline(at(kDown100));
  router.on_advertisement(advert(100, Ipv4{0xc0a80001}, at(4)), at(4));
  EXPECT_EQ(router.state(), State::kBackup) << "192.168.0.1 is above 127.0.0.1";
}

TEST_F(RouterTest, ActiveHearsLowerAndReclaimsButNotForEveryPacket) {
  Router router = active();
  const auto first = router.on_advertisement(advert(50, kHigher, at(4)), at(4));
  ASSERT_TRUE(has<HoldAction>(first));
  EXPECT_TRUE(find<HoldAction>(first)->advertise_now);
  EXPECT_EQ(find<HoldAction>(first)->announce, 5U);
  EXPECT_TRUE(router.on_advertisement(advert(50, kHigher, at(4.1)), at(4.1)).empty());
  EXPECT_TRUE(has<HoldAction>(router.on_advertisement(advert(50, kHigher, at(4.6)), at(4.6))));
  EXPECT_EQ(router.state(), State::kActive);
}

// ---- leases ----------------------------------------------------------------------------------
TEST_F(RouterTest, ALeaseThatRanOutWhileWeStoodStillIsNotRenewed) {
  Router router = active();
  const TimePoint woke = *router.deadline() + 60s;
  const auto actions = router.on_deadline(woke);
  EXPECT_FALSE(has<HoldAction>(actions)) << "the peer holds the address by now";
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_EQ(router.deadline(), woke + router.down_interval());
}

TEST_F(RouterTest, APacketAfterAStandstillDoesNotRenewEither) {
  Router router = active();
  const TimePoint woke = *router.deadline() + 60s;
  const auto actions = router.on_advertisement(advert(50, kLower, woke), woke);
  EXPECT_FALSE(has<HoldAction>(actions));
  EXPECT_EQ(router.state(), State::kBackup);
}

TEST_F(RouterTest, TheHelperEndsTheLease) {
  Router router = active();
  const auto actions = router.on_lease_end(LeaseEnd::kAddressLost, "10.0.0.100/24", at(5));
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_FALSE(has<HoldAction>(actions));
  EXPECT_EQ(router.cause(), "somebody removed a virtual address: 10.0.0.100/24");
}

TEST_F(RouterTest, ALateExpiryIsLookedAtTwice) {
  Router router = started();
  const TimePoint woke = at(kDown100 + 5);
  EXPECT_TRUE(router.on_deadline(woke).empty());
  EXPECT_EQ(router.state(), State::kBackup);
  // The advertisement that had been waiting unread says that somebody is Active.
  router.on_advertisement(advert(200, kHigher, at(kDown100 + 4.5)), woke);
  EXPECT_TRUE(router.on_deadline(woke + 20ms).empty());
  EXPECT_EQ(router.state(), State::kBackup);
}

TEST_F(RouterTest, ALateExpiryCountsWhenNothingWasWaiting) {
  Router router = started();
  const TimePoint woke = at(kDown100 + 5);
  router.on_deadline(woke);
  router.on_deadline(*router.deadline());
  EXPECT_EQ(router.state(), State::kActive);
}

TEST_F(RouterTest, ResumesWhatAFormerEngineHeld) {
  Router router(settings(), {});
  const auto actions = router.on_start(kUp, uint8_t{100}, at(0));
  EXPECT_EQ(router.state(), State::kActive);
  ASSERT_TRUE(has<HoldAction>(actions));
  EXPECT_FALSE(find<HoldAction>(actions)->advertise_now);
  ASSERT_TRUE(has<TransitionAction>(actions));
  EXPECT_TRUE(find<TransitionAction>(actions)->resumed) << "nobody is to be told again";
}

TEST_F(RouterTest, AResumedRouterKeepsItsPriorityUntilItsChecksAreKnown) {
  auto with = settings(100);
  with.trackers = {{.check = 1, .name = "chk", .weight = -5}};
  Router router(with, {});
  router.on_start(kUp, uint8_t{95}, at(0));
  EXPECT_EQ(router.effective_priority(), 95);
  router.on_health({{1, {.passing = true}}}, 1, at(1));
  EXPECT_EQ(router.effective_priority(), 100);
}

TEST_F(RouterTest, TheHelperAwayForAMomentChangesNothing) {
  Router router = active();
  router.on_helper_lost(at(10));
  EXPECT_EQ(router.deadline(), at(12));
  EXPECT_TRUE(router.offer_claim(at(10.2)));
  const auto actions = router.on_helper_back(kUp, at(10.2));
  EXPECT_TRUE(has<HoldAction>(actions));
  EXPECT_FALSE(has<TransitionAction>(actions));
}

TEST_F(RouterTest, WhatAGreetingOffersIsMeantWhenItIsAnswered) {
  Router in_time = active();
  in_time.on_helper_lost(at(10));
  EXPECT_TRUE(in_time.offer_claim(at(11.9)));
  EXPECT_TRUE(in_time.on_deadline(at(12)).empty()) << "the helper holds it now";
  EXPECT_TRUE(has<HoldAction>(in_time.on_helper_back(kUp, at(12.1))));
  EXPECT_EQ(in_time.state(), State::kActive);
  Router late = active();
  late.on_helper_lost(at(10));
  EXPECT_FALSE(late.offer_claim(at(12)));
  EXPECT_FALSE(has<HoldAction>(late.on_helper_back(kUp, at(12))));
  EXPECT_EQ(late.state(), State::kBackup) << "it was not named, so nothing is held for it";
  Router unanswered = active();
  unanswered.on_helper_lost(at(10));
  EXPECT_TRUE(unanswered.offer_claim(at(11)));
  unanswered.on_deadline(at(14));
  EXPECT_EQ(unanswered.state(), State::kBackup) << "its lease is over";
}

TEST_F(RouterTest, TheHelperAwayForLongCostsTheRouter) {
  Router router = active();
  router.on_helper_lost(at(10));
  const auto actions = router.on_helper_back(kUp, at(13));
  EXPECT_FALSE(has<HoldAction>(actions));
  EXPECT_EQ(router.state(), State::kBackup);
}

TEST_F(RouterTest, AnActiveWhoseHelperStaysAwayIsNoLongerActive) {
  Router router = active();
  router.on_helper_lost(at(10));
  EXPECT_TRUE(router.on_deadline(at(11.9)).empty());
  const auto actions = router.on_deadline(at(12));
  EXPECT_TRUE(has<TransitionAction>(actions));
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_EQ(router.cause(), "net-helper is away for 2.00 s");
  EXPECT_FALSE(router.deadline().has_value());
  router.on_helper_back(kUp, at(30));
  EXPECT_EQ(router.deadline(), at(30 + kDown100));
}

TEST_F(RouterTest, ABackupWithoutHelperIsDeafAndStartsToWaitAnew) {
  Router router = started();
  router.on_helper_lost(at(1));
  EXPECT_TRUE(router.on_deadline(at(30)).empty());
  router.on_helper_back(kUp, at(30));
  EXPECT_EQ(router.deadline(), at(30 + kDown100));
}

// ---- links and trackers ----------------------------------------------------------------------
TEST_F(RouterTest, WaitsForItsInterface) {
  Router router(settings(), {});
  router.on_start({}, std::nullopt, at(0));
  EXPECT_EQ(router.state(), State::kFault);
  EXPECT_EQ(router.cause(), "interface eth0 does not exist yet");
  router.on_link(kUp, at(5));
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_EQ(router.deadline(), at(5 + kDown100));
}

TEST_F(RouterTest, ALinkThatGoesDownIsAFaultAndResigns) {
  Router router = active();
  auto down = kUp;
  down.running = false;
  const auto actions = router.on_link(down, at(5));
  ASSERT_TRUE(has<ResignAction>(actions));
  EXPECT_EQ(find<ResignAction>(actions)->linger, Duration{});
  EXPECT_EQ(router.state(), State::kFault);
}

TEST_F(RouterTest, AWeightMovesThePriorityAndSaysWhy) {
  auto with = settings(100);
  with.trackers = {{.check = 1, .name = "chk_nginx", .weight = -5}};
  Router router = active(with);
  const auto actions = router.on_health(
      {{1, {.passing = false, .consecutive = 2, .cause = "exit status 1"}}}, 1, at(5));
  EXPECT_EQ(router.effective_priority(), 95);
  EXPECT_EQ(router.priority_cause(), "chk_nginx failed twice: priority 100 -> 95");
  ASSERT_TRUE(has<HoldAction>(actions));
  EXPECT_EQ(find<HoldAction>(actions)->priority, 95);
  EXPECT_FALSE(find<HoldAction>(actions)->advertise_now) << "the next advertisement carries it";
  EXPECT_EQ(router.state(), State::kActive);
}

TEST_F(RouterTest, AFailingCheckWithoutWeightIsAFault) {
  auto with = settings();
  with.trackers = {{.check = 1, .name = "chk"}};
  HealthTable health{{1, {.passing = true}}};
  Router router(with, health);
  router.on_start(kUp, std::nullopt, at(0));
  router.on_deadline(*router.deadline());
  ASSERT_EQ(router.state(), State::kActive);
  health[1] = {.passing = false, .consecutive = 1, .cause = "exit status 3"};
  EXPECT_TRUE(has<ResignAction>(router.on_health(health, 1, at(9))));
  EXPECT_EQ(router.state(), State::kFault);
  EXPECT_EQ(router.cause(), "chk failed (exit status 3)");
  health[1] = {.passing = true};
  router.on_health(health, 1, at(12));
  EXPECT_EQ(router.state(), State::kBackup);
}

TEST_F(RouterTest, ACheckWithoutWeightIsWaitedForAtTheStart) {
  auto with = settings();
  with.trackers = {{.check = 1, .name = "chk"}};
  Router router(with, {});
  router.on_start(kUp, std::nullopt, at(0));
  EXPECT_EQ(router.state(), State::kInitialize);
  EXPECT_EQ(router.cause(), "waiting for the first result of chk");
  router.on_health({{1, {.passing = true}}}, 1, at(1));
  EXPECT_EQ(router.state(), State::kBackup);
}

TEST(Judge, AppliesWeightsAsKeepalivedDoes) {
  const auto priority = [](int weight, bool reverse, bool passing, uint8_t base = 100) {
    const TrackerSettings tracker{.check = 1, .name = "c", .weight = weight, .reverse = reverse};
    return judge(base, {tracker}, {{1, {.passing = passing}}}).priority;
  };
  EXPECT_EQ(priority(5, false, true), 105);
  EXPECT_EQ(priority(5, false, false), 100);
  EXPECT_EQ(priority(-5, false, true), 100);
  EXPECT_EQ(priority(-5, false, false), 95);
  EXPECT_EQ(priority(5, true, false), 105);
  EXPECT_EQ(priority(-5, true, true), 95);
  EXPECT_EQ(priority(253, false, true), 254) << "clamped";
  EXPECT_EQ(priority(-253, false, false), 1) << "clamped";
  EXPECT_EQ(priority(-5, false, false, 255), 255) << "the owner is immune";
}

TEST_F(RouterTest, RemembersABoundedNumberOfPeers) {
  Router router = started();
  for (uint32_t i = 0; i < 1000; ++i) {
    router.on_advertisement(advert(100, Ipv4{0x0a010000 + i}, at(1)), at(1));
  }
  EXPECT_EQ(router.peers().size(), Router::kPeersMax);
}

}  // namespace
}  // namespace holdfast::vrrp
