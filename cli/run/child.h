// Starting one of our processes: a fresh executable with its own user, exactly its capabilities, an
// empty bounding set, its sockets by socket activation and nothing else.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/run/identities.h"
#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast::cli {

struct ChildPlan {
  Role role = Role::kNetHelper;
  std::string executable;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, int>> sockets;  // LISTEN_FDNAMES name, descriptor
  std::vector<int> capabilities;                     // raised as ambient
  bool own_network_namespace = false;
  bool has_deadlines = false;  // real-time class, and memory that it may lock
  bool change_user = false;
  Identities::Id id;
  std::vector<gid_t> groups;  // besides id.gid
  bool keeps_rights = false;  // root's runner alone: all capabilities, no no_new_privs
  std::map<std::string, std::string> environment;
};

struct StartedChild {
  pid_t pid = 0;
  UniqueFd log;  // read end of its standard output and error
};

Result<StartedChild> start_child(const ChildPlan& plan);

// How a child ended: "was killed by signal 9".
std::string describe_end(const siginfo_t& info);
// For the table of processes.
uint64_t unix_ms_now();

}  // namespace holdfast::cli
