// When an Active announces its addresses by gratuitous ARP, and by how many frames each: at once, a
// second time after a delay for those that missed the first, then periodically. Pure: times come
// in, numbers of frames go out; the helper sends them with the hold that carries the number.
#pragma once

#include <cstdint>
#include <optional>

#include "common/clock.h"
#include "vrrp-engine/settings.h"

namespace holdfast::vrrp {

class Announcements {
 public:
  explicit Announcements(const GratuitousArpSettings& settings) : settings_(settings) {}

  // Active from now on: the frames of the first batch.
  uint32_t start(TimePoint now);
  void stop();
  // The first batch was not sent: it is due at this time.
  void again(TimePoint when);
  // A reload announces nothing by itself: what is due stays due, another period begins now.
  void change(const GratuitousArpSettings& settings, TimePoint now);

  // When take_due() has something; nothing while stopped.
  std::optional<TimePoint> next() const;
  // The frames that are due, once. Batches that come together are one, the larger.
  uint32_t take_due(TimePoint now);

 private:
  GratuitousArpSettings settings_;
  bool running_ = false;
  std::optional<TimePoint> second_;
  std::optional<TimePoint> refresh_;
};

}  // namespace holdfast::vrrp
