// The answer of `holdfast audit`, for a person or a program. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/audit/boundary.h"
#include "cli/audit/judge.h"
#include "cli/audit/snapshot.h"

namespace holdfast::cli::audit {

std::string audit_text(const Snapshot& snapshot, const std::vector<Deviation>& deviations);
std::string audit_json(const Snapshot& snapshot, const std::vector<Deviation>& deviations);

// Who may connect: "vrrp-engine's user 62477 alone", or why it is not known.
std::string who_may_connect(const SocketOwner& owner);

// "net-helper: sockets, open files: Permission denied", each once.
std::vector<std::string> not_readable(const Snapshot& snapshot);

// The namespaces of a process that are not ours, by name.
std::vector<std::string> own_namespaces(const Snapshot& snapshot, const Namespaces& of);

}  // namespace holdfast::cli::audit
