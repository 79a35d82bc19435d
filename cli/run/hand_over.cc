#include "cli/run/hand_over.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string_view>
#include <utility>

#include "common/unique_fd.h"

namespace holdfast::cli {
namespace {

constexpr int kDepthMax = 8;  // the spool has two levels

struct Closer {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<void> give(int fd, const Identities::Id& owner) {
  if (::fchownat(fd, "", owner.uid, owner.gid, AT_EMPTY_PATH) == 0) return {};
  return system_failure("chown");
}

// By descriptors and never by a path: a process of the former owner may still live, and put a link
// in the place of any name while we look. What it linked from elsewhere is not its own.
Result<void> hand_over(UniqueFd directory, uid_t former, const Identities::Id& owner, int depth) {
  const int fd = directory.get();
  const std::unique_ptr<DIR, Closer> entries(::fdopendir(directory.release()));
  if (!entries) return system_failure("read");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    const UniqueFd item(::openat(fd, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (!item || ::fstat(item.get(), &status) < 0 || status.st_uid != former) continue;
    if (S_ISREG(status.st_mode)) {
      if (const auto given = give(item.get(), owner); !given) return given;
    } else if (S_ISDIR(status.st_mode) && depth < kDepthMax) {
      UniqueFd inner(::openat(item.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!inner) continue;  // gone by now
      const auto given = hand_over(std::move(inner), former, owner, depth + 1);
      if (!given) return given;
    }
  }
  return give(fd, owner);
}

}  // namespace

Result<void> hand_over(const std::string& directory, const Identities::Id& owner) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) < 0) return system_failure("open " + directory);
  if (status.st_uid == owner.uid && status.st_gid == owner.gid) return {};
  const auto given = hand_over(std::move(fd), status.st_uid, owner, 0);
  if (!given) return failure(directory + ": " + given.error().text);
  return {};
}

}  // namespace holdfast::cli
