// Giving up what a process does not need, for good. See docs/privileges.md.
#pragma once

#include <span>

#include "common/error.h"

namespace holdfast {

struct Confinement {
  // CAP_* numbers to keep, permitted and effective. Everything else goes, the bounding set too.
  std::span<const int> capabilities;
  // Loads the process's seccomp filter (system_calls.h).
  Result<void> (*limit_system_calls)();
  // Programs that it executes get them as well (ambient, capabilities(7)).
  bool handed_on = false;
};

// capabilities -> bounding set -> no_new_privs -> seccomp, checked afterwards. An error means that
// the process must not go on.
Result<void> confine(const Confinement& confinement);

// True if the capability is in the permitted set now.
bool has_capability(int capability);

}  // namespace holdfast
