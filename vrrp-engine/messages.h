// What vrrp-engine says to operators. Ids are never reused.
#pragma once

#include "common/log.h"

namespace holdfast::vrrp {

inline constexpr LogMessage kStarted{"HFE001", Level::kInfo,
                                     "{} routers configured on {}, waiting for net-helper"};
inline constexpr LogMessage kCannotStart{"HFE002", Level::kError, "cannot start: {}"};
inline constexpr LogMessage kNotLocked{"HFE003", Level::kWarning, "memory is not locked: {}"};
inline constexpr LogMessage kTransition{"HFE010", Level::kNotice,
                                        "router {}: {} -> {} (priority {}): {}"};
inline constexpr LogMessage kPriority{"HFE011", Level::kNotice, "router {}: {}"};
inline constexpr LogMessage kManyMoved{"HFE012", Level::kNotice,
                                       "many moved at once, these without a line each: {}"};
inline constexpr LogMessage kPacketRefused{
    "HFE020", Level::kWarning,
    "router {}: refused an advertisement from {}: {} ({} more like it since the last line)"};
inline constexpr LogMessage kOtherAddresses{
    "HFE021", Level::kWarning,
    "router {}: {} advertises other addresses than ours: make the virtual_ipaddress blocks of "
    "both nodes the same ({} more like it since the last line)"};
inline constexpr LogMessage kOtherInterval{
    "HFE022", Level::kWarning,
    "router {}: {} advertises each {} ms, we each {} ms: whoever is Backup waits as the Active "
    "says; "
    "give both nodes the same advert_int ({} more like it since the last line)"};
inline constexpr LogMessage kHelperReady{
    "HFE030", Level::kInfo, "net-helper is there: {} links, {} routers still held for us"};
inline constexpr LogMessage kHelperLost{"HFE031", Level::kWarning,
                                        "net-helper is gone ({}): waiting for it"};
inline constexpr LogMessage kHelperRefused{"HFE032", Level::kWarning,
                                           "router {}: net-helper refused: {} ({} more)"};
inline constexpr LogMessage kLeaseEnded{"HFE033", Level::kWarning,
                                        "router {}: net-helper ended the lease: {} ({} more)"};
inline constexpr LogMessage kPacketsDropped{
    "HFE034", Level::kWarning, "{} packets were dropped before they reached the election"};
inline constexpr LogMessage kInterfaceState{"HFE035", Level::kInfo,
                                            "interface {}: {}, primary address {}"};
inline constexpr LogMessage kBadPeer{"HFE040", Level::kWarning,
                                     "closed the connection of {}: {} ({} more like it)"};
inline constexpr LogMessage kPeerRefused{"HFE041", Level::kWarning,
                                         "refused user {} (pid {}) on {}"};
inline constexpr LogMessage kCheckerReady{"HFE042", Level::kInfo, "the checker is there"};
inline constexpr LogMessage kCheckerLost{
    "HFE043", Level::kWarning, "the checker is gone ({}): its last results hold for {} s"};
inline constexpr LogMessage kHealthStale{
    "HFE044", Level::kError, "no word from the checker for {} s: its checks count as failed now"};
inline constexpr LogMessage kNotifierLost{"HFE050", Level::kWarning,
                                          "the notifier is gone ({}): {} transitions wait for it"};
inline constexpr LogMessage kTransitionsLost{
    "HFE051", Level::kWarning, "{} transitions were not told to the notifier: it is too slow"};
inline constexpr LogMessage kReloaded{"HFE060", Level::kNotice,
                                      "configuration {:016x} is active: {} routers"};
inline constexpr LogMessage kReloadFailed{"HFE061", Level::kError,
                                          "kept the running configuration: {}"};
inline constexpr LogMessage kStopping{"HFE070", Level::kNotice, "stopping on request"};
inline constexpr LogMessage kHandingOver{
    "HFE071", Level::kNotice, "ending at once: the next engine goes on within the lease"};

inline constexpr LogMessage kMaintenance{
    "HFE080", Level::kNotice, "maintenance: {} routers are in it now, {} were: user {} (pid {})"};
inline constexpr LogMessage kStillInMaintenance{"HFE081", Level::kNotice,
                                                "{} routers are in maintenance and stay down"};
inline constexpr LogMessage kMaintenanceUnread{"HFE082", Level::kError,
                                               "cannot read which routers are in maintenance: {}"};

}  // namespace holdfast::vrrp
