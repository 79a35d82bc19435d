// What each process is declared to be. docs/privileges.md says why.
#pragma once

#include <linux/capability.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "cli/audit/snapshot.h"

namespace holdfast::cli::audit {

constexpr unsigned kSystemCalls = 461;  // numbers 0 to 460 are asked for

using Words = std::span<const std::string_view>;

struct Declared {
  Part part;
  uint64_t capabilities;      // permitted and effective, exactly
  uint64_t inheritable;       // at most
  uint64_t ambient;           // at most
  uint64_t bounding;          // at most
  unsigned filters_min;       // of seccomp
  unsigned system_calls_max;  // admitted, all arguments zero
  bool own_network;
  Words socket_kinds;  // no other
  Words writable;      // no other of those looked at; the runtime directory's own as {run}
};

constexpr uint64_t bit(int capability) {
  return uint64_t{1} << static_cast<unsigned>(capability);
}

inline constexpr std::array<std::string_view, 1> kUnixAlone = {"unix"};
inline constexpr std::array<std::string_view, 4> kHelperKinds = {"unix", "netlink", "packet",
                                                                 "raw"};
// Mail and the lookup of the server's name.
inline constexpr std::array<std::string_view, 6> kNotifierKinds = {"unix", "tcp",  "tcp6",
                                                                   "udp",  "udp6", "netlink"};
inline constexpr std::array<std::string_view, 1> kEverybodys = {"/tmp"};
inline constexpr std::array<std::string_view, 3> kWithSpool = {"/tmp", "{run}/spool",
                                                               "/var/lib/holdfast"};

inline constexpr uint64_t kNetwork = bit(CAP_NET_ADMIN) | bit(CAP_NET_RAW);
inline constexpr uint64_t kSignals = bit(CAP_KILL);

// systemd leaves in the inheritable set what its unit grants, where it does nothing under
// no_new_privs. The bounding set: nothing where `holdfast run` emptied it, what the unit grants
// under systemd. The checker's unit grants KILL where its runner is enabled.
inline constexpr std::array kDeclared = {
    Declared{Part::kNetHelper, kNetwork, kNetwork, 0, kNetwork, 1, 110, false, kHelperKinds,
             kEverybodys},
    Declared{Part::kEngine, 0, 0, 0, 0, 1, 110, true, kUnixAlone, kEverybodys},
    Declared{Part::kChecker, 0, kSignals, 0, kSignals, 1, 430, false, kUnixAlone, kEverybodys},
    Declared{Part::kNotifier, 0, 0, 0, 0, 1, 430, false, kNotifierKinds, kWithSpool},
    Declared{Part::kRunner, kSignals, kSignals, kSignals, kSignals, 2, 430, false, kUnixAlone,
             kEverybodys},
    Declared{Part::kUserRunner, 0, 0, 0, 0, 1, 430, false, kUnixAlone, kEverybodys},
};

// What need not run.
constexpr bool is_optional(Part part) {
  return part == Part::kRunner || part == Part::kUserRunner;
}

// Whose user a socket's file must belong to, and the widest mode.
struct DeclaredSocket {
  std::string_view name;
  Part listens;
  Part client;  // kLauncher: root, or who started the suite
  uint32_t mode;
  bool by_launcher_alone;
};

// runner.USER.sock, for as many users as there are.
inline constexpr DeclaredSocket kRunnerSocket{"runner.USER.sock", Part::kUserRunner, Part::kChecker,
                                              0660, false};

// notify.runner.USER, where there is no systemd. Whose it is says its name.
inline constexpr DeclaredSocket kRunnerNotify{"notify.runner.USER", Part::kLauncher,
                                              Part::kUserRunner, 0600, true};

inline constexpr std::array kDeclaredSockets = {
    DeclaredSocket{"net.sock", Part::kNetHelper, Part::kEngine, 0600, false},
    DeclaredSocket{"health.sock", Part::kEngine, Part::kChecker, 0600, false},
    DeclaredSocket{"events.sock", Part::kNotifier, Part::kEngine, 0600, false},
    // The group holdfast, where the package made it.
    DeclaredSocket{"control.sock", Part::kEngine, Part::kLauncher, 0660, false},
    // sd_notify(3), where there is no systemd.
    DeclaredSocket{"notify.net-helper", Part::kLauncher, Part::kNetHelper, 0600, true},
    DeclaredSocket{"notify.vrrp-engine", Part::kLauncher, Part::kEngine, 0600, true},
    DeclaredSocket{"notify.checker", Part::kLauncher, Part::kChecker, 0600, true},
    DeclaredSocket{"notify.notifier", Part::kLauncher, Part::kNotifier, 0600, true},
};

}  // namespace holdfast::cli::audit
