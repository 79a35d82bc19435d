// The granted runner: the one process of the checker's that keeps CAP_KILL, to start scripts that
// ask whether another user's process lives.
//
// It confines itself (CAP_KILL ambient, no_new_privs, the signal filter), reads checker.pb and
// then does one thing: on request it starts the script of a check that its own copy of checker.pb
// marks signal_zero. The script becomes a child of the checker (CLONE_PARENT), which reaps it and
// keeps its time limit; that the checker runs as the same user is enough to kill it.
#pragma once

#include <string>

#include "common/unique_fd.h"

namespace holdfast::checker {

// Runs until the other end of `socket` is closed. Returns the exit status.
int granted_runner_main(UniqueFd socket, const std::string& config_path);

}  // namespace holdfast::checker
