// `holdfast audit log`: what the records of net-helper's audit trail say, apart from their reading.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace holdfast::cli::audit {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// One record: the journal's fields, made printable, by name.
struct TrailEntry {
  WallTime when;
  std::map<std::string, std::string, std::less<>> fields;
  std::string peer_unit;  // of HOLDFAST_PEER_PID, if the journal knows it
};

// A moment before which nothing is asked for: "2026-11-23", "2026-11-23 08:30", with seconds too,
// local time; or how long ago: "90s", "10min", "2h", "3d".
Result<WallTime> parse_since(std::string_view text, WallTime now);

// Time, who, what, by which row of the policy, outcome: one line, and the line above them all.
std::string trail_line(const TrailEntry& entry);
std::string trail_heading();
// One JSON object on one line.
std::string trail_json(const TrailEntry& entry);

}  // namespace holdfast::cli::audit
