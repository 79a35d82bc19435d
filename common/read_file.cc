#include "common/read_file.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace holdfast {

Result<std::string> read_up_to(int fd, size_t most) {
  std::string content;
  std::array<char, 65536> buffer{};
  while (content.size() <= most) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_failure("read");
    if (size == 0) break;
    content.append(buffer.data(), static_cast<size_t>(size));
  }
  return content;
}

}  // namespace holdfast
