// The notifier's command line.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/error.h"

namespace holdfast::notifier {

struct Options {
  std::string config;           // notifier.pb
  uid_t engine_user = 0;        // the only user that may connect to events.sock
  std::string runners;          // where the runners of users listen
  std::string state_directory;  // STATE_DIRECTORY of the environment wins over the option
};

// After --help the process has ended; an error is one line for the operator.
Result<Options> parse_options(int argc, char** argv);

}  // namespace holdfast::notifier
