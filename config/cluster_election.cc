#include "config/cluster_election.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

namespace holdfast::config {
namespace {

constexpr int64_t kOwnerPriority = 255;
constexpr int64_t kLowest = 1;
constexpr int64_t kHighest = 254;

struct Tracker {
  std::string_view name;
  Setting<int64_t> weight;
  bool reverse = false;

  int64_t when_passing() const { return (weight.value > 0) != reverse ? weight.value : 0; }
  int64_t when_failing() const { return (weight.value > 0) != reverse ? 0 : weight.value; }
};

std::vector<Tracker> trackers_of(const Candidate& candidate) {
  std::map<std::string_view, const Script*> scripts;
  for (const Script& script : *candidate.scripts) scripts.emplace(script.name.value, &script);
  std::vector<Tracker> trackers;
  for (const TrackedScript& tracked : candidate.instance->tracked) {
    Tracker tracker{
        .name = tracked.name.value, .weight = tracked.weight, .reverse = tracked.reverse};
    const auto script = scripts.find(tracked.name.value);
    if (!tracked.weight.is_set() && script != scripts.end()) {
      tracker.weight = script->second->weight;
      tracker.reverse = script->second->reverse;
    }
    if (tracker.weight.value != 0) trackers.push_back(tracker);
  }
  return trackers;
}

struct Standing {
  int64_t sum = 0;  // before it is clamped
  int64_t priority = 0;
};

int64_t clamped(int64_t sum) {
  return std::clamp(sum, kLowest, kHighest);
}

Standing standing_of(const Candidate& candidate) {
  const int64_t base = candidate.instance->base_priority();
  if (base == kOwnerPriority) return {base, base};
  int64_t sum = base;
  for (const Tracker& tracker : trackers_of(candidate)) sum += tracker.when_passing();
  return {sum, clamped(sum)};
}

}  // namespace

std::vector<Standstill> weights_that_move_nothing(std::span<const Candidate> candidates) {
  std::vector<Standstill> result;
  if (candidates.size() < 2) return result;
  std::vector<Standing> standings;
  for (const Candidate& candidate : candidates) standings.push_back(standing_of(candidate));
  const auto better = [&](size_t a, size_t b) {
    return standings[a].priority > standings[b].priority;
  };
  size_t best = 0;
  for (size_t i = 1; i < candidates.size(); ++i) {
    if (better(i, best)) best = i;
  }
  // Weights do not count for an owner, which has its own message.
  if (standings[best].priority == kOwnerPriority) return result;
  const auto preempts = [&](size_t i) { return !candidates[i].instance->nopreempt.value; };
  size_t next = best == 0 ? 1 : 0;
  for (size_t i = next + 1; i < candidates.size(); ++i) {
    if (i == best) continue;
    const bool eager = preempts(i) && !preempts(next);
    if (eager || (preempts(i) == preempts(next) && better(i, next))) next = i;
  }
  for (const Tracker& tracker : trackers_of(candidates[best])) {
    const int64_t loss = tracker.when_passing() - tracker.when_failing();
    if (loss <= 0) continue;  // it fails while all is well
    const int64_t failed = clamped(standings[best].sum - loss);
    if (preempts(next) && standings[next].priority > failed) continue;
    const int64_t needed = standings[best].sum - standings[next].priority + 1;
    result.push_back({.best = best,
                      .next = next,
                      .check = std::string(tracker.name),
                      .place = tracker.weight.place,
                      .weight = tracker.weight.value,
                      .weight_needed = tracker.weight.value < 0 ? -needed : needed,
                      .priority = standings[best].priority,
                      .priority_when_failed = failed,
                      .priority_of_next = standings[next].priority,
                      .next_never_preempts = !preempts(next)});
  }
  return result;
}

}  // namespace holdfast::config
