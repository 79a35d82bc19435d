// Gratuitous ARP of thousands of routers at once, under a fake clock.
#include <gtest/gtest.h>

#include "tests/unit/engine_fixture.h"
#include "vrrp-engine/announcement_pacer.h"

namespace holdfast::vrrp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

TEST(AnnouncementPacer, LeavesAFewAddressesAlone) {
  AnnouncementPacer pacer;
  for (RouterId id = 1; id <= 100; ++id) EXPECT_EQ(pacer.admit({id, 4, 5}, at(1)), 5U);
  EXPECT_EQ(pacer.next(), std::nullopt);
  EXPECT_EQ(pacer.admit({1, 4, 0}, at(1)), 0U);
}

TEST(AnnouncementPacer, SendsTheFirstFrameOfEachAtOnceAndTheRestInTime) {
  AnnouncementPacer pacer;
  size_t sent = 0;
  constexpr RouterId kRouters = 2000;
  for (RouterId id = 1; id <= kRouters; ++id) {
    const uint32_t frames = pacer.admit({id, 4, 5}, at(1));
    EXPECT_GE(frames, 1U);
    sent += frames;
  }
  EXPECT_LT(sent, kRouters + 500) << "frames an address";
  std::map<RouterId, size_t> later;
  TimePoint last = at(1);
  for (int turn = 0; turn < 100'000 && pacer.next(); ++turn) {
    last = std::max(last, *pacer.next());
    for (const auto& batch : pacer.take_due(last)) {
      later[batch.router] += batch.frames;
      sent += batch.frames;
    }
  }
  EXPECT_EQ(sent, 5 * kRouters);
  EXPECT_EQ(later[kRouters], 4U);
  const Duration took = last - at(1);
  EXPECT_NEAR(static_cast<double>(took.count()),
              static_cast<double>((4 * 5 * kRouters * AnnouncementPacer::kPerFrame).count()), 2e8);
}

TEST(AnnouncementPacer, ANewBatchTakesThePlaceOfOneThatWaits) {
  AnnouncementPacer pacer;
  EXPECT_EQ(pacer.admit({1, 5000, 1}, at(1)), 1U);
  EXPECT_EQ(pacer.admit({2, 1, 5}, at(1)), 1U);
  EXPECT_EQ(pacer.admit({2, 1, 3}, at(1)), 1U);
  size_t later = 0;
  for (int turn = 0; turn < 10 && pacer.next(); ++turn) later += pacer.take_due(at(10)).size();
  EXPECT_EQ(later, 2U);
}

}  // namespace
}  // namespace holdfast::vrrp
