// What a fuzzer's input says about the world around the configuration.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/compile.h"
#include "config/file_access.h"

namespace holdfast::fuzz {

// A line `==> NAME` begins another file; what stands before the first one is the configuration.
// Of each file `include`, and what looks into scripts, get the text.
class Input : public config::FileAccess {
 public:
  explicit Input(std::string_view bytes);

  std::string_view text() const { return text_; }
  // All refer to this object.
  config::CompileOptions options();

  std::vector<std::string> glob(const std::string& pattern, size_t most) override;
  config::IncludedFile read(const std::string& path, size_t most_bytes) override;
  std::string identity(const std::string& path) override;
  std::string absolute(const std::string& directory) override;

 private:
  std::string_view text_;
  std::map<std::string, std::string, std::less<>> files_;
};

}  // namespace holdfast::fuzz
