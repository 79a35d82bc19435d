// What `holdfast run` says to operators. Ids are never reused.
#pragma once

#include "common/log.h"

namespace holdfast::cli {

inline constexpr LogMessage kRunStarting{"HFR001", Level::kNotice,
                                         "starting {} in {} as users {}, {}, {}, {}"};
inline constexpr LogMessage kRunReady{"HFR002", Level::kNotice, "all four processes are ready"};
inline constexpr LogMessage kRunCannotStart{"HFR003", Level::kError, "cannot start: {}"};
inline constexpr LogMessage kRunAsOneUser{
    "HFR004", Level::kWarning,
    "all four processes run as the calling user: their boundaries are not enforced; run as root "
    "to separate them"};
inline constexpr LogMessage kProcessEnded{"HFR010", Level::kWarning,
                                          "{} (pid {}) {}: restarting it in {} ms"};
inline constexpr LogMessage kProcessNotStarted{"HFR011", Level::kError, "cannot start {}: {}"};
inline constexpr LogMessage kNoUserRunner{"HFR012", Level::kError,
                                          "scripts of user `{}` cannot run, and fail: {}"};
inline constexpr LogMessage kUserRunnerEnded{
    "HFR013", Level::kWarning,
    "the runner of user `{}` (pid {}) {}: the next script starts it again"};
inline constexpr LogMessage kNotRealTime{
    "HFR014", Level::kWarning,
    "not in the real-time class: {}: on a busy host advertisements may come late"};
inline constexpr LogMessage kRunReloading{"HFR020", Level::kNotice, "reloading {}"};
inline constexpr LogMessage kRunReloaded{"HFR021", Level::kNotice,
                                         "the new configuration is compiled and handed over"};
inline constexpr LogMessage kRunReloadFailed{
    "HFR022", Level::kError, "nothing was changed, the running configuration goes on: {}"};
inline constexpr LogMessage kRunStopping{"HFR030", Level::kNotice, "stopping"};
inline constexpr LogMessage kRunStopped{"HFR031", Level::kNotice, "stopped"};
inline constexpr LogMessage kProcessKilled{"HFR032", Level::kWarning,
                                           "{} (pid {}) did not stop in time: killed"};

}  // namespace holdfast::cli
