// Starting one of the four processes: a fresh executable with its own user, exactly its
// capabilities, an empty bounding set, its sockets by socket activation and nothing else.
#pragma once

#include <sys/types.h>

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
  bool change_user = false;
  Identities::Id id;
  std::map<std::string, std::string> environment;
};

struct StartedChild {
  pid_t pid = 0;
  UniqueFd log;  // read end of its standard output and error
};

Result<StartedChild> start_child(const ChildPlan& plan);

}  // namespace holdfast::cli
