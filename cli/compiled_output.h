// Four files, and one for each runner, that appear together, or not at all as far as rename(2) can
// do it.
//
// Opened while the process may still create files and give them away; written and put in place
// after it has given up everything but that.
#pragma once

#include <sys/types.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/unique_fd.h"
#include "config/compile.h"

namespace holdfast::cli {

struct Owner {
  uid_t user;
  gid_t group;
};
// "engine", "net", "checker", "notifier" -> who may read that file. A file that belongs to a user
// has mode 0400; one that belongs to root and another group 0440, so that its reader cannot
// change it. A runner's file stays the caller's, with an access control list that lets that user
// read it: this takes no right over files.
using Owners = std::map<std::string, Owner, std::less<>>;

// "engine=USER:GROUP", names or numbers.
Result<void> add_owner(std::string_view text, Owners& owners);

class CompiledOutput {
 public:
  // Temporary files in the directory, empty, with their final owner and mode.
  static Result<CompiledOutput> open(const std::string& directory, const Owners& owners);

  CompiledOutput(CompiledOutput&&) = default;
  CompiledOutput& operator=(CompiledOutput&&) = default;
  CompiledOutput(const CompiledOutput&) = delete;
  CompiledOutput& operator=(const CompiledOutput&) = delete;
  // Removes what has not been put in place.
  ~CompiledOutput();

  // Writes, fsyncs and renames all; runners' files of a former configuration go.
  Result<void> commit(const config::CompileResult& result);

 private:
  struct File {
    std::string name;
    std::string temporary;
    UniqueFd fd;
  };

  CompiledOutput() = default;
  Result<void> create(File& file, const Owners& owners);
  Result<void> create_slots();
  Result<void> write(File& file, const std::string& bytes);
  Result<void> put_in_place(File& file, const std::string& name);
  void remove_temporaries();
  void remove_other_runners(const config::CompileResult& result) const;

  std::string directory_;
  UniqueFd directory_fd_;
  std::array<File, 4> files_;
  // Which users there will be is known only when no file can be made any more.
  std::array<File, config::kRunnersMax> slots_;
};

}  // namespace holdfast::cli
