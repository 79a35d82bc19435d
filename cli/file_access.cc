#include "cli/file_access.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "common/read_file.h"
#include "common/unique_fd.h"

namespace holdfast::cli {
namespace {

using config::IncludedFile;

std::string identity_of(const struct stat& status) {
  return fmt::format("{}:{}", status.st_dev, status.st_ino);
}

IncludedFile of_kind(IncludedFile::Kind kind) {
  return {.kind = kind, .text = {}, .identity = {}, .reason = {}};
}

IncludedFile unreadable(int error) {
  IncludedFile file = of_kind(IncludedFile::Kind::kUnreadable);
  file.reason = error_text(error);
  return file;
}

}  // namespace

std::vector<std::string> DiskFiles::glob(const std::string& pattern, size_t most) {
  glob_t found{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&found, ::globfree);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the compiler has one thread.
  if (::glob(pattern.c_str(), 0, nullptr, &found) != 0) return {};
  const size_t count = std::min(most, static_cast<size_t>(found.gl_pathc));
  return {found.gl_pathv, found.gl_pathv + count};
}

IncludedFile DiskFiles::read(const std::string& path, size_t most_bytes) {
  // Opening a FIFO would wait for its writer; some devices do more than that when opened.
  struct stat before{};
  if (::stat(path.c_str(), &before) < 0) return unreadable(errno);
  if (S_ISDIR(before.st_mode)) return of_kind(IncludedFile::Kind::kDirectory);
  if (!S_ISREG(before.st_mode)) return of_kind(IncludedFile::Kind::kSpecial);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) < 0) return unreadable(errno);
  if (!S_ISREG(status.st_mode)) return of_kind(IncludedFile::Kind::kSpecial);
  constexpr mode_t kExecutable = S_IXUSR | S_IXGRP | S_IXOTH;
  if ((status.st_mode & kExecutable) != 0) return of_kind(IncludedFile::Kind::kExecutable);
  auto content = read_up_to(fd.get(), most_bytes);
  if (!content) return unreadable(EIO);
  if (content->size() > most_bytes) return of_kind(IncludedFile::Kind::kTooLarge);
  return {.kind = IncludedFile::Kind::kRead,
          .text = std::move(*content),
          .identity = identity_of(status),
          .reason = {}};
}

std::string DiskFiles::identity(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? identity_of(status) : "";
}

std::string DiskFiles::absolute(const std::string& directory) {
  const std::unique_ptr<char, void (*)(void*)> path(
      ::realpath(directory.empty() ? "." : directory.c_str(), nullptr), std::free);
  return path ? path.get() : directory;
}

std::string short_host_name(const std::string& host_name) {
  return host_name.substr(0, host_name.find('.'));
}

}  // namespace holdfast::cli
