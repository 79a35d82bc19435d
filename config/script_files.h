// What may be known about the files that a configuration names. Nothing is ever executed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace holdfast::config {

// The text of a file, if it can be read and has at most this many bytes.
using ReadScript = std::function<std::optional<std::string>(const std::string& path, size_t most)>;
constexpr size_t kScriptBytesMax = 64UL * 1024;

// As stat(2) says, symbolic links followed.
struct FileStatus {
  enum class Kind : uint8_t {
    kUnknown,  // it cannot be looked at from here
    kMissing,
    kRegular,
    kDirectory,
    kOther,
  };
  Kind kind = Kind::kUnknown;
  uint32_t mode = 0;  // the permission bits
  uint32_t owner = 0;
  uint32_t group = 0;
};
using StatFile = std::function<FileStatus(const std::string& path)>;

}  // namespace holdfast::config
