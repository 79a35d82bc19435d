// The list of what is in maintenance, as the operator's command changes it
// (proto/control.proto; the engine reads it).
#pragma once

#include <string>

#include "common/error.h"
#include "common/unique_fd.h"
#include "control.pb.h"

namespace holdfast::cli {

// ---- the list; a router without a name is the whole host --------------------------------------
// The order that keeps this router down, or nothing: its own or that of the host.
const wire::MaintenanceOrder* find_order(const wire::MaintenanceList& list,
                                         const std::string& router);
// Without effect if one keeps it down already.
void add_order(wire::MaintenanceList& list, const wire::MaintenanceOrder& order);
// Of a router its own, of the host all.
void remove_order(wire::MaintenanceList& list, const std::string& router);

// ---- the file ---------------------------------------------------------------------------------
// Whoever may write it decides what is down: the runtime directory's owner, so root.
class MaintenanceStore {
 public:
  // Waits for another command that has it open.
  static Result<MaintenanceStore> open(const std::string& runtime_directory);

  wire::MaintenanceList& list() { return list_; }
  const std::string& path() const { return path_; }
  Result<void> save() const;

 private:
  MaintenanceStore() = default;

  std::string path_;
  UniqueFd lock_;
  wire::MaintenanceList list_;
};

}  // namespace holdfast::cli
