#include "cli/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <string_view>

namespace holdfast::cli {
namespace {

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

File open_file(const char* path) {
  return {std::fopen(path, "re"), std::fclose};
}

// Calls back for each group until that returns true. The process has one thread.
void each_group(const std::function<bool(const group&)>& found) {
  const File file = open_file("/etc/group");
  if (!file) return;
  while (const group* entry = ::fgetgrent(file.get())) {  // NOLINT(concurrency-mt-unsafe)
    if (found(*entry)) return;
  }
}

bool has_member(const group& entry, std::string_view user) {
  for (char** member = entry.gr_mem; *member != nullptr; ++member) {
    if (user == *member) return true;
  }
  return false;
}

}  // namespace

std::optional<config::Account> find_account(const std::string& user) {
  const File file = open_file("/etc/passwd");
  if (!file) return std::nullopt;
  const passwd* entry = nullptr;
  do {
    entry = ::fgetpwent(file.get());  // NOLINT(concurrency-mt-unsafe)
  } while (entry != nullptr && user != entry->pw_name);
  if (entry == nullptr) return std::nullopt;
  config::Account account{.name = user,
                          .uid = entry->pw_uid,
                          .gid = entry->pw_gid,
                          .groups = {entry->pw_gid},
                          .home = entry->pw_dir};
  each_group([&](const group& one) {
    if (has_member(one, user)) account.groups.push_back(one.gr_gid);
    return false;
  });
  return account;
}

std::optional<uint32_t> find_group(const std::string& name) {
  std::optional<uint32_t> id;
  each_group([&](const group& one) {
    if (name == one.gr_name) id = one.gr_gid;
    return id.has_value();
  });
  return id;
}

bool has_root_runner_enabled() {
  constexpr std::array kLinks = {
      "/etc/systemd/system/holdfast.target.wants/holdfast-runner@root.socket",
      "/run/systemd/system/holdfast.target.wants/holdfast-runner@root.socket"};
  return std::ranges::any_of(kLinks, [](const char* path) {
    struct stat status{};
    return ::lstat(path, &status) == 0;
  });
}

}  // namespace holdfast::cli
