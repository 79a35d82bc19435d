// What net-helper tells the operator, and the acts and refusals of its audit trail.
#pragma once

#include "common/log.h"

namespace holdfast::net {

inline constexpr LogMessage kFatal{"HFN002", Level::kError, "{}"};
inline constexpr LogMessage kNotLocked{"HFN006", Level::kWarning, "memory is not locked: {}"};
inline constexpr LogMessage kKernelFailed{"HFN034", Level::kError, "{}"};
inline constexpr LogMessage kReceiverFailed{"HFN035", Level::kError, "receive on {}: {}"};

// Of the audit trail.
inline constexpr LogMessage kStarted{"HFN001", Level::kNotice, "policy loaded"};
inline constexpr LogMessage kReloaded{"HFN003", Level::kNotice, "policy reloaded"};
inline constexpr LogMessage kReloadFailed{"HFN004", Level::kError,
                                          "policy refused, the old one stays"};
inline constexpr LogMessage kEngineConnected{"HFN010", Level::kInfo, "vrrp-engine connected"};
inline constexpr LogMessage kEngineGone{"HFN011", Level::kWarning, "vrrp-engine is gone"};
inline constexpr LogMessage kPeerRefused{"HFN012", Level::kWarning, "connection refused"};
inline constexpr LogMessage kBadMessage{"HFN013", Level::kError,
                                        "message refused, connection closed"};
inline constexpr LogMessage kRequestRefused{"HFN014", Level::kWarning, "request refused"};
inline constexpr LogMessage kClaimed{"HFN020", Level::kNotice, "lease granted"};
inline constexpr LogMessage kWithdrawn{"HFN022", Level::kNotice, "lease withdrawn"};
inline constexpr LogMessage kResigned{"HFN023", Level::kNotice, "lease resigned"};
inline constexpr LogMessage kEnded{"HFN024", Level::kNotice, "lease ended"};
inline constexpr LogMessage kExpired{"HFN025", Level::kWarning, "lease expired"};
inline constexpr LogMessage kAddressLost{"HFN026", Level::kWarning,
                                         "lease ended: an address is gone"};
inline constexpr LogMessage kStaleFound{"HFN027", Level::kWarning, "address without a lease found"};
inline constexpr LogMessage kAddressAdded{"HFN040", Level::kInfo, "address added"};
inline constexpr LogMessage kAddressRemoved{"HFN041", Level::kInfo, "address removed"};
inline constexpr LogMessage kAdvertises{"HFN042", Level::kInfo, "advertises"};
inline constexpr LogMessage kAnnounced{"HFN043", Level::kInfo, "addresses announced"};
inline constexpr LogMessage kSocketOpened{"HFN044", Level::kInfo, "raw socket opened"};

}  // namespace holdfast::net
