// Diagnostics as JSON lines, for editors and other programs.
#pragma once

#include <string>

#include "config/cluster.h"
#include "config/diagnostics.h"

namespace holdfast::config {

// One object a line for each diagnostic, and a last one that counts, as docs/operators.md lists
// them. UTF-8 whatever the text is: what is not becomes U+FFFD. Columns count from 1 in characters,
// `end_column` is the first one behind.
std::string render_json(const Diagnostics& diagnostics, const Sources& sources);
std::string render_json(const ClusterResult& cluster);

}  // namespace holdfast::config
