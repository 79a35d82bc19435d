// As which users the four processes run.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "common/error.h"

namespace holdfast::cli {

enum class Role : uint8_t { kNetHelper, kEngine, kChecker, kNotifier };
constexpr size_t kRoles = 4;
constexpr std::array<const char*, kRoles> kRoleNames = {"net-helper", "vrrp-engine", "checker",
                                                        "notifier"};

struct Identities {
  struct Id {
    uid_t uid = 0;
    gid_t gid = 0;
  };
  std::array<Id, kRoles> ids;
  bool separate = false;  // four users; otherwise all run as the caller

  const Id& of(Role role) const { return ids[static_cast<size_t>(role)]; }
};

// The package's users holdfast-net, -engine, -check and -notify where all four exist; else four
// numbers from 60706 to 61183 that have no name and that nobody runs under, chosen by the runtime
// directory so that two suites on one machine do not share any; else, without root or in a user
// namespace of one user, the caller.
Result<Identities> choose_identities(const std::string& runtime_directory);

}  // namespace holdfast::cli
