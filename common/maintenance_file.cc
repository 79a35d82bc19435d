#include "common/maintenance_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "common/compiled_file.h"
#include "common/read_file.h"

namespace holdfast {
namespace {

constexpr size_t kBytesMax = 4U << 20U;
constexpr const char* kMend =
    "remove it, then say `holdfast maintenance on` again for what is to stay down";

}  // namespace

Result<wire::MaintenanceList> read_maintenance(const std::string& path) {
  const auto fd = open_trusted(path, kMend);
  struct stat status{};
  if (!fd && ::lstat(path.c_str(), &status) < 0 && errno == ENOENT) return wire::MaintenanceList();
  if (!fd) return std::unexpected(fd.error());
  const auto content = read_up_to(fd->get(), kBytesMax);
  if (!content) return std::unexpected(content.error());
  wire::MaintenanceList list;
  if (content->size() > kBytesMax || !list.ParseFromString(*content)) {
    return failure(fmt::format("{}: no list of orders: {}", path, kMend));
  }
  return list;
}

}  // namespace holdfast
