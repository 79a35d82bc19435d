// The runner's log messages. An id is never reused.
#pragma once

#include "common/log.h"

namespace holdfast::runner {

inline constexpr LogMessage kCannotStart{"HFS001", Level::kError, "cannot start: {}"};
inline constexpr LogMessage kStarted{"HFS002", Level::kNotice,
                                     "{} scripts of user `{}`, configuration {:016x}"};
inline constexpr LogMessage kBadFile{"HFS003", Level::kError,
                                     "no script can run before this is mended: {}"};
inline constexpr LogMessage kPeerRefused{
    "HFS004", Level::kWarning,
    "user {} (pid {}) may not connect: only the checker's and the notifier's may ({} earlier ones "
    "not logged)"};
inline constexpr LogMessage kPeerClosed{
    "HFS005", Level::kError,
    "the connection of pid {} is closed and its scripts are ended: {} ({} earlier ones not "
    "logged)"};
inline constexpr LogMessage kTooManyPeers{"HFS006", Level::kWarning,
                                          "more than {} connections: the oldest one is closed"};
inline constexpr LogMessage kIdle{"HFS007", Level::kInfo, "nobody asks for scripts: ending"};
inline constexpr LogMessage kStopping{"HFS008", Level::kNotice, "stopping"};

}  // namespace holdfast::runner
