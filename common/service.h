// The service manager's protocols, spoken alike to systemd and to `holdfast run`:
// LISTEN_FDS/LISTEN_FDNAMES (sd_listen_fds(3)) and NOTIFY_SOCKET (sd_notify(3)).
#pragma once

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast {

// "Somebody starts your successor": end at once and give nothing up. What is held is leased, and
// the next one takes it over (RestartKillSignal= of the units).
constexpr int kHandOverSignal = SIGUSR2;

// Every descriptor that was passed at start, by name, close-on-exec. Call once, before threads.
class PassedSockets {
 public:
  static PassedSockets take();
  // An error names the socket unit that is missing.
  Result<UniqueFd> claim(std::string_view name);

 private:
  struct Named {
    std::string name;
    UniqueFd fd;
  };
  std::vector<Named> sockets_;
};

// READY=1 with a STATUS= line.
void notify_ready(std::string_view status);
void notify_status(std::string_view status);
void notify_reloading();
void notify_stopping();

}  // namespace holdfast
