// The checker's log lines. Ids are never reused; docs tell an operator what each asks for.
#pragma once

#include "common/log.h"

namespace holdfast::checker {

inline constexpr LogMessage kCannotStart{"HFC001", Level::kError, "cannot start: {}"};
inline constexpr LogMessage kConfigured{"HFC002", Level::kNotice,
                                        "{} checks of configuration {:016x}: {} new or changed"};
inline constexpr LogMessage kPasses{"HFC003", Level::kNotice,
                                    "check `{}` passes, {} in a row: {}{}"};
inline constexpr LogMessage kFails{"HFC004", Level::kWarning,
                                   "check `{}` FAILS, {} in a row: {}{}"};
inline constexpr LogMessage kPending{"HFC005", Level::kInfo,
                                     "check `{}`: {} of the {} results that turn it: {}{}"};
inline constexpr LogMessage kOtherCause{"HFC006", Level::kNotice,
                                        "check `{}` still fails, now for another reason: {}{}"};
inline constexpr LogMessage kKeptOldConfig{
    "HFC007", Level::kError, "the new configuration is refused, the old one stays: {}"};
inline constexpr LogMessage kNoGrant{
    "HFC008", Level::kWarning,
    "checks that ask whether another user's process lives (`killall -0`, `kill -0`) run without "
    "the right to ask and will fail: {}: {}"};
inline constexpr LogMessage kRunnerLost{
    "HFC009", Level::kError,
    "{}: this process ends, to be started again with the right to ask for other users' processes"};
inline constexpr LogMessage kConnected{"HFC010", Level::kNotice, "the engine is there"};
inline constexpr LogMessage kDisconnected{"HFC011", Level::kWarning,
                                          "the engine is gone, trying until it is back: {}"};
inline constexpr LogMessage kNotConnected{"HFC012", Level::kWarning,
                                          "the engine is not there yet, trying until it is: {}"};
inline constexpr LogMessage kBadEngine{"HFC013", Level::kError,
                                       "the engine's message is refused: {}"};
inline constexpr LogMessage kStillRunning{
    "HFC014", Level::kWarning,
    "check `{}`: the run before is not over, its next start is skipped: {}"};
inline constexpr LogMessage kKilledStray{
    "HFC015", Level::kNotice,
    "killed process {}, left over by a check that has ended ({} more since the last such line)"};
inline constexpr LogMessage kNoChildrenList{
    "HFC016", Level::kWarning, "processes that checks leave behind cannot be found: {}"};
inline constexpr LogMessage kRunnerRefused{"HFC017", Level::kError,
                                           "request of the checker refused: {}"};
inline constexpr LogMessage kStopping{"HFC018", Level::kNotice, "stopping"};
inline constexpr LogMessage kBadUserRunner{
    "HFC019", Level::kError, "the connection to the runner of user `{}` is closed: {}"};

}  // namespace holdfast::checker
