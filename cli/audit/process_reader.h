// Reads one process from /proc, as far as the kernel lets this user.
#pragma once

#include <string>
#include <vector>

#include "cli/audit/snapshot.h"

namespace holdfast::cli::audit {

// /proc/PID/NAME whole, up to 16 MiB. The error is the kernel's.
Result<std::string> read_proc(pid_t pid, const std::string& name);

Namespaces read_own_namespaces();

// `paths`: whose writability is asked. An error: it has ended.
Result<Process> read_process(Part part, pid_t pid, const std::vector<std::string>& paths);

// "holdfast-net (998)", or the number where it has no name.
std::string user_text(uint32_t uid);
std::string group_text(uint32_t gid);

}  // namespace holdfast::cli::audit
