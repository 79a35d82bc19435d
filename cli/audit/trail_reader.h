// Reading the audit trail out of the journal (sd-journal(3)).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/audit/trail_entry.h"

namespace holdfast::cli::audit {

struct TrailQuery {
  std::string directory;  // of journal files; empty: this host's journal
  std::optional<WallTime> since;
};

// Hands over each record, the oldest first. An error says why there is no journal to read.
Result<void> read_trail(const TrailQuery& query,
                        const std::function<void(const TrailEntry&)>& each);

}  // namespace holdfast::cli::audit
