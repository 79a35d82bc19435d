#include "common/passed_socket.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>

namespace holdfast {

Result<UniqueFd> passed_socket(std::string_view name) {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(0, &names);
  UniqueFd found;
  for (int i = 0; i < count; ++i) {
    if (!found && name == names[i]) found.reset(SD_LISTEN_FDS_START + i);
    std::free(names[i]);  // NOLINT(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
  }
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
  std::free(static_cast<void*>(names));
  if (found) return found;
  return failure(
      fmt::format("no socket named `{}` was passed: start this process with "
                  "`holdfast run` or its systemd socket unit",
                  name));
}

}  // namespace holdfast
