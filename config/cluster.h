// Several configurations as the nodes of one cluster: what must be equal, and what must not.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "config/compile.h"
#include "config/diagnostics.h"
#include "config/source.h"

namespace holdfast::config {

struct ClusterResult {
  Diagnostics diagnostics;
  Sources sources;                 // of all nodes: what the places are in
  std::vector<std::string> names;  // of the nodes
};

// Each of them one node's compilation; those with errors count as far as they are understood.
// Says only what the files say together, nothing that compile() has said of one.
ClusterResult check_cluster(const std::deque<CompileResult>& nodes);

std::string render(const ClusterResult& cluster, Colour colour = Colour::kNone);

}  // namespace holdfast::config
