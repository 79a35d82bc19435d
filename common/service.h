// The service manager's protocols, spoken alike to systemd and to `holdfast run`:
// LISTEN_FDS/LISTEN_FDNAMES (sd_listen_fds(3)) and NOTIFY_SOCKET (sd_notify(3)).
#pragma once

#include <csignal>
#include <string_view>

#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast {

// "Somebody starts your successor": end at once and give nothing up. What is held is leased, and
// the next one takes it over (RestartKillSignal= of the units).
constexpr int kHandOverSignal = SIGUSR2;

// The descriptor that was passed at start under this name, close-on-exec. An error names the socket
// unit that is missing. Call before threads.
Result<UniqueFd> passed_socket(std::string_view name);

// To the socket at `path` ('@': an abstract one). False: it is not there, or its queue is full.
bool send_datagram(std::string_view path, std::string_view text);

// What sd_notify(3) says: "READY=1\nSTATUS=serving". It never waits: sd_notify() would, while the
// manager's queue is full. Without NOTIFY_SOCKET there is nobody to tell.
void notify(std::string_view assignments);
void notify_reloading();

}  // namespace holdfast
