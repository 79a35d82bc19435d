#include "cli/process_table.h"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>

namespace holdfast::cli {

std::optional<wire::ProcessTable> read_process_table(const std::string& runtime_directory) {
  std::ifstream file(runtime_directory + "/processes.pb", std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream content;
  content << file.rdbuf();
  wire::ProcessTable table;
  if (!table.ParseFromString(content.str())) return std::nullopt;
  // Left behind by a launcher that was killed: it tells nothing about now.
  if (::kill(static_cast<pid_t>(table.launcher_pid()), 0) < 0 && errno == ESRCH) {
    return std::nullopt;
  }
  return table;
}

}  // namespace holdfast::cli
