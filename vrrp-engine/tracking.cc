#include "vrrp-engine/tracking.h"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::vrrp {
namespace {

// keepalived adds a positive weight while the check is good and a negative one while it is bad.
bool weight_applies(const TrackerSettings& tracker, const CheckHealth& health) {
  const bool good = health.passing != tracker.reverse;
  return (tracker.weight > 0) == good;
}

}  // namespace

Verdict judge(uint8_t base_priority, const std::vector<TrackerSettings>& trackers,
              const HealthTable& health) {
  Verdict verdict;
  int sum = base_priority;
  for (const TrackerSettings& tracker : trackers) {
    const auto found = health.find(tracker.check);
    if (found == health.end()) {
      verdict.all_known = false;
      if (tracker.weight == 0 && !verdict.waiting) {
        verdict.waiting = fmt::format("waiting for the first result of {}", tracker.name);
      }
      continue;
    }
    if (tracker.weight != 0) {
      if (weight_applies(tracker, found->second)) sum += tracker.weight;
    } else if (found->second.passing == tracker.reverse && !verdict.fault) {
      verdict.fault =
          fmt::format("{} ({})", describe_change(tracker.name, found->second), found->second.cause);
    }
  }
  verdict.priority = base_priority == kPriorityOwner
                         ? kPriorityOwner
                         : static_cast<uint8_t>(std::clamp(sum, 1, kPriorityOwner - 1));
  return verdict;
}

std::string describe_change(const std::string& name, const CheckHealth& health) {
  if (health.passing) return fmt::format("{} passes", name);
  switch (health.consecutive) {
    case 0:
    case 1:
      return fmt::format("{} failed", name);
    case 2:
      return fmt::format("{} failed twice", name);
    default:
      return fmt::format("{} failed {} times in a row", name, health.consecutive);
  }
}

}  // namespace holdfast::vrrp
