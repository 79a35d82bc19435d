#include "cli/run/runtime_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "cli/run/hand_over.h"
#include "common/frame_endpoint.h"
#include "common/frame_socket.h"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<RuntimeDirectory> RuntimeDirectory::open(const std::string& path) {
  RuntimeDirectory result;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failure(fmt::format("make {}: {}", path, error.message()));
  result.path_ = fs::canonical(path, error).string();
  if (error) return failure(fmt::format("{}: {}", path, error.message()));
  struct stat status{};
  if (::stat(result.path_.c_str(), &status) < 0) return system_failure("stat " + path);
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return failure(
        fmt::format("{} belongs to user {} with mode {:04o}: it must be yours and "
                    "writable by nobody else",
                    path, status.st_uid, status.st_mode & 07777));
  }
  if (::geteuid() == 0 && ::chmod(result.path_.c_str(), 0755) < 0) {
    return system_failure("chmod " + path);
  }
  result.lock_.reset(::open(result.file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!result.lock_) return system_failure("open " + result.file("lock"));
  if (::flock(result.lock_.get(), LOCK_EX | LOCK_NB) < 0) {
    return failure(
        fmt::format("another holdfast runs in {}: stop it, or choose another "
                    "--runtime-dir",
                    path));
  }
  return result;
}

Result<void> RuntimeDirectory::check_reachable() const {
  const fs::path path = path_;
  for (fs::path part = path; part.has_relative_path(); part = part.parent_path()) {
    struct stat status{};
    if (::stat(part.c_str(), &status) < 0) return system_failure("stat " + part.string());
    if ((status.st_mode & S_IXOTH) != 0) continue;
    return failure(
        fmt::format("{} is closed to other users (mode {:04o}), so the four processes "
                    "cannot reach {}: choose another --runtime-dir",
                    part.string(), status.st_mode & 07777, path.string()));
  }
  return {};
}

Result<std::string> RuntimeDirectory::next_generation() {
  std::error_code error;
  std::string path = file(fmt::format("config.{}", ++generations_));
  fs::remove_all(path, error);
  if (::mkdir(path.c_str(), 0755) < 0) return system_failure("make " + path);
  if (::chmod(path.c_str(), 0755) < 0) return system_failure("chmod " + path);
  return path;
}

void RuntimeDirectory::discard(const std::string& generation) const {
  std::error_code ignored;
  fs::remove_all(generation, ignored);
}

Result<void> RuntimeDirectory::activate(const std::string& generation) {
  const std::string link = file("config");
  const std::string fresh = file("config.new");
  std::error_code error;
  fs::remove(fresh, error);
  fs::create_symlink(fs::path(generation).filename(), fresh, error);
  if (!error) fs::rename(fresh, link, error);
  if (error) return failure(fmt::format("{}: {}", link, error.message()));
  if (!current_.empty()) discard(current_);
  current_ = generation;
  return {};
}

Result<UniqueFd> RuntimeDirectory::listen(const std::string& name, const Identities::Id& client,
                                          mode_t mode) const {
  const std::string path = file(name);
  auto socket = listen_frame_socket(path, mode);
  if (!socket) return socket;
  if (client.uid != ::geteuid() && ::chown(path.c_str(), client.uid, client.gid) < 0) {
    return system_failure("chown " + path);
  }
  return socket;
}

Result<std::string> RuntimeDirectory::state_directory(const std::string& name,
                                                      const Identities::Id& owner) const {
  std::string path = file(name);
  if (::mkdir(path.c_str(), 0700) < 0 && errno != EEXIST) return system_failure("make " + path);
  // Mails that another run left behind now belong to this run's notifier.
  if (const auto given = hand_over(path, owner); !given) return std::unexpected(given.error());
  return path;
}

Result<void> RuntimeDirectory::write(const std::string& name, const std::string& bytes) const {
  const std::string fresh = file(name + ".new");
  const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return system_failure("open " + fresh);
  if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return system_failure("write " + fresh);
  }
  if (::rename(fresh.c_str(), file(name).c_str()) < 0) return system_failure("rename " + fresh);
  return {};
}

void RuntimeDirectory::clean_up() const {
  std::error_code ignored;
  for (const char* name : {"net.sock", "health.sock", "events.sock", "control.sock", "processes.pb",
                           "config", "config.new"}) {
    fs::remove(file(name), ignored);
  }
  for (const char* process : kRoleNames) fs::remove(notify_file(process), ignored);
  if (!current_.empty()) discard(current_);
}

}  // namespace holdfast::cli
