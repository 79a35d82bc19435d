// The engine above the routers: finding the router, counters, remarks, reload.
#include "vrrp-engine/engine.h"

#include "common/vrrp_encode.h"
#include "tests/unit/engine_fixture.h"
#include "tests/unit/vrrp_datagram.h"

namespace holdfast::vrrp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

using Lines = std::vector<std::string>;

class EngineTest : public ::testing::Test {
 protected:
  static EngineSettings one_router() {
    return {.generation = 1, .system_name = "n", .checks = {{3, "chk"}}, .routers = {settings()}};
  }
  void packet(uint8_t priority, double when, uint8_t vrid = 51, uint8_t ttl = 255,
              Ipv4 group = Ipv4{0xe0000012}) {
    const auto datagram = encode_datagram({.source = kHigher, .destination = group, .ttl = ttl},
                                          encode_message({.vrid = vrid,
                                                          .priority = priority,
                                                          .interval_s = 1,
                                                          .addresses = {Ipv4{0x0a000064}}}));
    engine_.on_packet("eth0", {.received_at = at(when), .datagram = datagram}, at(when));
  }
  void become_active() {
    engine_.on_helper_ready({{"eth0", kUp}}, {}, at(0));
    engine_.on_deadline(*engine_.next_deadline());
    port_.take();
  }

  RecordingPort port_;
  Engine engine_{one_router(), port_};
};

TEST_F(EngineTest, StartsWhenTheHelperIsThere) {
  EXPECT_FALSE(engine_.next_deadline().has_value());
  engine_.on_helper_ready({{"eth0", kUp}}, {}, at(0));
  EXPECT_EQ(port_.take(), Lines{"myr -> Backup"});
  engine_.on_deadline(*engine_.next_deadline());
  EXPECT_EQ(port_.take(), (Lines{"hold 7 100", "myr -> Active"}));
}

TEST_F(EngineTest, LooksAgainAtADeadlineThatMovedMeanwhile) {
  engine_.on_helper_ready({{"eth0", kUp}}, {}, at(0));
  const TimePoint first = *engine_.next_deadline();
  packet(120, 1);
  port_.take();
  engine_.on_deadline(first);
  EXPECT_EQ(port_.take(), Lines{});
  const TimePoint second = *engine_.next_deadline();
  EXPECT_EQ(second - first, std::chrono::seconds(1));
  engine_.on_deadline(second);
  EXPECT_EQ(port_.take(), (Lines{"hold 7 100", "myr -> Active"}));
}

TEST_F(EngineTest, LooksEarlierWhenADeadlineComesNearer) {
  engine_.on_helper_ready({{"eth0", kUp}}, {}, at(0));
  packet(0, 1);
  EXPECT_EQ(*engine_.next_deadline(), at(1) + engine_.find(7)->router.skew_time());
}

TEST_F(EngineTest, ForgetsTheDeadlineOfARouterThatIsGone) {
  become_active();
  auto without = one_router();
  without.routers.clear();
  engine_.reconfigure(without, at(5));
  EXPECT_EQ(engine_.next_deadline(), std::nullopt);
  engine_.on_deadline(at(100));
}

TEST_F(EngineTest, ResumesWhatTheHelperStillHolds) {
  engine_.on_helper_ready({{"eth0", kUp}}, {{7, 100}}, at(0));
  EXPECT_EQ(port_.take(), (Lines{"hold 7 100", "myr -> Active"}));
}

TEST_F(EngineTest, TellsANewHelperWhatItHolds) {
  EXPECT_TRUE(engine_.offer_claims(at(0)).empty());
  become_active();
  engine_.on_helper_lost(at(4));
  EXPECT_EQ(engine_.offer_claims(at(5.9)), (std::map<RouterId, uint8_t>{{7, 100}}));
  EXPECT_TRUE(engine_.offer_claims(at(6)).empty()) << "the peers have waited long enough";
}

TEST_F(EngineTest, CountsARefusedPacketAndRemarksOnce) {
  become_active();
  for (int i = 0; i < 1000; ++i) packet(200, 10 + i * 0.001, 51, 64);
  EXPECT_EQ(port_.take(), Lines{"refused wrong_ttl +0"});
  packet(200, 30, 51, 64);
  EXPECT_EQ(port_.take(), Lines{"refused wrong_ttl +999"});
  EXPECT_EQ(engine_.find(7)->refused[static_cast<size_t>(Rung::kWrongTtl)], 1001U);
  EXPECT_EQ(engine_.find(7)->router.state(), State::kActive);
}

TEST_F(EngineTest, CountsPacketsForNobody) {
  become_active();
  packet(200, 10, 99);
  EXPECT_EQ(engine_.unmatched_packets(), 1U);
  EXPECT_TRUE(port_.take().empty());
}

TEST_F(EngineTest, TellsRoutersOfOneVridApartByTheirGroups) {
  EngineSettings two = one_router();
  two.routers.push_back(settings());
  two.routers[1].id = 8;
  two.routers[1].name = "other";
  two.routers[1].multicast_group = Ipv4{0xe0000013};
  engine_.reconfigure(two, at(0));
  engine_.on_helper_ready({{"eth0", kUp}}, {}, at(0));
  packet(120, 1);
  packet(120, 1.5, 51, 255, Ipv4{0xe0000013});
  packet(120, 1.5, 51, 255, Ipv4{0xe0000014});
  EXPECT_EQ(engine_.find(7)->accepted, 1U);
  EXPECT_EQ(engine_.find(8)->accepted, 1U);
  EXPECT_EQ(engine_.unmatched_packets(), 1U) << "it is for neither group";
}

TEST_F(EngineTest, YieldsToABetterOne) {
  become_active();
  packet(200, 4);
  EXPECT_EQ(port_.take(), (Lines{"withdraw 7", "myr -> Backup"}));
}

TEST_F(EngineTest, BelievesOnlyConfiguredChecks) {
  EXPECT_FALSE(engine_.on_health(4, {.passing = true}, at(0)));
  EXPECT_TRUE(engine_.on_health(3, {.passing = true}, at(0)));
}

TEST_F(EngineTest, AnUnchangedRouterIsNotTouchedByAReload) {
  become_active();
  engine_.reconfigure(one_router(), at(6));
  EXPECT_TRUE(port_.take().empty());
  EXPECT_EQ(engine_.find(7)->router.state(), State::kActive);
}

TEST_F(EngineTest, AReloadOfThePriorityKeepsTheRouterActive) {
  become_active();
  auto changed = one_router();
  changed.routers[0].priority = 120;
  engine_.reconfigure(changed, at(6));
  EXPECT_EQ(port_.take(), (Lines{"the configuration changed: priority 100 -> 120", "hold 7 120"}));
}

TEST_F(EngineTest, AReloadTakesARouterAwayAndAddsOne) {
  become_active();
  auto changed = one_router();
  changed.routers[0].id = 8;
  changed.routers[0].name = "other";
  changed.routers[0].vrid = 52;
  engine_.reconfigure(changed, at(6));
  EXPECT_EQ(port_.take(), (Lines{"resign 7 now", "myr -> Stopped", "other -> Backup"}));
  packet(200, 7, 51);
  EXPECT_EQ(engine_.unmatched_packets(), 1U);
}

TEST_F(EngineTest, ShutdownFinishesWhenTheSuccessorIsHeard) {
  become_active();
  engine_.on_shutdown(at(6));
  EXPECT_FALSE(engine_.is_finished());
  packet(90, 6.6);
  EXPECT_FALSE(engine_.is_finished());
  engine_.on_deadline(at(6.6) + kSuccessorNeeds);
  EXPECT_TRUE(engine_.is_finished());
  EXPECT_EQ(port_.take(), (Lines{"resign 7 linger", "myr -> Stopped", "withdraw 7"}));
}

TEST_F(EngineTest, ASilentCheckerMakesItsChecksFail) {
  auto with = one_router();
  with.routers[0].trackers = {{.check = 3, .name = "chk"}};
  Engine engine(with, port_);
  engine.on_health(3, {.passing = true}, at(0));
  engine.on_helper_ready({{"eth0", kUp}}, {}, at(0));
  port_.take();
  engine.on_health_stale(at(40));
  EXPECT_EQ(port_.take(), Lines{"myr -> Fault"});
}

}  // namespace
}  // namespace holdfast::vrrp
