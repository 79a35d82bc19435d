#include "vrrp-engine/announcements.h"

#include <algorithm>

namespace holdfast::vrrp {
namespace {

std::optional<TimePoint> after_unless_zero(TimePoint now, Duration delay) {
  if (delay.count() == 0) return std::nullopt;
  return now + delay;
}

bool is_due(const std::optional<TimePoint>& when, TimePoint now) {
  return when && *when <= now;
}

}  // namespace

uint32_t Announcements::start(TimePoint now) {
  running_ = true;
  second_ = after_unless_zero(now, settings_.delay);
  refresh_ = after_unless_zero(now, settings_.refresh);
  return settings_.repeat;
}

void Announcements::stop() {
  running_ = false;
  second_.reset();
  refresh_.reset();
}

void Announcements::again(TimePoint when) {
  if (running_) second_ = when;
}

void Announcements::change(const GratuitousArpSettings& settings, TimePoint now) {
  const bool other_period = settings_.refresh != settings.refresh;
  settings_ = settings;
  if (running_ && other_period) refresh_ = after_unless_zero(now, settings_.refresh);
}

std::optional<TimePoint> Announcements::next() const {
  if (second_ && refresh_) return std::min(*second_, *refresh_);
  return second_ ? second_ : refresh_;
}

uint32_t Announcements::take_due(TimePoint now) {
  uint32_t frames = 0;
  if (is_due(second_, now)) {
    frames = settings_.repeat;
    second_.reset();
  }
  if (is_due(refresh_, now)) {
    frames = std::max(frames, settings_.refresh_repeat);
    // From now on, not from when it was due: what a stall missed is not made up for.
    refresh_ = now + settings_.refresh;
  }
  return frames;
}

}  // namespace holdfast::vrrp
