// What health does to a router: its effective priority, or a fault. Pure.
// keepalived.conf(5): vrrp_script weight, track_script.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vrrp-engine/settings.h"

namespace holdfast::vrrp {

struct CheckHealth {
  bool passing = false;
  unsigned consecutive = 1;  // runs in a row when it was decided
  std::string cause;         // the checker's words

  bool operator==(const CheckHealth&) const = default;
};

// Undecided checks are absent.
using HealthTable = std::map<CheckId, CheckHealth>;

struct Verdict {
  uint8_t priority = 0;                // effective
  std::optional<std::string> fault;    // a failing check without weight
  std::optional<std::string> waiting;  // an undecided check without weight
  bool all_known = true;
};

// Priority 255 is immune to weights, not to faults. The sum is clamped to 1..254.
Verdict judge(uint8_t base_priority, const std::vector<TrackerSettings>& trackers,
              const HealthTable& health);

// "chk_nginx failed twice", "chk_nginx passes again".
std::string describe_change(const std::string& name, const CheckHealth& health);

}  // namespace holdfast::vrrp
