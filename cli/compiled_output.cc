#include "cli/compiled_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "common/compiled_file.h"

namespace holdfast::cli {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"engine", "net", "checker", "notifier"};

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // The all-ones id means "leave it alone" to chown(2).
  return value == UINT32_MAX ? std::nullopt : std::optional(value);
}

// The process has one thread.
std::optional<uid_t> user_id(const std::string& text) {
  if (const auto id = number(text)) return id;
  const passwd* entry = ::getpwnam(text.c_str());  // NOLINT(concurrency-mt-unsafe)
  return entry == nullptr ? std::nullopt : std::optional(entry->pw_uid);
}

std::optional<gid_t> group_id(const std::string& text) {
  if (const auto id = number(text)) return id;
  const group* entry = ::getgrnam(text.c_str());  // NOLINT(concurrency-mt-unsafe)
  return entry == nullptr ? std::nullopt : std::optional(entry->gr_gid);
}

// Whoever may write a directory on the way can put another file in the place of ours, and the
// readers would trust it.
Result<void> check_way_to(const std::filesystem::path& directory) {
  std::filesystem::path way;
  for (const auto& part : std::filesystem::absolute(directory)) {
    way /= part;
    struct stat status{};
    if (::stat(way.c_str(), &status) < 0) return system_failure("stat " + way.string());
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
      return failure(
          fmt::format("{0}: owned by user {1}, who could exchange what is compiled into it: remove "
                      "it, or `chown root {0}` after a look at what it holds",
                      way.string(), status.st_uid));
    }
    const bool shared = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    const bool kept_apart = (status.st_mode & S_ISVTX) != 0 && way != directory;
    if (shared && !kept_apart) {
      return failure(
          fmt::format("{0}: mode {1:04o} lets others exchange what is compiled into it: "
                      "`chmod go-w {0}` after a look at what it holds",
                      way.string(), status.st_mode & 07777));
    }
  }
  return {};
}

}  // namespace

Result<void> add_owner(std::string_view text, Owners& owners) {
  const size_t equals = text.find('=');
  const size_t colon = text.find(':', equals == std::string_view::npos ? 0 : equals);
  const std::string_view name = text.substr(0, equals);
  if (equals == std::string_view::npos || colon == std::string_view::npos ||
      std::ranges::find(kNames, name) == kNames.end()) {
    return failure(
        fmt::format("--owner {}: write engine, net, checker or notifier, then =USER:GROUP", text));
  }
  const auto user = user_id(std::string(text.substr(equals + 1, colon - equals - 1)));
  const auto group = group_id(std::string(text.substr(colon + 1)));
  if (!user) return failure(fmt::format("--owner {}: there is no such user", text));
  if (!group) return failure(fmt::format("--owner {}: there is no such group", text));
  owners[std::string(name)] = {*user, *group};
  return {};
}

Result<CompiledOutput> CompiledOutput::open(const std::string& directory, const Owners& owners) {
  CompiledOutput output;
  output.directory_ = directory;
  output.directory_fd_.reset(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!output.directory_fd_) return system_failure("open " + directory);
  if (!owners.empty()) {
    if (auto safe = check_way_to(directory); !safe) return std::unexpected(safe.error());
  }
  for (size_t i = 0; i < kNames.size(); ++i) {
    output.files_[i].name = kNames[i];
    if (auto created = output.create(output.files_[i], owners); !created) {
      return std::unexpected(created.error());
    }
  }
  return output;
}

Result<void> CompiledOutput::create(File& file, const Owners& owners) {
  const std::string temporary = fmt::format(".{}.pb.{}", file.name, ::getpid());
  const std::string path = directory_ + "/" + temporary;
  const int fd = ::openat(directory_fd_.get(), temporary.c_str(),
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
  if (fd < 0) return system_failure("create " + path);
  file.fd.reset(fd);
  file.temporary = temporary;
  const auto owner = owners.find(file.name);
  if (owner == owners.end()) return {};
  const auto& [user, group] = owner->second;
  if (::fchown(fd, user, group) < 0) return system_failure("give away " + path);
  if (user == 0 && group != 0 && ::fchmod(fd, 0440) < 0) return system_failure("chmod " + path);
  return {};
}

CompiledOutput::~CompiledOutput() {
  for (const File& file : files_) {
    if (file.fd && !file.temporary.empty()) {
      ::unlinkat(directory_fd_.get(), file.temporary.c_str(), 0);
    }
  }
}

Result<void> CompiledOutput::write(File& file, const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t size = ::write(file.fd.get(), rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_failure(fmt::format("write {}/{}", directory_, file.temporary));
    rest.remove_prefix(static_cast<size_t>(size));
  }
  if (::fsync(file.fd.get()) < 0) {
    return system_failure(fmt::format("fsync {}/{}", directory_, file.temporary));
  }
  return {};
}

Result<void> CompiledOutput::commit(const config::CompileResult& result) {
  const std::array<std::string, 4> contents = {
      compiled_file_bytes(CompiledKind::kEngine, result.engine),
      compiled_file_bytes(CompiledKind::kNet, result.net),
      compiled_file_bytes(CompiledKind::kChecker, result.checker),
      compiled_file_bytes(CompiledKind::kNotifier, result.notifier),
  };
  for (size_t i = 0; i < files_.size(); ++i) {
    if (auto written = write(files_[i], contents[i]); !written) return written;
  }
  for (File& file : files_) {
    const std::string name = file.name + ".pb";
    if (::renameat(directory_fd_.get(), file.temporary.c_str(), directory_fd_.get(), name.c_str()) <
        0) {
      return system_failure(fmt::format("rename to {}/{}", directory_, name));
    }
    file.temporary.clear();
  }
  if (::fsync(directory_fd_.get()) < 0) return system_failure("fsync " + directory_);
  return {};
}

}  // namespace holdfast::cli
