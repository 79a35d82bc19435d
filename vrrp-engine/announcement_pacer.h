// Gratuitous ARP of all routers together at a bounded rate: after a takeover of thousands of
// addresses the first frame of each goes out with its claim, the repetitions as the pace allows. A
// few addresses do not notice.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "common/clock.h"
#include "vrrp-engine/settings.h"

namespace holdfast::vrrp {

class AnnouncementPacer {
 public:
  // 10 Mbit/s of frames, and what may be sent in one go.
  static constexpr Duration kPerFrame = std::chrono::microseconds(50);
  static constexpr Duration kBurst = 2000 * kPerFrame;

  struct Batch {
    RouterId router = 0;
    size_t addresses = 0;
    uint32_t frames = 0;  // an address
  };

  // Of this batch, how many frames an address may go now, at least one; the rest is due later.
  uint32_t admit(const Batch& batch, TimePoint now);
  // When take_due() has something.
  std::optional<TimePoint> next() const;
  std::vector<Batch> take_due(TimePoint now);

 private:
  void spend(size_t frames, TimePoint now);

  TimePoint spent_until_{};  // at an even rate
  std::deque<Batch> waiting_;
};

}  // namespace holdfast::vrrp
