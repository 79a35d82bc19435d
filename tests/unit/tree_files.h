// Included files from a directory of the source tree, named relative to it.
#pragma once

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/file_access.h"
#include "source_tree.h"

namespace holdfast {

class TreeFiles : public config::FileAccess {
 public:
  explicit TreeFiles(std::filesystem::path directory)
      : root_((source_tree() / directory).string() + "/"), directory_(std::move(directory)) {}

  std::vector<std::string> glob(const std::string& pattern, size_t most) override {
    glob_t found{};
    std::vector<std::string> names;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    if (::glob((root_ + pattern).c_str(), 0, nullptr, &found) == 0) {
      for (size_t i = 0; i < std::min(most, static_cast<size_t>(found.gl_pathc)); ++i) {
        names.push_back(std::string(found.gl_pathv[i]).substr(root_.size()));
      }
    }
    ::globfree(&found);
    return names;
  }
  config::IncludedFile read(const std::string& path, size_t most_bytes) override {
    config::IncludedFile file;
    struct stat status{};
    if (::stat((root_ + path).c_str(), &status) < 0) return file;
    file.kind = S_ISDIR(status.st_mode)           ? config::IncludedFile::Kind::kDirectory
                : (status.st_mode & S_IXUSR) != 0 ? config::IncludedFile::Kind::kExecutable
                                                  : config::IncludedFile::Kind::kRead;
    if (file.kind != config::IncludedFile::Kind::kRead) return file;
    file.text = read_source(directory_ / path).substr(0, most_bytes);
    file.identity = std::to_string(status.st_ino);
    return file;
  }
  std::string identity(const std::string& path) override {
    struct stat status{};
    return ::stat((root_ + path).c_str(), &status) == 0 ? std::to_string(status.st_ino) : "";
  }
  std::string absolute(const std::string& directory) override { return "/tree/" + directory; }

 private:
  std::string root_;
  std::filesystem::path directory_;
};

}  // namespace holdfast
