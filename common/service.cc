#include "common/service.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdlib>
#include <ctime>

namespace holdfast {

PassedSockets PassedSockets::take() {
  PassedSockets result;
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  for (int i = 0; i < count; ++i) {
    result.sockets_.push_back({names[i], UniqueFd(SD_LISTEN_FDS_START + i)});
    std::free(names[i]);  // NOLINT(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
  }
  std::free(names);  // NOLINT(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
  return result;
}

Result<UniqueFd> PassedSockets::claim(std::string_view name) {
  for (Named& socket : sockets_) {
    if (socket.name == name && socket.fd) return std::move(socket.fd);
  }
  return failure(
      fmt::format("no socket named `{}` was passed: start this process with "
                  "`holdfast run` or its systemd socket unit",
                  name));
}

void notify_ready(std::string_view status) {
  sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
}

void notify_status(std::string_view status) {
  sd_notify(0, fmt::format("STATUS={}", status).c_str());
}

void notify_reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds).c_str());
}

void notify_stopping() {
  sd_notify(0, "STOPPING=1");
}

}  // namespace holdfast
