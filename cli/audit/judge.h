// Declared against actual. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/audit/snapshot.h"

namespace holdfast::cli::audit {

struct Deviation {
  std::string where;  // "net-helper", "net.sock"
  std::string what;   // "effective capabilities"
  std::string declared;
  std::string actual;
};

// In the order of the processes, then of the sockets. What could not be read is no deviation.
std::vector<Deviation> judge(const Snapshot& snapshot);

// "net_admin net_raw", or "none".
std::string capability_names(uint64_t set);

}  // namespace holdfast::cli::audit
