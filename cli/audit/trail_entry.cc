#include "cli/audit/trail_entry.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <time.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace holdfast::cli::audit {
namespace {

struct Unit {
  std::string_view name;
  std::chrono::seconds length;
};

constexpr std::array kUnits = {Unit{"s", std::chrono::seconds(1)},
                               Unit{"min", std::chrono::minutes(1)},
                               Unit{"h", std::chrono::hours(1)}, Unit{"d", std::chrono::days(1)}};

constexpr std::array kFormats = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"};

std::string_view field(const TrailEntry& entry, std::string_view name) {
  const auto found = entry.fields.find(name);
  return found == entry.fields.end() ? std::string_view{} : found->second;
}

std::tm local_parts(WallTime when) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

std::string who(const TrailEntry& entry) {
  const auto pid = field(entry, "HOLDFAST_PEER_PID");
  if (pid.empty()) return "net-helper";
  return fmt::format("{} (pid {}, user {})", entry.peer_unit.empty() ? "peer" : entry.peer_unit,
                     pid, field(entry, "HOLDFAST_PEER_UID"));
}

// The message, without the row before it and the id behind it, which have their own columns.
std::string what(const TrailEntry& entry) {
  std::string_view text = field(entry, "MESSAGE");
  const std::string row = fmt::format("{}: ", field(entry, "HOLDFAST_POLICY_ROW"));
  const std::string id = fmt::format(" [{}]", field(entry, "HOLDFAST_ID"));
  if (text.starts_with(row)) text.remove_prefix(row.size());
  if (text.ends_with(id)) text.remove_suffix(id.size());
  return std::string(text.empty() ? field(entry, "HOLDFAST_ACT") : text);
}

std::string outcome(const TrailEntry& entry) {
  const auto suppressed = field(entry, "HOLDFAST_SUPPRESSED");
  if (suppressed.empty() || suppressed == "0") return std::string(field(entry, "HOLDFAST_OUTCOME"));
  return fmt::format("{} (and {} more like it before, left out)", field(entry, "HOLDFAST_OUTCOME"),
                     suppressed);
}

std::string line(std::string_view when, std::string_view who, std::string_view what,
                 std::string_view row, std::string_view outcome) {
  return fmt::format("{:<23}  {:<52}  {:<44}  {:<36}  {}\n", when, who, what, row, outcome);
}

}  // namespace

Result<WallTime> parse_since(std::string_view text, WallTime now) {
  for (const char* format : kFormats) {
    std::tm parts{};
    parts.tm_isdst = -1;
    const std::string copy(text);
    const char* end = ::strptime(copy.c_str(), format, &parts);
    if (end != nullptr && *end == '\0') return WallTime(std::chrono::seconds(std::mktime(&parts)));
  }
  long long count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
  constexpr long long kCountMax = 1'000'000;
  for (const auto& [name, length] : kUnits) {
    if (error == std::errc{} && rest == name && count >= 0 && count <= kCountMax) {
      return now - count * length;
    }
  }
  return failure(
      fmt::format("--since `{}`: give a time as 2026-11-23, \"2026-11-23 08:30\", or how long ago "
                  "as 90s, 10min, "
                  "2h, 3d",
                  text));
}

std::string trail_heading() {
  return line("TIME", "WHO", "WHAT", "POLICY ROW", "OUTCOME");
}

std::string trail_line(const TrailEntry& entry) {
  const auto ms = entry.when.time_since_epoch() / std::chrono::milliseconds(1) % 1000;
  const auto row = field(entry, "HOLDFAST_POLICY_ROW");
  return line(fmt::format("{:%F %T}.{:03}", local_parts(entry.when), ms), who(entry), what(entry),
              row.empty() ? "-" : row, outcome(entry));
}

std::string trail_json(const TrailEntry& entry) {
  nlohmann::ordered_json json;
  json["realtime_us"] = entry.when.time_since_epoch().count();
  constexpr std::array kFields = {std::pair{"id", "HOLDFAST_ID"},
                                  std::pair{"act", "HOLDFAST_ACT"},
                                  std::pair{"outcome", "HOLDFAST_OUTCOME"},
                                  std::pair{"policy_row", "HOLDFAST_POLICY_ROW"},
                                  std::pair{"kernel", "HOLDFAST_KERNEL"},
                                  std::pair{"peer_pid", "HOLDFAST_PEER_PID"},
                                  std::pair{"peer_uid", "HOLDFAST_PEER_UID"},
                                  std::pair{"suppressed", "HOLDFAST_SUPPRESSED"},
                                  std::pair{"message", "MESSAGE"}};
  for (const auto& [name, source] : kFields) json[name] = field(entry, source);
  json["peer_unit"] = entry.peer_unit;
  return json.dump() + "\n";
}

}  // namespace holdfast::cli::audit
