#include "cli/replacement.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace holdfast::cli {
namespace {

constexpr mode_t kModeBits = 07777;

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size &&
         one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

}  // namespace

Replacement::Replacement(Replacement&& other) noexcept
    : path_(std::move(other.path_)),
      name_(std::move(other.name_)),
      temporary_(std::exchange(other.temporary_, {})),
      directory_(std::move(other.directory_)),
      content_(std::move(other.content_)),
      fresh_(std::move(other.fresh_)),
      status_(other.status_) {}

Replacement::~Replacement() {
  if (!temporary_.empty()) ::unlinkat(directory_.get(), temporary_.c_str(), 0);
}

Result<Replacement> Replacement::open(const std::string& path) {
  Replacement file;
  file.path_ = path;
  const size_t slash = path.rfind('/');
  file.name_ = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  file.directory_.reset(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.directory_) return system_failure("open " + directory);
  // Opening a FIFO would wait for its writer.
  file.content_.reset(::openat(file.directory_.get(), file.name_.c_str(),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.content_ && errno == ELOOP) {
    return failure(path + ": a symbolic link: name the file that it leads to");
  }
  if (!file.content_) return system_failure("open " + path);
  if (::fstat(file.content_.get(), &file.status_) < 0) return system_failure("stat " + path);
  if (!S_ISREG(file.status_.st_mode)) return failure(path + ": not a regular file");
  if (file.status_.st_nlink > 1) {
    return failure(fmt::format("{}: has {} names: the others would keep the old text", path,
                               file.status_.st_nlink));
  }
  if (auto created = file.create(); !created) return std::unexpected(created.error());
  return file;
}

Result<void> Replacement::create() {
  const std::string temporary = fmt::format(".holdfast-fmt.{}", ::getpid());
  fresh_.reset(::openat(directory_.get(), temporary.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fresh_) return system_failure("create a new file beside " + path_);
  temporary_ = temporary;
  struct stat fresh{};
  if (::fstat(fresh_.get(), &fresh) < 0) return system_failure("stat " + temporary);
  const bool owned = fresh.st_uid == status_.st_uid && fresh.st_gid == status_.st_gid;
  if (!owned && ::fchown(fresh_.get(), status_.st_uid, status_.st_gid) < 0) {
    return system_failure(path_ + ": cannot keep its owner");
  }
  if (::fchmod(fresh_.get(), status_.st_mode & kModeBits) < 0) {
    return system_failure(path_ + ": cannot keep its mode");
  }
  return {};
}

Result<void> Replacement::commit(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fresh_.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_failure("write a new file beside " + path_);
    text.remove_prefix(static_cast<size_t>(size));
  }
  if (::fsync(fresh_.get()) < 0) return system_failure("fsync a new file beside " + path_);
  struct stat now{};
  if (::fstatat(directory_.get(), name_.c_str(), &now, AT_SYMLINK_NOFOLLOW) < 0 ||
      !is_same(now, status_)) {
    return failure(path_ + ": somebody changed it meanwhile: try again");
  }
  if (::renameat(directory_.get(), temporary_.c_str(), directory_.get(), name_.c_str()) < 0) {
    return system_failure("rename to " + path_);
  }
  temporary_.clear();
  if (::fsync(directory_.get()) < 0) return system_failure("fsync the directory of " + path_);
  return {};
}

}  // namespace holdfast::cli
