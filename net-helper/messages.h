// What net-helper tells the operator, and the acts and refusals of its audit trail.
#pragma once

#include "common/log.h"
#include "net-helper/trail.h"

namespace holdfast::net {

inline constexpr LogMessage kFatal{"HFN002", Level::kError, "{}"};
inline constexpr LogMessage kStopping{"HFN005", Level::kNotice, "stopping: giving up what is held"};
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
inline constexpr LogMessage kKernelFailed{"HFN034", Level::kError, "{}"};
inline constexpr LogMessage kReceiverFailed{"HFN035", Level::kError, "receive on {}: {}"};

inline constexpr Deed kStarted{"HFN001", Level::kNotice, "policy loaded"};
inline constexpr Deed kReloaded{"HFN003", Level::kNotice, "policy reloaded"};
inline constexpr Deed kReloadFailed{"HFN004", Level::kError, "policy refused, the old one stays"};
inline constexpr Deed kEngineConnected{"HFN010", Level::kInfo, "vrrp-engine connected"};
inline constexpr Deed kEngineGone{"HFN011", Level::kWarning, "vrrp-engine is gone"};
inline constexpr Deed kPeerRefused{"HFN012", Level::kWarning, "connection refused"};
inline constexpr Deed kBadMessage{"HFN013", Level::kError, "message refused, connection closed"};
inline constexpr Deed kRequestRefused{"HFN014", Level::kWarning, "request refused"};
inline constexpr Deed kClaimed{"HFN020", Level::kNotice, "lease granted"};
inline constexpr Deed kWithdrawn{"HFN022", Level::kNotice, "lease withdrawn"};
inline constexpr Deed kResigned{"HFN023", Level::kNotice, "lease resigned"};
inline constexpr Deed kEnded{"HFN024", Level::kNotice, "lease ended"};
inline constexpr Deed kExpired{"HFN025", Level::kWarning, "lease expired"};
inline constexpr Deed kAddressAdded{"HFN040", Level::kInfo, "address added"};
inline constexpr Deed kAddressRemoved{"HFN041", Level::kInfo, "address removed"};
inline constexpr Deed kAdvertises{"HFN042", Level::kInfo, "advertises"};
inline constexpr Deed kAnnounced{"HFN043", Level::kInfo, "addresses announced"};
inline constexpr Deed kSocketOpened{"HFN044", Level::kInfo, "raw socket opened"};

}  // namespace holdfast::net
