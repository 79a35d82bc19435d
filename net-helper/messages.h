// What net-helper tells the operator.
#pragma once

#include "common/log.h"

namespace holdfast::net {

inline constexpr LogMessage kStarted{"HFN001", Level::kNotice,
                                     "serving {} routers on {} interfaces"};
inline constexpr LogMessage kFatal{"HFN002", Level::kError, "{}"};
inline constexpr LogMessage kReloaded{"HFN003", Level::kNotice, "policy reloaded: {} routers"};
inline constexpr LogMessage kReloadFailed{"HFN004", Level::kError,
                                          "the new policy is refused, the old one stays: {}"};
inline constexpr LogMessage kStopping{"HFN005", Level::kNotice, "stopping: giving up what is held"};
inline constexpr LogMessage kEngineConnected{"HFN010", Level::kInfo,
                                             "vrrp-engine connected (connection {})"};
inline constexpr LogMessage kEngineGone{
    "HFN011", Level::kWarning,
    "vrrp-engine is gone ({}): what it holds lasts until the leases end"};
inline constexpr LogMessage kPeerRefused{"HFN012", Level::kWarning,
                                         "connection of user {} refused: {} ({} more like it)"};
inline constexpr LogMessage kBadMessage{
    "HFN013", Level::kError, "vrrp-engine broke the protocol: {}: connection closed ({} more)"};
inline constexpr LogMessage kRequestRefused{"HFN014", Level::kWarning,
                                            "router id {}: request refused: {} ({} more)"};
inline constexpr LogMessage kClaimed{"HFN020", Level::kNotice,
                                     "{}: {} with priority {}, {} addresses on {}"};
inline constexpr LogMessage kWithdrawn{"HFN022", Level::kNotice, "{}: withdrawn"};
inline constexpr LogMessage kResigning{"HFN023", Level::kNotice,
                                       "{}: resigned, addresses stay for {} ms"};
inline constexpr LogMessage kEnded{"HFN024", Level::kNotice, "{}: no longer held: {}"};
inline constexpr LogMessage kLeaseExpired{
    "HFN025", Level::kWarning, "{}: lease expired, vrrp-engine does not renew it: resigned"};
inline constexpr LogMessage kAddressLost{
    "HFN026", Level::kWarning, "{}: {} was removed from {} by somebody else, or its time ran out"};
inline constexpr LogMessage kStaleRemoved{"HFN027", Level::kWarning,
                                          "{}: {} found on {} without a lease: removed"};
inline constexpr LogMessage kInterfaceMissing{"HFN030", Level::kWarning,
                                              "interface {} does not exist yet: waiting for it"};
inline constexpr LogMessage kInterfaceState{"HFN031", Level::kInfo,
                                            "interface {}: {}, primary address {}"};
inline constexpr LogMessage kMonitorOverrun{
    "HFN033", Level::kWarning,
    "the kernel's notices came faster than they were read: looking again"};
inline constexpr LogMessage kKernelFailed{"HFN034", Level::kError, "{} ({} more)"};
inline constexpr LogMessage kReceiverFailed{"HFN035", Level::kError, "receive on {}: {}"};

}  // namespace holdfast::net
