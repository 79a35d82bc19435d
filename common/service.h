// What a service tells its manager (sd_notify(3)), systemd and `holdfast run` alike.
#pragma once

#include <csignal>
#include <string_view>

namespace holdfast {

// "Somebody starts your successor": end at once and give nothing up. What is held is leased, and
// the next one takes it over (RestartKillSignal= of the units).
constexpr int kHandOverSignal = SIGUSR2;

// To the socket at `path` ('@': an abstract one). False: it is not there, or its queue is full.
bool send_datagram(std::string_view path, std::string_view text);

// What sd_notify(3) says: "READY=1\nSTATUS=serving". It never waits: sd_notify() would, while the
// manager's queue is full. Without NOTIFY_SOCKET there is nobody to tell.
void notify(std::string_view assignments);
void notify_reloading();

}  // namespace holdfast
