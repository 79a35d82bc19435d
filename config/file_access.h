// How the compiler reads the files that a configuration includes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::config {

struct IncludedFile {
  enum class Kind : uint8_t {
    kRead,
    kExecutable,  // these three are skipped, as keepalived does
    kDirectory,
    kSpecial,  // a device, a FIFO, a socket
    kUnreadable,
    kTooLarge,
  };
  Kind kind = Kind::kUnreadable;
  std::string text;      // kRead
  std::string identity;  // the same for one file under two names; kRead
  std::string reason;    // kUnreadable: "Permission denied"
};

class FileAccess {
 public:
  FileAccess() = default;
  FileAccess(const FileAccess&) = delete;
  FileAccess& operator=(const FileAccess&) = delete;
  virtual ~FileAccess() = default;

  // What matches a pattern of glob(7), in the order of names; without wildcards the file itself if
  // it is there. A backslash takes a wildcard's meaning. At most so many.
  virtual std::vector<std::string> glob(const std::string& pattern, size_t most) = 0;
  virtual IncludedFile read(const std::string& path, size_t most_bytes) = 0;
  // IncludedFile::identity of a file that is not read here; empty if nobody knows.
  virtual std::string identity(const std::string& path) = 0;
  // The absolute path of a directory, symbolic links resolved; "" is the current one.
  virtual std::string absolute(const std::string& directory) = 0;
};

}  // namespace holdfast::config
