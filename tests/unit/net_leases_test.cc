// The life of a claim, against a clock that the test moves.
#include <gtest/gtest.h>

#include "common/token_bucket.h"
#include "net-helper/leases.h"

namespace holdfast::net {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr TimePoint kStart{1000s};
constexpr HoldRequest kHold{.priority = 100, .valid_for = 3s};
constexpr HoldRequest kClaim{.priority = 100, .valid_for = 3s, .announce = 5};

// What an advertisement goes with, and what an end.
Actions renewal(uint8_t priority) {
  return {.advertise = priority, .addresses = Addresses::kPut};
}
Actions removal(Ended::Reason reason, std::optional<uint8_t> advertise = {}) {
  return {.advertise = advertise, .addresses = Addresses::kRemove, .ended = reason};
}

LeaseTimes plain_times() {
  return {.advert_interval = 1s, .kernel_lease = 4s};
}

// Advances in the steps that the lease itself asks for; gives what happened, with the time in ms.
using Log = std::vector<std::pair<int64_t, Actions>>;
Log run_until(Lease& lease, TimePoint end) {
  Log log;
  for (int step = 0; step < 1000; ++step) {
    const auto due = lease.next_due();
    if (!due || *due > end) return log;
    log.emplace_back((*due - kStart) / 1ms, lease.tick(*due));
  }
  ADD_FAILURE() << "it is due again and again without an end";
  return log;
}

TEST(Lease, ClaimsWithTheAdvertisementFirst) {
  Lease lease(plain_times());
  EXPECT_EQ(lease.next_due(), std::nullopt);
  EXPECT_EQ(lease.hold(kStart, kClaim),
            (Actions{.advertise = 100, .addresses = Addresses::kPut, .announce = 5}));
  EXPECT_EQ(lease.phase(), Lease::Phase::kHeld);
  EXPECT_EQ(lease.deadline(), kStart + 3s);
}

TEST(Lease, IsNotRenewedAfterItsDeadline) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  EXPECT_EQ(lease.hold(kStart + 60s, kHold), removal(Ended::REASON_LEASE_EXPIRED, 0));
  EXPECT_EQ(lease.phase(), Lease::Phase::kIdle);
}

TEST(Lease, ExpiresAtItsDeadlineWithPriorityZeroAndLingersForTheLongestSkew) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  EXPECT_EQ(
      run_until(lease, kStart + 3s),
      (Log{
          {1000, renewal(100)},
          {2000, renewal(100)},
          {3000,
           {.advertise = 0, .addresses = Addresses::kPut, .ended = Ended::REASON_LEASE_EXPIRED}}}));
  EXPECT_TRUE(lease.is_orphaned());
  EXPECT_EQ(run_until(lease, kStart + 10s), (Log{{4000, removal(Ended::REASON_RESIGNED)}}));
  EXPECT_FALSE(lease.is_orphaned());
  EXPECT_EQ(lease.phase(), Lease::Phase::kIdle);
  EXPECT_EQ(lease.tick(kStart + 20s), Actions{});
}

TEST(Lease, LateExpiryShortensTheLinger) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  EXPECT_EQ(lease.tick(kStart + 3900ms), (Actions{.advertise = 0,
                                                  .addresses = Addresses::kPut,
                                                  .ended = Ended::REASON_LEASE_EXPIRED}));
  EXPECT_EQ(lease.next_due(), kStart + 4s);
}

TEST(Lease, ExpiryThatIsNoticedTooLateLetsGoAtOnce) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  EXPECT_EQ(lease.tick(kStart + 60s), removal(Ended::REASON_LEASE_EXPIRED, 0));
  EXPECT_EQ(lease.phase(), Lease::Phase::kIdle);
}

TEST(Lease, OnlyAnExpiredOneIsOrphaned) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  EXPECT_FALSE(lease.is_orphaned());
  lease.resign(kStart, 1s);
  EXPECT_FALSE(lease.is_orphaned());
  lease.hold(kStart, kHold);
  lease.tick(kStart + 3s);
  EXPECT_TRUE(lease.is_orphaned());
  lease.hold(kStart + 3s, kHold);  // an engine claims it anew
  EXPECT_FALSE(lease.is_orphaned());
}

TEST(Lease, RenewalMovesTheDeadlineAndNothingElse) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  EXPECT_FALSE(lease.would_change(kHold));
  EXPECT_EQ(lease.hold(kStart + 2500ms, kHold), Actions{});
  EXPECT_EQ(lease.deadline(), kStart + 5500ms);
  EXPECT_EQ(run_until(lease, kStart + 5s).size(), 5U);
}

TEST(Lease, NewPriorityWaitsForTheNextAdvertisement) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  const HoldRequest lower{.priority = 90, .valid_for = 3s};
  EXPECT_TRUE(lease.would_change(lower));
  EXPECT_EQ(lease.hold(kStart + 500ms, lower), Actions{});
  EXPECT_EQ(run_until(lease, kStart + 1s), (Log{{1000, renewal(90)}}));
}

TEST(Lease, AdvertiseNowResetsTheSchedule) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  EXPECT_EQ(lease.hold(kStart + 400ms, {.priority = 90, .valid_for = 3s, .advertise_now = true}),
            renewal(90));
  EXPECT_EQ(run_until(lease, kStart + 2s), (Log{{1400, renewal(90)}}));
}

TEST(Lease, AnnouncesAsOftenAsIsAskedForAndNeverByItself) {
  Lease lease(plain_times());
  EXPECT_EQ(lease.hold(kStart, kHold), renewal(100));
  const HoldRequest twice{.priority = 100, .valid_for = 60s, .announce = 2};
  EXPECT_TRUE(lease.would_change(twice)) << "it counts against the rate of changes";
  EXPECT_EQ(lease.hold(kStart, twice), (Actions{.announce = 2}));
  EXPECT_EQ(
      lease.hold(kStart, {.priority = 100, .valid_for = 60s, .advertise_now = true, .announce = 3}),
      (Actions{.advertise = 100, .addresses = Addresses::kPut, .announce = 3}));
  for (const auto& [when, action] : run_until(lease, kStart + 59s)) {
    EXPECT_EQ(action.announce, 0U) << when;
  }
}

TEST(Lease, AdvertisementsDoNotDriftAndAreNotMadeUpFor) {
  Lease lease(plain_times());
  lease.hold(kStart, {.priority = 100, .valid_for = 60s});
  EXPECT_EQ(lease.tick(kStart + 1030ms), renewal(100));
  EXPECT_EQ(lease.next_due(), kStart + 2s);
  // A stall of five intervals costs five advertisements, and does not send them in a burst.
  EXPECT_EQ(lease.tick(kStart + 7200ms), renewal(100));
  EXPECT_EQ(lease.next_due(), kStart + 8s);
}

TEST(Lease, RenewsTheKernelsLeaseWithEachAdvertisement) {
  LeaseTimes times = plain_times();
  times.kernel_lease = 4s;
  Lease lease(times);
  lease.hold(kStart, {.priority = 100, .valid_for = 60s});
  EXPECT_EQ(run_until(lease, kStart + 1500ms), (Log{{1000, renewal(100)}}));
  EXPECT_EQ(lease.hold(kStart + 1500ms, {.priority = 100, .valid_for = 60s, .advertise_now = true}),
            renewal(100));
  EXPECT_EQ(run_until(lease, kStart + 2600ms), (Log{{2500, renewal(100)}}));
}

TEST(Lease, ResignsThenLingersThenGoes) {
  LeaseTimes times = plain_times();
  times.kernel_lease = 3s;
  Lease lease(times);
  lease.hold(kStart, kHold);
  // No advertisement is to come: the kernel must not take the addresses early.
  EXPECT_EQ(lease.resign(kStart, 1500ms), renewal(0));
  EXPECT_EQ(lease.phase(), Lease::Phase::kResigning);
  EXPECT_EQ(lease.resign(kStart + 100ms, 5s), Actions{});  // cannot be stretched
  EXPECT_EQ(run_until(lease, kStart + 5s), (Log{{1500, removal(Ended::REASON_RESIGNED)}}));
}

TEST(Lease, ResignsAtOnceWithoutLinger) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  EXPECT_EQ(lease.resign(kStart, 0s), removal(Ended::REASON_RESIGNED, 0));
  EXPECT_EQ(lease.resign(kStart, 0s), Actions{});
}

TEST(Lease, WithdrawsWithoutAWord) {
  Lease lease(plain_times());
  EXPECT_EQ(lease.withdraw(), Actions{});
  lease.hold(kStart, kHold);
  EXPECT_EQ(lease.withdraw(), (Actions{.addresses = Addresses::kRemove}));
  lease.hold(kStart, kHold);
  lease.resign(kStart, 1s);
  EXPECT_EQ(lease.withdraw(), (Actions{.addresses = Addresses::kRemove}));
  EXPECT_EQ(lease.next_due(), std::nullopt);
}

TEST(Lease, ClaimsAgainWhileItLingers) {
  Lease lease(plain_times());
  lease.hold(kStart, kHold);
  lease.resign(kStart, 1s);
  EXPECT_EQ(lease.hold(kStart + 500ms, kClaim),
            (Actions{.advertise = 100, .addresses = Addresses::kPut, .announce = 5}));
  EXPECT_EQ(lease.deadline(), kStart + 3500ms);
}

TEST(Lease, EndsWithPriorityZeroUnlessTheLinkIsGone) {
  Lease lease(plain_times());
  EXPECT_EQ(lease.end(Ended::REASON_LINK_LOST), Actions{});
  lease.hold(kStart, kHold);
  EXPECT_EQ(lease.end(Ended::REASON_ADDRESS_LOST), removal(Ended::REASON_ADDRESS_LOST, 0));
  lease.hold(kStart, kHold);
  EXPECT_EQ(lease.end(Ended::REASON_LINK_LOST), removal(Ended::REASON_LINK_LOST));
  lease.hold(kStart, kHold);
  lease.resign(kStart, 1s);
  EXPECT_EQ(lease.end(Ended::REASON_ADDRESS_LOST), removal(Ended::REASON_ADDRESS_LOST));
}

TEST(Lease, TakesOverNewTimesWithoutAGap) {
  Lease lease(plain_times());
  lease.hold(kStart, {.priority = 100, .valid_for = 60s});
  LeaseTimes times = plain_times();
  EXPECT_EQ(lease.change_times(kStart + 500ms, times), (Actions{.addresses = Addresses::kPut}));
  EXPECT_EQ(lease.next_due(), kStart + 1s);  // the schedule is kept
  times.kernel_lease = 3s;
  EXPECT_EQ(lease.change_times(kStart + 500ms, times), (Actions{.addresses = Addresses::kPut}));
  EXPECT_EQ(run_until(lease, kStart + 1600ms), (Log{{1000, renewal(100)}}));
}

TEST(TokenBucket, AllowsABurstAndThenARate) {
  TokenBucket bucket(20, 40);
  int taken = 0;
  while (bucket.take(kStart)) ++taken;
  EXPECT_EQ(taken, 40);
  EXPECT_FALSE(bucket.take(kStart + 40ms));
  EXPECT_TRUE(bucket.take(kStart + 50ms));
  EXPECT_FALSE(bucket.take(kStart));  // time that runs backwards gives nothing
  taken = 0;
  while (bucket.take(kStart + 100s)) ++taken;
  EXPECT_EQ(taken, 40);
}

// At 10 ms an advertisement each would be a hundred requests a second for each address.
TEST(Lease, RenewsTheKernelsLeaseNoMoreOftenThanItNeeds) {
  LeaseTimes times = plain_times();
  times.advert_interval = 10ms;
  Lease lease(times);
  lease.hold(kStart, {.priority = 100, .valid_for = 3s});
  int adverts = 0;
  std::vector<Duration> renewed;
  for (const auto& [ms, action] : run_until(lease, kStart + 1s)) {
    if (action.advertise) ++adverts;
    if (action.addresses == Addresses::kPut) renewed.emplace_back(std::chrono::milliseconds(ms));
  }
  EXPECT_EQ(adverts, 100);
  EXPECT_EQ(renewed, (std::vector<Duration>{10ms, 610ms}));
}

}  // namespace
}  // namespace holdfast::net
