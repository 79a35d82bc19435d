// What `holdfast maintenance` says of one router. Pure.
#pragma once

#include <string>

#include "control.pb.h"

namespace holdfast::cli {

// Before it steps down: what is known of whoever could take its addresses. Empty: it has none.
std::string maintenance_outlook(const wire::RouterStatus& router);
// What became of it; `router` is how it was before.
std::string maintenance_result(const wire::RouterStatus& router,
                               const wire::MaintenanceOutcome& outcome);
// It held addresses and nobody was heard to take them.
bool is_abandoned(const wire::MaintenanceOutcome& outcome);

}  // namespace holdfast::cli
