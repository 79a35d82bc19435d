// A directory of a test's own, gone with it.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace holdfast::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(std::filesystem::temp_directory_path() / "holdfast-XXXXXX") {
    path_ = ::mkdtemp(path_.data());
    // Tests that change their user look into it as somebody else.
    ::chmod(path_.c_str(), 0755);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  // Written whole, then renamed into place. Returns its path.
  std::string write(const std::string& name, const std::string& content, mode_t mode) const {
    const std::string target = path(name);
    const std::string fresh = target + ".new";
    std::ofstream(fresh, std::ios::binary) << content;
    ::chmod(fresh.c_str(), mode);
    std::filesystem::rename(fresh, target);
    return target;
  }

 private:
  std::string path_;
};

}  // namespace holdfast::testing
