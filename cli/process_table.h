// What the launcher wrote of its children.
#pragma once

#include <optional>
#include <string>

#include "processes.pb.h"

namespace holdfast::cli {

// Nothing where no launcher of this runtime directory lives.
std::optional<wire::ProcessTable> read_process_table(const std::string& runtime_directory);

}  // namespace holdfast::cli
