#include "cli/maintenance_orders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "common/maintenance_file.h"

namespace holdfast::cli {

const wire::MaintenanceOrder* find_order(const wire::MaintenanceList& list,
                                         const std::string& router) {
  const auto found = std::ranges::find_if(list.orders(), [&router](const auto& order) {
    return order.router().empty() || order.router() == router;
  });
  return found == list.orders().end() ? nullptr : &*found;
}

void add_order(wire::MaintenanceList& list, const wire::MaintenanceOrder& order) {
  if (find_order(list, order.router()) == nullptr) *list.add_orders() = order;
}

void remove_order(wire::MaintenanceList& list, const std::string& router) {
  if (router.empty()) return list.Clear();
  wire::MaintenanceList rest;
  for (const wire::MaintenanceOrder& order : list.orders()) {
    if (order.router() != router) *rest.add_orders() = order;
  }
  list = rest;
}

Result<MaintenanceStore> MaintenanceStore::open(const std::string& runtime_directory) {
  MaintenanceStore store;
  store.path_ = fmt::format("{}/{}", runtime_directory, kMaintenanceFile);
  // A file of its own, because the list is replaced; only who may decide can hold it.
  const std::string lock = store.path_ + ".lock";
  store.lock_.reset(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!store.lock_) return system_failure("open " + lock);
  while (::flock(store.lock_.get(), LOCK_EX) < 0) {
    if (errno != EINTR) return system_failure("lock " + lock);
  }
  auto list = read_maintenance(store.path_);
  if (!list) return std::unexpected(list.error());
  store.list_ = std::move(*list);
  return store;
}

Result<void> MaintenanceStore::save() const {
  if (list_.orders().empty()) {
    if (::unlink(path_.c_str()) < 0 && errno != ENOENT) return system_failure("remove " + path_);
    return {};
  }
  const std::string fresh = path_ + ".new";
  const UniqueFd fd(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_failure("open " + fresh);
  const std::string bytes = list_.SerializeAsString();
  // The engine reads it as its own user; who made it, and that nobody else writes it, it checks.
  if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      ::fchmod(fd.get(), 0644) < 0) {
    return system_failure("write " + fresh);
  }
  if (::rename(fresh.c_str(), path_.c_str()) < 0) return system_failure("rename " + fresh);
  return {};
}

}  // namespace holdfast::cli
