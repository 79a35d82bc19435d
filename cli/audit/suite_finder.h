// Which processes are the suite's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/audit/snapshot.h"
#include "processes.pb.h"

namespace holdfast::cli::audit {

// What is known of every process of the host.
struct Candidate {
  pid_t pid = 0;
  pid_t parent = 0;
  uint64_t started = 0;
  std::string name;                // its comm
  std::vector<std::string> words;  // its command line
  std::string unit;                // of the service manager, or empty
};

struct Found {
  std::vector<std::pair<Part, pid_t>> processes;
  std::vector<Script> scripts;
};

// Pure. By the launcher's table where there is one, else by the units' names.
Found find_suite(const std::vector<Candidate>& candidates,
                 const std::optional<wire::ProcessTable>& table);

std::vector<Candidate> read_candidates();

}  // namespace holdfast::cli::audit
