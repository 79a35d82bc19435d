#include "cli/compiled_output.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>

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

void append(std::string& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

// The owner and this user may read, nobody else anything (acl(5)). As the kernel has it, in
// linux/posix_acl_xattr.h: a version, then tag, permissions and id of each entry.
Result<void> let_read(int fd, uid_t user) {
  if (user == 0 || user == ::geteuid()) return {};
  constexpr uint32_t kVersion = 2;
  constexpr uint32_t kRead = 4;
  constexpr uint32_t kNobody = UINT32_MAX;
  struct Entry {
    uint32_t tag, permissions, id;
  };
  std::string list;
  append(list, kVersion, 4);
  for (const Entry& entry :
       {Entry{0x01, kRead, kNobody}, Entry{0x02, kRead, user}, Entry{0x04, 0, kNobody},
        Entry{0x10, kRead, kNobody}, Entry{0x20, 0, kNobody}}) {
    append(list, entry.tag, 2);
    append(list, entry.permissions, 2);
    append(list, entry.id, 4);
  }
  if (::fsetxattr(fd, "system.posix_acl_access", list.data(), list.size(), 0) == 0) return {};
  return system_failure("let its user read it (does the file system know access control lists?)");
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
  if (auto created = output.create_slots(); !created) return std::unexpected(created.error());
  return output;
}

Result<void> CompiledOutput::create_slots() {
  for (size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].name = fmt::format("runner.{}", i);
    if (auto created = create(slots_[i], {}); !created) return created;
  }
  return {};
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
  remove_temporaries();
}

void CompiledOutput::remove_temporaries() {
  const auto remove = [this](File& file) {
    if (!file.fd || file.temporary.empty()) return;
    ::unlinkat(directory_fd_.get(), file.temporary.c_str(), 0);
    file.temporary.clear();
  };
  std::ranges::for_each(files_, remove);
  std::ranges::for_each(slots_, remove);
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

Result<void> CompiledOutput::put_in_place(File& file, const std::string& name) {
  if (::renameat(directory_fd_.get(), file.temporary.c_str(), directory_fd_.get(), name.c_str()) <
      0) {
    return system_failure(fmt::format("rename to {}/{}", directory_, name));
  }
  file.temporary.clear();
  return {};
}

void CompiledOutput::remove_other_runners(const config::CompileResult& result) const {
  const int fd = ::openat(directory_fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd), ::closedir);
  if (!directory) return;
  constexpr std::string_view kPrefix = "runner.";
  constexpr std::string_view kEnd = ".pb";
  while (const dirent* entry = ::readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe)
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (!name.starts_with(kPrefix) || !name.ends_with(kEnd)) continue;
    const auto user = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kEnd.size());
    if (result.runners.contains(std::string(user))) continue;
    ::unlinkat(directory_fd_.get(), entry->d_name, 0);
  }
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
  size_t used = 0;
  for (const auto& [user, runner] : result.runners) {
    File& slot = slots_.at(used++);
    auto written = write(slot, compiled_file_bytes(CompiledKind::kRunner, runner.config));
    if (written) written = let_read(slot.fd.get(), runner.uid);
    if (!written) return failure(fmt::format("runner.{}.pb: {}", user, written.error().text));
  }
  used = 0;
  for (const auto& [user, runner] : result.runners) {
    const auto put = put_in_place(slots_.at(used++), fmt::format("runner.{}.pb", user));
    if (!put) return put;
  }
  for (File& file : files_) {
    if (auto put = put_in_place(file, file.name + ".pb"); !put) return put;
  }
  remove_temporaries();
  remove_other_runners(result);
  if (::fsync(directory_fd_.get()) < 0) return system_failure("fsync " + directory_);
  return {};
}

}  // namespace holdfast::cli
