// Giving up what a process does not need, for good. See docs/privileges.md.
#pragma once

#include <span>

#include "common/error.h"

namespace holdfast {

// Which system calls stay. The first three are lists of what is allowed (the rest answers EPERM);
// the last two run other people's programs, which inherit the filter, so theirs is a list of what
// is refused: mounting, tracing, modules, kexec, bpf, namespaces, clocks, keys, raw memory.
enum class SystemCalls { kEngine, kNetHelper, kCompile, kChecker, kNotifier };

struct Confinement {
  // CAP_* numbers to keep, permitted and effective. Everything else goes, the bounding set too.
  std::span<const int> capabilities;
  SystemCalls system_calls;
  // Of those, the ones that the programs it executes get as well (ambient, capabilities(7)).
  std::span<const int> inherited = {};
};

// capabilities -> bounding set -> no_new_privs -> seccomp, checked afterwards. An error means that
// the process must not go on.
Result<void> confine(const Confinement& confinement);

// True if the capability is in the permitted set now.
bool has_capability(int capability);

}  // namespace holdfast
