// The file `maintenance` of the runtime directory: which routers are kept down by order of the
// operator (proto/control.proto). Absent: none is.
#pragma once

#include <string>

#include "common/error.h"
#include "control.pb.h"

namespace holdfast {

constexpr std::string_view kMaintenanceFile = "maintenance";

// Refuses a file that somebody else than root or the caller could have written. The error says how
// to mend it.
Result<wire::MaintenanceList> read_maintenance(const std::string& path);

}  // namespace holdfast
