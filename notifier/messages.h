// The notifier's log messages. An id is never reused.
#pragma once

#include "common/log.h"

namespace holdfast::notifier {

inline constexpr LogMessage kUsage{"HFM001", Level::kError, "{}"};
inline constexpr LogMessage kStartFailed{"HFM002", Level::kError, "cannot start: {}"};
inline constexpr LogMessage kStarted{"HFM003", Level::kNotice,
                                     "started: {} routers, {} mails left by a former run"};
inline constexpr LogMessage kReloaded{"HFM004", Level::kNotice,
                                      "configuration read again: {} routers"};
inline constexpr LogMessage kReloadRefused{"HFM005", Level::kError,
                                           "the running configuration stays: {}"};
inline constexpr LogMessage kConfigWarning{"HFM006", Level::kWarning, "{}"};
inline constexpr LogMessage kStopping{"HFM007", Level::kNotice,
                                      "stopping: {} scripts still run, {} mails wait"};
inline constexpr LogMessage kStopGaveUp{"HFM008", Level::kWarning,
                                        "stopped with {} scripts still running: they are killed"};

inline constexpr LogMessage kEngineConnected{"HFM010", Level::kInfo,
                                             "the engine (pid {}) connected"};
inline constexpr LogMessage kEngineGone{"HFM011", Level::kInfo, "the engine is gone: {}"};
inline constexpr LogMessage kPeerRefused{
    "HFM012", Level::kWarning,
    "user {} (pid {}) may not connect to events.sock: only the engine's user may ({} earlier ones "
    "not logged)"};
inline constexpr LogMessage kPeerClosed{
    "HFM013", Level::kError, "the engine's connection is closed: {} ({} earlier ones not logged)"};
inline constexpr LogMessage kTransitionsLost{
    "HFM014", Level::kWarning, "{} transitions were lost: the engine's queue was full"};
inline constexpr LogMessage kUnknownRouter{
    "HFM015", Level::kWarning,
    "router {} is not in notifier.pb: nobody was told of it ({} earlier ones not logged)"};

inline constexpr LogMessage kScriptFailed{"HFM020", Level::kWarning, "{}: `{}`: {}"};
inline constexpr LogMessage kScriptOutput{"HFM022", Level::kInfo, "{}: script: {}"};
inline constexpr LogMessage kCoalesced{
    "HFM023", Level::kWarning,
    "{}: {} older notifications were skipped: the scripts do not keep up (skipped so far: {})"};

inline constexpr LogMessage kBadUserRunner{
    "HFM024", Level::kError, "the connection to the runner of user `{}` is closed: {}"};

inline constexpr LogMessage kMailSent{"HFM030", Level::kInfo, "mail {} was accepted: {}"};
inline constexpr LogMessage kMailRetry{"HFM031", Level::kWarning,
                                       "mail {} is tried again in {} s: {} ({} mails wait)"};
inline constexpr LogMessage kMailRefused{"HFM032", Level::kError,
                                         "mail {} was refused for good and is kept in failed/: {}"};
inline constexpr LogMessage kRecipientRefused{"HFM033", Level::kError,
                                              "mail {}: recipient {} was refused for good: {}"};
inline constexpr LogMessage kMailDropped{
    "HFM034", Level::kError, "mail {} was dropped: {} mails wait already (dropped so far: {})"};
inline constexpr LogMessage kSpoolWrite{
    "HFM035", Level::kError, "a mail cannot be kept on disk and is tried once from memory: {}"};
inline constexpr LogMessage kMemoryMailLost{"HFM036", Level::kError,
                                            "a mail that could not be kept on disk is lost: {}"};
inline constexpr LogMessage kSpoolProblem{"HFM037", Level::kError, "spool: {}"};
inline constexpr LogMessage kNoCurl{
    "HFM038", Level::kError,
    "no mail can be sent, all of it waits: {}. Install or mend libcurl (the package libcurl4): the "
    "next try uses it, without a restart"};

}  // namespace holdfast::notifier
