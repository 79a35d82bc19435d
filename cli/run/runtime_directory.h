// The runtime directory of one suite: sockets, compiled configuration, process table.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/run/identities.h"
#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast::cli {

class RuntimeDirectory {
 public:
  // Makes it if it is not there and locks it: two suites never share one. An error says who has
  // it, or what is wrong with it.
  static Result<RuntimeDirectory> open(const std::string& path);

  // An error where the four, under users of their own, could not enter it.
  Result<void> check_reachable() const;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  // Where a process of ours reports to the launcher.
  std::string notify_file(const std::string& process) const { return file("notify." + process); }

  // A fresh directory for the next compiled configuration.
  Result<std::string> next_generation();
  // Makes it the current one (config -> it, by rename) and removes the one before.
  Result<void> activate(const std::string& generation);
  void discard(const std::string& generation) const;

  // A listening socket that only this user may connect to; with another mode its group, too.
  Result<UniqueFd> listen(const std::string& name, const Identities::Id& client,
                          mode_t mode = 0600) const;
  // A directory of a process's own.
  Result<std::string> state_directory(const std::string& name, const Identities::Id& owner) const;
  // Replaces a file whole.
  Result<void> write(const std::string& name, const std::string& bytes) const;
  // Takes away what a start made: sockets and configuration, not the spool.
  void clean_up() const;

 private:
  std::string path_;
  UniqueFd lock_;
  std::string current_;
  unsigned generations_ = 0;
};

}  // namespace holdfast::cli
