#include "cli/run/identities.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "common/compiled_file.h"
#include "common/user_namespace.h"

namespace holdfast::cli {
namespace {

// systemd gives these to nobody (systemd.io/UIDS-GIDS), its dynamic users begin behind them.
constexpr uid_t kFirst = 60706;
constexpr uid_t kLast = 61183;
constexpr uid_t kSlots = (kLast - kFirst + 1) / uid_t{kRoles};

std::optional<Identities> package_users() {
  constexpr std::array<const char*, kRoles> kNames = {"holdfast-net", "holdfast-engine",
                                                      "holdfast-check", "holdfast-notify"};
  Identities result{.ids = {}, .separate = true};
  for (size_t i = 0; i < kRoles; ++i) {
    const passwd* entry = ::getpwnam(kNames[i]);  // NOLINT(concurrency-mt-unsafe): one thread
    if (entry == nullptr) return std::nullopt;
    result.ids[i] = {entry->pw_uid, entry->pw_gid};
  }
  return result;
}

std::set<uid_t> users_with_processes() {
  std::set<uid_t> users;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    std::ifstream status(entry.path() / "status");
    std::string word;
    while (status >> word && word != "Uid:") status.ignore(4096, '\n');
    uid_t uid = 0;
    while (status >> uid) users.insert(uid);
  }
  return users;
}

bool has_name(uid_t number) {
  return ::getpwuid(number) != nullptr ||  // NOLINT(concurrency-mt-unsafe): one thread
         ::getgrgid(number) != nullptr;    // NOLINT(concurrency-mt-unsafe)
}

std::optional<Identities> free_users(const std::string& runtime_directory) {
  const std::set<uid_t> taken = users_with_processes();
  const auto first_slot = static_cast<uid_t>(fnv1a(runtime_directory) % kSlots);
  for (uid_t i = 0; i < kSlots; ++i) {
    const uid_t base = kFirst + (first_slot + i) % kSlots * uid_t{kRoles};
    Identities result{.ids = {}, .separate = true};
    bool free = true;
    for (uid_t role = 0; role < kRoles; ++role) {
      result.ids[role] = {base + role, base + role};
      free = free && !taken.contains(base + role) && !has_name(base + role);
    }
    if (free) return result;
  }
  return std::nullopt;
}

}  // namespace

Result<Identities> choose_identities(const std::string& runtime_directory) {
  if (::geteuid() == 0 && is_mapped_user(kLast)) {
    if (auto users = package_users()) return *users;
    if (auto users = free_users(runtime_directory)) return *users;
    return failure("no four user ids between 60706 and 61183 are free");
  }
  Identities result;
  result.ids.fill({::geteuid(), ::getegid()});
  return result;
}

}  // namespace holdfast::cli
