// checker.pb made into what the checker works with. Nothing of a bad file is used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker/check_state.h"
#include "checker_config.pb.h"
#include "common/child_process.h"
#include "common/clock.h"
#include "common/error.h"

namespace holdfast::checker {

struct CheckDefinition {
  uint32_t id = 0;  // of this generation only; the name is what stays
  std::string name;
  ScriptCommand command;  // `remote`: of another user, by its runner
  Duration interval{};
  Duration timeout{};
  Thresholds thresholds;
  bool signal_zero = false;
};

struct CheckerSetup {
  uint64_t generation = 0;
  std::vector<CheckDefinition> checks;
};

// An error names the check and what is wrong with it: the compiler writes no such file.
Result<CheckerSetup> setup_from(const compiled::CheckerConfig& config);
Result<CheckerSetup> read_setup(const std::string& path);

// The same script on the same schedule with the same limits, whatever its id.
bool same_work(const CheckDefinition& one, const CheckDefinition& other);

}  // namespace holdfast::checker
