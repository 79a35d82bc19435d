// Socket activation (sd_listen_fds(3)), spoken alike to systemd and to `holdfast run`.
#pragma once

#include <string_view>

#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast {

// The descriptor that was passed at start under this name, close-on-exec. An error names the socket
// unit that is missing. Call before threads.
Result<UniqueFd> passed_socket(std::string_view name);

}  // namespace holdfast
