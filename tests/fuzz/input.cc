#include "tests/fuzz/input.h"

#include <fnmatch.h>

#include <algorithm>

namespace holdfast::fuzz {
namespace {

constexpr std::string_view kMark = "\n==> ";
// What a pattern of many stars costs is the C library's, and depends on the name's length.
constexpr size_t kNameBytesMax = 16;
// Two lines can make millions, which is no mistake but takes its time.
constexpr config::ExpansionLimits kLimits = {
    .lines = 20'000, .bytes = 1UL << 20U, .substitutions = 20'000};

// Each kind, by the letter that the name ends with.
config::IncludedFile::Kind kind_of(const std::string& path) {
  using Kind = config::IncludedFile::Kind;
  if (path.ends_with('x')) return Kind::kExecutable;
  if (path.ends_with('/')) return Kind::kDirectory;
  if (path.ends_with('p')) return Kind::kSpecial;
  return path.ends_with('u') ? Kind::kUnreadable : Kind::kRead;
}

}  // namespace

Input::Input(std::string_view bytes) : text_(bytes.substr(0, bytes.find(kMark))) {
  bytes.remove_prefix(text_.size());
  while (!bytes.empty()) {
    bytes.remove_prefix(kMark.size());
    const size_t end = std::min(bytes.find(kMark), bytes.size());
    const std::string_view file = bytes.substr(0, end);
    const size_t name = std::min(file.find('\n'), file.size());
    files_[std::string(file.substr(0, std::min(name, kNameBytesMax)))] =
        file.substr(std::min(name + 1, file.size()));
    bytes.remove_prefix(end);
  }
}

config::CompileOptions Input::options() {
  config::CompileOptions options;
  options.text.files = this;
  options.text.limits = kLimits;
  options.text.environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "HOME" ? std::optional<std::string>("/root") : std::nullopt;
  };
  options.read_script = [this](const std::string& path, size_t most) -> std::optional<std::string> {
    const auto found = files_.find(path);
    if (found == files_.end() || found->second.size() > most) return std::nullopt;
    return found->second;
  };
  options.stat_file = [this](const std::string& path) {
    config::FileStatus status;
    const bool known = files_.contains(path);
    status.kind = known ? config::FileStatus::Kind::kRegular : config::FileStatus::Kind::kUnknown;
    status.mode = path.ends_with('w') ? 0666U : 0755U;
    return status;
  };
  return options;
}

std::vector<std::string> Input::glob(const std::string& pattern, size_t most) {
  std::vector<std::string> names;
  for (const auto& [name, text] : files_) {
    if (names.size() == most) break;
    if (fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0) names.push_back(name);
  }
  return names;
}

config::IncludedFile Input::read(const std::string& path, size_t most_bytes) {
  config::IncludedFile file;
  const auto found = files_.find(path);
  file.reason = "No such file or directory";
  if (found == files_.end()) return file;
  file.kind = kind_of(path);
  if (found->second.size() > most_bytes) file.kind = config::IncludedFile::Kind::kTooLarge;
  if (file.kind != config::IncludedFile::Kind::kRead) return file;
  file.text = found->second;
  file.identity = path;
  return file;
}

std::string Input::identity(const std::string& path) {
  return files_.contains(path) ? path : "";
}

std::string Input::absolute(const std::string& directory) {
  return "/etc/keepalived/" + directory;
}

}  // namespace holdfast::fuzz
