// The two ends of a framed socket by its path: frame_socket.h takes over what is made here.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast {

// Connects to a socket of ours. An error says which path and why.
Result<UniqueFd> connect_frame_socket(const std::string& path);
// A listening socket at `path` (replaced if it is there), with exactly this mode.
Result<UniqueFd> listen_frame_socket(const std::string& path, mode_t mode);

}  // namespace holdfast
