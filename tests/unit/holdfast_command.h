// The `holdfast` command as a process, for tests.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "source_tree.h"

namespace holdfast {

namespace fs = std::filesystem;

struct Outcome {
  int status;
  std::string output;
};

class HoldfastCommandTest : public testing::Test {
 public:
  ~HoldfastCommandTest() override { fs::remove_all(directory_); }

 protected:
  HoldfastCommandTest() {
    std::string pattern = (fs::temp_directory_path() / "holdfast-command-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    const char* program = std::getenv("HOLDFAST");  // NOLINT(concurrency-mt-unsafe)
    program_ = program == nullptr ? "holdfast" : program;
  }

  Outcome run(const std::string& arguments, const std::string& environment = "") const {
    Outcome outcome{-1, ""};
    const std::string line = fmt::format("{} {} {}", environment, program_, arguments);
    FILE* pipe = ::popen(line.c_str(), "r");  // NOLINT(cert-env33-c)
    if (pipe == nullptr) return outcome;
    std::array<char, 4096> buffer{};
    for (size_t size = 1; size > 0;) {
      size = std::fread(buffer.data(), 1, buffer.size(), pipe);
      outcome.output.append(buffer.data(), size);
    }
    outcome.status = WEXITSTATUS(::pclose(pipe));
    return outcome;
  }

  void write(const std::string& name, const std::string& text,
             fs::perms permissions = fs::perms::owner_read | fs::perms::owner_write) const {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name) << text;
    fs::permissions(directory_ / name, permissions);
  }

  static std::string seed() { return (source_tree() / "tests/seed-cluster/node1.conf").string(); }

  static std::string golden(const std::string& name) {
    return (source_tree() / "tests/diagnostics" / name).string();
  }

  fs::path directory_;
  std::string program_;
};

}  // namespace holdfast
