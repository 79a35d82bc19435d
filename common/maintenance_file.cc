#include "common/maintenance_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/read_file.h"
#include "common/unique_fd.h"

namespace holdfast {
namespace {

constexpr size_t kBytesMax = 4U << 20U;
constexpr const char* kMend =
    "remove it, then say `holdfast maintenance on` again for what is to stay down";

}  // namespace

Result<wire::MaintenanceList> read_maintenance(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) return wire::MaintenanceList();
  if (!fd) return system_failure("open " + path);
  struct stat status{};
  if (::fstat(fd.get(), &status) < 0) return system_failure("stat " + path);
  if (!S_ISREG(status.st_mode)) return failure(fmt::format("{}: not a file: {}", path, kMend));
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return failure(fmt::format("{}: owned by user {}, not by root or user {}: {}", path,
                               status.st_uid, ::geteuid(), kMend));
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return failure(fmt::format("{}: mode {:04o} lets others write it: {}", path,
                               status.st_mode & 07777, kMend));
  }
  const auto content = read_up_to(fd.get(), kBytesMax);
  if (!content) return std::unexpected(content.error());
  wire::MaintenanceList list;
  if (content->size() > kBytesMax || !list.ParseFromString(*content)) {
    return failure(fmt::format("{}: no list of orders: {}", path, kMend));
  }
  return list;
}

}  // namespace holdfast
