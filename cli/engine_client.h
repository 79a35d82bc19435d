// The operator's side of control.sock (proto/control.proto).
#pragma once

#include <functional>
#include <string>

#include "common/error.h"
#include "control.pb.h"

namespace holdfast::cli {

Result<wire::StatusReply> ask_for_status(const std::string& runtime_directory);

// Has the engine read the list of maintenance again. `outcome` is called for each router for which
// that changes something, once it has let its addresses go.
Result<void> ask_for_maintenance(
    const std::string& runtime_directory,
    const std::function<void(const wire::MaintenanceOutcome&)>& outcome);

}  // namespace holdfast::cli
