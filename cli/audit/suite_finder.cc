#include "cli/audit/suite_finder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/log.h"

namespace holdfast::cli::audit {
namespace {

constexpr std::array kFour = {Part::kNetHelper, Part::kEngine, Part::kChecker, Part::kNotifier};

bool is_runner(const Candidate& candidate) {
  return std::ranges::find(candidate.words, "--granted-runner") != candidate.words.end();
}

// Of several that look alike the first one: a script between fork and exec shows the words of the
// process that it came from.
const Candidate* earliest(const std::vector<Candidate>& all,
                          const std::function<bool(const Candidate&)>& fits) {
  const Candidate* first = nullptr;
  for (const Candidate& one : all) {
    if (fits(one) && (first == nullptr || one.started < first->started)) first = &one;
  }
  return first;
}

const Candidate* by_table(const std::vector<Candidate>& all, const wire::ProcessTable& table,
                          Part part) {
  for (const wire::Process& process : table.processes()) {
    if (process.name() != part_name(part) || process.pid() == 0) continue;
    // The number alone may be another process's by now.
    return earliest(all, [&](const Candidate& one) {
      return one.pid == static_cast<pid_t>(process.pid()) && one.name == process.name();
    });
  }
  return nullptr;
}

const Candidate* by_unit(const std::vector<Candidate>& all, Part part) {
  const std::string unit = fmt::format("holdfast-{}.service", part_name(part));
  return earliest(all, [&](const Candidate& one) {
    return one.unit == unit && one.name == part_name(part) && !is_runner(one);
  });
}

// The runners of users, each its unit's or its launcher's.
std::vector<const Candidate*> user_runners(const std::vector<Candidate>& all,
                                           const std::optional<wire::ProcessTable>& table) {
  std::vector<const Candidate*> found;
  const auto is_one = [&](const Candidate& one) {
    if (one.name != "runner") return false;
    if (!table) return one.unit.starts_with("holdfast-runner@") && one.parent == 1;
    return one.parent == static_cast<pid_t>(table->launcher_pid());
  };
  for (const Candidate& one : all) {
    if (is_one(one)) found.push_back(&one);
  }
  return found;
}

Script script(const Candidate& candidate, Part of) {
  return {.pid = candidate.pid,
          .of = of,
          .command = log::printable(fmt::format("{}", fmt::join(candidate.words, " ")), 100)};
}

void add_children(const std::vector<Candidate>& all, const Candidate& of, Part part, Found& found) {
  const Candidate* runner = nullptr;
  if (part == Part::kChecker) {
    runner =
        earliest(all, [&](const Candidate& one) { return one.parent == of.pid && is_runner(one); });
  }
  if (runner != nullptr) found.processes.emplace_back(Part::kRunner, runner->pid);
  for (const Candidate& one : all) {
    if (one.parent == of.pid && &one != runner) found.scripts.push_back(script(one, part));
  }
}

}  // namespace

Found find_suite(const std::vector<Candidate>& candidates,
                 const std::optional<wire::ProcessTable>& table) {
  Found found;
  std::vector<std::pair<Part, const Candidate*>> parents;
  for (const Part part : kFour) {
    const Candidate* one = table ? by_table(candidates, *table, part) : by_unit(candidates, part);
    if (one == nullptr) continue;
    found.processes.emplace_back(part, one->pid);
    if (part == Part::kChecker || part == Part::kNotifier) parents.emplace_back(part, one);
  }
  for (const Candidate* one : user_runners(candidates, table)) {
    found.processes.emplace_back(Part::kUserRunner, one->pid);
    parents.emplace_back(Part::kUserRunner, one);
  }
  for (const auto& [part, one] : parents) add_children(candidates, *one, part, found);
  if (table && !found.processes.empty()) {
    found.processes.emplace_back(Part::kLauncher, static_cast<pid_t>(table->launcher_pid()));
  }
  return found;
}

}  // namespace holdfast::cli::audit
