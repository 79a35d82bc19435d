// Included files from the disk, for a process that is confined to reading.
#pragma once

#include <string>
#include <vector>

#include "config/file_access.h"

namespace holdfast::cli {

class DiskFiles : public config::FileAccess {
 public:
  std::vector<std::string> glob(const std::string& pattern, size_t most) override;
  // Opens without waiting, and reads regular files only.
  config::IncludedFile read(const std::string& path, size_t most_bytes) override;
  std::string identity(const std::string& path) override;
  std::string absolute(const std::string& directory) override;
};

// keepalived's configuration id: the host's name up to its first dot.
std::string short_host_name(const std::string& host_name);

}  // namespace holdfast::cli
