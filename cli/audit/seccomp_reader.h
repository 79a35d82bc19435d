// The filters of another process, as the kernel gives them to root.
#pragma once

#include <sys/types.h>

#include <vector>

#include "cli/audit/seccomp_program.h"
#include "common/error.h"

namespace holdfast::cli::audit {

// Stops the process for as long as the kernel needs to copy them out, well below a millisecond. If
// it cannot be stopped within 500 ms, or we die, it goes on: the kernel lets go of it.
Result<std::vector<SeccompProgram>> read_seccomp_programs(pid_t pid, unsigned count);

}  // namespace holdfast::cli::audit
