// runner.USER.pb made into what can be run. Nothing of a bad file is used.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/command_form.h"
#include "common/error.h"
#include "runner/client.h"
#include "runner_config.pb.h"

namespace holdfast::runner {

struct Entry {
  Role asker = Role::kChecker;
  CommandForm form;
  Duration timeout{};
  std::string router_name;  // empty: no arguments are appended
};

struct Contents {
  uint64_t generation = 0;
  std::string user;
  std::vector<std::string> environment;
  std::map<uint32_t, Entry> scripts;
};

// An error names the script and what is wrong with it: the compiler writes no such file.
Result<Contents> contents_from(const compiled::RunnerConfig& config);

class Library {
 public:
  explicit Library(std::string path) : path_(std::move(path)) {}

  // The file's contents, read anew unless they are of this generation or the one before was: the
  // two askers are not told of a new configuration at the same moment. An error says what to do,
  // and the contents stay.
  Result<const Contents*> of_generation(uint64_t generation);
  // Reads it for the first time.
  Result<void> load();
  const Contents& contents() const { return contents_; }

 private:
  std::string path_;
  Contents contents_;
  Contents before_;
};

// What runs: the file's words, with the arguments that go with them.
ScriptCommand command_of(const Contents& contents, const Entry& entry,
                         const NotifyArguments& arguments);

}  // namespace holdfast::runner
