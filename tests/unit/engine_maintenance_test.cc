// `holdfast maintenance`: a router steps down as at a planned stop, and stays down by itself.
#include "tests/unit/engine_fixture.h"
#include "vrrp-engine/engine.h"

namespace holdfast::vrrp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

const std::string kOrder = "since noon, by root";

class MaintenanceTest : public ::testing::Test {
 protected:
  static Router started(RouterSettings with = settings()) {
    Router router(std::move(with), {{1, {.passing = true}}});
    router.on_start(kUp, std::nullopt, at(0));
    return router;
  }
  static Router active(RouterSettings with = settings()) {
    Router router = started(std::move(with));
    router.on_deadline(*router.deadline());
    EXPECT_EQ(router.state(), State::kActive);
    return router;
  }
  // Resigned at 10, the successor heard at 10.5.
  static Router handed_over(RouterSettings with = settings()) {
    Router router = active(std::move(with));
    router.on_maintenance(kOrder, at(10));
    router.on_advertisement(advert(90, kHigher, at(10.5)), at(10.5));
    EXPECT_TRUE(has<WithdrawAction>(router.on_deadline(at(10.5) + kSuccessorNeeds)));
    return router;
  }
};

TEST_F(MaintenanceTest, AnActiveResignsAndAnswersUntilTheSuccessorIsHeard) {
  Router router = active();
  const auto actions = router.on_maintenance(kOrder, at(10));
  ASSERT_TRUE(has<ResignAction>(actions));
  EXPECT_EQ(find<ResignAction>(actions)->linger, Duration(kLinger));
  ASSERT_TRUE(has<TransitionAction>(actions));
  EXPECT_EQ(find<TransitionAction>(actions)->to, State::kStopped);
  EXPECT_EQ(find<TransitionAction>(actions)->cause, "in maintenance since noon, by root");
  EXPECT_FALSE(find<TransitionAction>(actions)->resumed) << "the notifier is told";
  EXPECT_TRUE(router.is_lingering());
  EXPECT_EQ(router.active_peer(), nullptr) << "nobody took over yet";
  EXPECT_TRUE(router.on_advertisement(advert(0, kHigher, at(10.1)), at(10.1)).empty());
  EXPECT_TRUE(router.on_advertisement(advert(50, kLower, at(10.6)), at(10.6)).empty());
  EXPECT_TRUE(router.on_deadline(at(10.604)).empty()) << "the successor adds the addresses yet";
  EXPECT_TRUE(has<WithdrawAction>(router.on_deadline(at(10.6) + kSuccessorNeeds)));
  EXPECT_FALSE(router.is_lingering());
  ASSERT_NE(router.active_peer(), nullptr);
  EXPECT_EQ(router.active_peer()->address, kLower);
  EXPECT_EQ(router.active_peer()->priority, 50);
  EXPECT_EQ(router.cause(), "in maintenance since noon, by root; 10.0.0.0 took over");
}

TEST_F(MaintenanceTest, WithoutASuccessorTheAddressesGoWhenTheLingerIsOver) {
  Router router = active();
  router.on_maintenance(kOrder, at(10));
  EXPECT_TRUE(router.on_deadline(at(11)).empty());
  EXPECT_TRUE(has<WithdrawAction>(router.on_deadline(at(10) + kLinger)));
  EXPECT_FALSE(router.holds());
  EXPECT_EQ(router.active_peer(), nullptr);
}

TEST_F(MaintenanceTest, LingersForALongVersion3Interval) {
  auto with = settings();
  with.version = 3;
  with.advert_interval = 2s;
  Router router = active(with);
  const auto actions = router.on_maintenance(kOrder, at(20));
  ASSERT_TRUE(has<ResignAction>(actions));
  EXPECT_EQ(find<ResignAction>(actions)->linger, Duration(2050ms));
}

TEST_F(MaintenanceTest, NothingBringsItBackButTheOperator) {
  auto with = settings(255);
  with.starts_eager = true;
  with.trackers = {{.check = 1, .name = "chk"}};
  Router router = handed_over(with);
  EXPECT_FALSE(router.deadline().has_value());
  EXPECT_TRUE(router.on_deadline(at(1000)).empty());
  EXPECT_TRUE(router.on_advertisement(advert(1, kLower, at(20)), at(20)).empty()) << "a worse one";
  EXPECT_TRUE(router.on_advertisement(advert(0, kHigher, at(21)), at(21)).empty());
  EXPECT_TRUE(router.on_link({}, at(22)).empty());
  EXPECT_TRUE(router.on_link(kUp, at(23)).empty());
  EXPECT_FALSE(has<TransitionAction>(router.on_health({{1, {.passing = false}}}, 1, at(24))));
  EXPECT_FALSE(has<TransitionAction>(router.on_health({{1, {.passing = true}}}, 1, at(25))));
  EXPECT_FALSE(has<TransitionAction>(router.on_settings(with, {}, at(26))));
  EXPECT_TRUE(router.on_helper_lost(at(27)).empty());
  EXPECT_TRUE(router.on_helper_back(kUp, at(28)).empty());
  EXPECT_TRUE(router.on_lease_end(LeaseEnd::kOther, "", at(29)).empty());
  EXPECT_EQ(router.state(), State::kStopped);
  EXPECT_FALSE(router.deadline().has_value());
}

TEST_F(MaintenanceTest, ItStillHearsWhoIsActive) {
  Router router = handed_over();
  router.on_advertisement(advert(95, kHigher, at(30)), at(30));
  ASSERT_EQ(router.peers().size(), 1U);
  EXPECT_EQ(router.peers()[0].priority, 95);
}

TEST_F(MaintenanceTest, ABackupStopsWithoutAWord) {
  Router router = started();
  router.on_advertisement(advert(200, kHigher, at(1)), at(1));
  const auto actions = router.on_maintenance(kOrder, at(2));
  EXPECT_FALSE(has<ResignAction>(actions));
  EXPECT_TRUE(has<TransitionAction>(actions));
  EXPECT_EQ(router.state(), State::kStopped);
  EXPECT_FALSE(router.deadline().has_value());
}

TEST_F(MaintenanceTest, AFaultThatEndsMeanwhileStartsNothing) {
  Router router = started();
  router.on_link({}, at(1));
  EXPECT_EQ(router.state(), State::kFault);
  router.on_maintenance(kOrder, at(2));
  EXPECT_EQ(router.state(), State::kStopped);
  EXPECT_TRUE(router.on_link(kUp, at(3)).empty());
}

TEST_F(MaintenanceTest, OffMakesItABackupThatPreemptsAsConfigured) {
  Router router = handed_over();
  const auto actions = router.on_maintenance(std::nullopt, at(100));
  ASSERT_TRUE(has<TransitionAction>(actions));
  EXPECT_EQ(find<TransitionAction>(actions)->to, State::kBackup);
  EXPECT_EQ(router.cause(), "the maintenance is over");
  const TimePoint due = *router.deadline();
  EXPECT_EQ(due, at(100) + router.down_interval());
  router.on_advertisement(advert(90, kHigher, at(101)), at(101));
  EXPECT_EQ(router.deadline(), due) << "it preempts";
}

TEST_F(MaintenanceTest, OffWithoutPreemptionLeavesTheSuccessorActive) {
  auto with = settings();
  with.preempt = false;
  Router router = handed_over(with);
  router.on_maintenance(std::nullopt, at(100));
  router.on_advertisement(advert(90, kHigher, at(101)), at(101));
  EXPECT_EQ(router.deadline(), at(101) + router.down_interval());
}

TEST_F(MaintenanceTest, OffOfAFaultyRouterIsAFault) {
  Router router = handed_over();
  router.on_link({}, at(50));
  router.on_maintenance(std::nullopt, at(100));
  EXPECT_EQ(router.state(), State::kFault);
}

TEST_F(MaintenanceTest, OffWhileACheckIsUnknownWaitsForIt) {
  auto with = settings();
  with.trackers = {{.check = 1, .name = "chk"}};
  Router router(with, {});
  router.on_maintenance(kOrder, at(0));
  router.on_start(kUp, std::nullopt, at(1));
  EXPECT_TRUE(has<WithdrawAction>(router.on_deadline(at(1) + kLinger)));
  router.on_maintenance(std::nullopt, at(5));
  EXPECT_EQ(router.state(), State::kInitialize);
  router.on_health({{1, {.passing = true}}}, 1, at(6));
  EXPECT_EQ(router.state(), State::kBackup);
}

// Make before break holds for who changes their mind, too: the addresses stay until somebody else
// has them, and only then the router comes back.
TEST_F(MaintenanceTest, OffWhileItLingersWaitsForTheSuccessor) {
  Router router = active();
  router.on_maintenance(kOrder, at(10));
  EXPECT_TRUE(router.on_maintenance(std::nullopt, at(10.1)).empty());
  EXPECT_TRUE(router.is_lingering());
  router.on_advertisement(advert(90, kHigher, at(10.5)), at(10.5));
  const auto actions = router.on_deadline(at(10.5) + kSuccessorNeeds);
  EXPECT_TRUE(has<WithdrawAction>(actions));
  EXPECT_EQ(router.state(), State::kBackup);
  EXPECT_TRUE(router.deadline().has_value());
}

TEST_F(MaintenanceTest, OffBeforeTheHelperLosesTheLingeringClaim) {
  Router router = active();
  router.on_maintenance(kOrder, at(10));
  router.on_maintenance(std::nullopt, at(10.1));
  router.on_lease_end(LeaseEnd::kLinkLost, "eth0", at(10.2));
  EXPECT_EQ(router.state(), State::kBackup);
}

TEST_F(MaintenanceTest, AskedForTwiceItIsDoneOnce) {
  Router router = handed_over();
  EXPECT_TRUE(router.on_maintenance("since later, by anna", at(20)).empty());
  EXPECT_TRUE(router.on_deadline(at(100)).empty());
}

TEST_F(MaintenanceTest, APlannedStopOfTheEngineDoesNotTellASecondTime) {
  Router router = handed_over();
  EXPECT_TRUE(router.on_shutdown(at(20)).empty());
  EXPECT_TRUE(router.is_finished());
  EXPECT_TRUE(router.on_maintenance(std::nullopt, at(21)).empty()) << "it is stopping";
}

TEST_F(MaintenanceTest, APlannedStopWhileItLingersWaitsForTheSuccessor) {
  Router router = active();
  router.on_maintenance(kOrder, at(10));
  router.on_shutdown(at(10.1));
  EXPECT_FALSE(router.is_finished());
  EXPECT_TRUE(has<WithdrawAction>(router.on_deadline(at(10) + kLinger)));
  EXPECT_TRUE(router.is_finished());
}

// ---- over the death of a process ---------------------------------------------------------------
TEST_F(MaintenanceTest, ANewEngineKeepsItDownAndTellsNobodyAgain) {
  Router router(settings(), {});
  EXPECT_TRUE(router.on_maintenance(kOrder, at(0)).empty());
  const auto actions = router.on_start(kUp, std::nullopt, at(1));
  EXPECT_FALSE(has<HoldAction>(actions));
  ASSERT_TRUE(has<TransitionAction>(actions));
  EXPECT_EQ(find<TransitionAction>(actions)->to, State::kStopped);
  EXPECT_TRUE(find<TransitionAction>(actions)->resumed);
  router.on_deadline(at(1) + kLinger);
  EXPECT_FALSE(router.deadline().has_value());
}

// The helper goes on answering for a claim that was resigned, and does not list it.
TEST_F(MaintenanceTest, ANewEngineLetsGoForTheFormerWhenItHearsTheSuccessor) {
  Router router(settings(), {});
  router.on_maintenance(kOrder, at(0));
  router.on_start(kUp, std::nullopt, at(1));
  router.on_advertisement(advert(90, kHigher, at(1.2)), at(1.2));
  EXPECT_TRUE(has<WithdrawAction>(router.on_deadline(at(1.2) + kSuccessorNeeds)));
}

TEST_F(MaintenanceTest, ANewEngineResignsWhatTheFormerHeldToTheEnd) {
  Router router(settings(), {});
  router.on_maintenance(kOrder, at(0));
  const auto actions = router.on_start(kUp, uint8_t{100}, at(1));
  ASSERT_TRUE(has<ResignAction>(actions));
  EXPECT_EQ(find<ResignAction>(actions)->linger, Duration(kLinger));
  EXPECT_EQ(router.state(), State::kStopped);
  EXPECT_TRUE(router.is_lingering());
  size_t told = 0;
  for (const Action& action : actions) {
    const auto* transition = std::get_if<TransitionAction>(&action);
    if (transition != nullptr && !transition->resumed) ++told;
  }
  EXPECT_EQ(told, 1U) << "that it stops; that it was Active was told before";
}

TEST_F(MaintenanceTest, WithoutTheHelperItWaitsForItToResign) {
  Router router = active();
  router.on_helper_lost(at(10));
  EXPECT_TRUE(router.on_maintenance(kOrder, at(10.1)).empty());
  EXPECT_TRUE(router.offer_claim(at(10.2))) << "the greeting claims it, so that it can be resigned";
  const auto actions = router.on_helper_back(kUp, at(10.3));
  ASSERT_TRUE(has<ResignAction>(actions));
  EXPECT_EQ(find<ResignAction>(actions)->linger, Duration(kLinger));
  EXPECT_EQ(router.state(), State::kStopped);
}

TEST_F(MaintenanceTest, WithoutTheHelperForLongItStopsWhenThatIsBack) {
  Router router = active();
  router.on_helper_lost(at(10));
  router.on_maintenance(kOrder, at(10.1));
  router.on_deadline(at(13));
  EXPECT_EQ(router.state(), State::kBackup);
  const auto actions = router.on_helper_back(kUp, at(14));
  EXPECT_FALSE(has<HoldAction>(actions));
  EXPECT_EQ(router.state(), State::kStopped);
}

// ---- all routers of the host -------------------------------------------------------------------
class HostMaintenanceTest : public ::testing::Test {
 protected:
  using Lines = std::vector<std::string>;

  static RouterSettings other() {
    auto one = settings(100);
    one.id = 8;
    one.name = "other";
    one.vrid = 52;
    return one;
  }
  static EngineSettings two_routers() {
    return {.generation = 1, .system_name = "n", .routers = {settings(), other()}};
  }
  void become_active() {
    engine_.on_helper_ready({{"eth0", kUp}}, {}, at(0));
    engine_.on_deadline(*engine_.next_deadline());
    port_.take();
  }

  RecordingPort port_;
  Engine engine_{two_routers(), port_};
};

TEST_F(HostMaintenanceTest, OneRouterStepsDownAndTheOtherIsNotTouched) {
  become_active();
  engine_.on_maintenance({.host = {}, .routers = {{"other", kOrder}, {"no such", kOrder}}}, at(10));
  EXPECT_EQ(port_.take(), (Lines{"resign 8 linger", "other -> Stopped"}));
  EXPECT_EQ(engine_.in_maintenance(), 1U);
  engine_.on_maintenance({}, at(20));
  engine_.on_deadline(at(21));
  EXPECT_EQ(engine_.in_maintenance(), 0U);
}

TEST_F(HostMaintenanceTest, TheHostIsEachOfItsRoutersAndOneThatAReloadAdds) {
  become_active();
  engine_.on_maintenance({.host = kOrder, .routers = {}}, at(10));
  EXPECT_EQ(port_.take(),
            (Lines{"resign 7 linger", "myr -> Stopped", "resign 8 linger", "other -> Stopped"}));
  auto more = two_routers();
  more.routers.push_back(settings(255));
  more.routers.back().id = 9;
  more.routers.back().name = "third";
  more.routers.back().vrid = 53;
  more.routers.back().starts_eager = true;
  engine_.reconfigure(more, at(11));
  EXPECT_EQ(port_.take(), Lines{"third -> Stopped"});
  EXPECT_EQ(engine_.in_maintenance(), 3U);
}

// The helper lived on and lists what was claimed in the greeting.
TEST_F(HostMaintenanceTest, WhatIsResignedWhenTheHelperIsBackIsNotWithdrawnAtOnce) {
  become_active();
  engine_.on_helper_lost(at(10));
  engine_.on_maintenance({.host = {}, .routers = {{"other", kOrder}}}, at(10.1));
  EXPECT_EQ(port_.take(), Lines{});
  EXPECT_EQ(engine_.offer_claims(at(10.2)).size(), 2U);
  engine_.on_helper_ready({{"eth0", kUp}}, {{7, 100}, {8, 100}}, at(10.2));
  EXPECT_EQ(port_.take(),
            (Lines{"hold 7 100", "hold 8 100", "resign 8 linger", "other -> Stopped"}));
}

TEST_F(HostMaintenanceTest, ARouterThatChangesOnTheWireStaysDown) {
  become_active();
  engine_.on_maintenance({.host = {}, .routers = {{"other", kOrder}}}, at(10));
  engine_.on_deadline(at(12));
  port_.take();
  auto changed = two_routers();
  changed.routers[1].vrid = 99;
  engine_.reconfigure(changed, at(13));
  engine_.on_deadline(at(30));
  for (const std::string& line : port_.take()) EXPECT_FALSE(line.starts_with("hold 8")) << line;
  EXPECT_EQ(engine_.find(8)->router.state(), State::kStopped);
}

}  // namespace
}  // namespace holdfast::vrrp
