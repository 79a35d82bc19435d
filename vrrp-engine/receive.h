// The receive ladder of RFC 3768 7.1: from a datagram to an advertisement that the election may
// see, or to the one rung on which it was refused. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "common/clock.h"
#include "common/ipv4.h"
#include "vrrp-engine/settings.h"

namespace holdfast::vrrp {

// In the order in which they are checked.
enum class Rung : uint8_t {
  kIpHeader,
  kWrongTtl,
  kTooShort,
  kVersion,
  kType,
  kCount,
  kLength,
  kChecksum,
  kUnknownRouter,
  kDestination,
  kInterval,
  kAuthType,
  kAuthData,
  kOwnAddress,
};
constexpr size_t kRungs = static_cast<size_t>(Rung::kOwnAddress) + 1;

std::string_view rung_name(Rung rung);    // "wrong_checksum": a counter's name
std::string_view rung_reason(Rung rung);  // "its checksum is wrong": for a log line

struct ReceivedPacket {
  TimePoint received_at;
  std::span<const std::byte> datagram;
};

struct Advertisement {
  Ipv4 source;
  uint8_t priority = 0;
  TimePoint received_at;
  Duration interval{};                             // the sender's; of VRRPv2 it is ours
  ChecksumForm checksum = ChecksumForm::kRfc9568;  // VRRPv2 has that form only
  // Not a refusal: another list of addresses is a misconfiguration to be told (RFC 3768 7.1 makes
  // the check a MAY; refusing would leave two routers Active while addresses are being changed).
  bool other_addresses = false;
};

// What a packet says of itself, to find the router by. Unset if its IP header is broken; the VRID
// is 0 if it is too short to have one.
struct Claim {
  Ipv4 source;
  Ipv4 destination;
  uint8_t vrid = 0;
};
Claim claim_of(const ReceivedPacket& packet);

// The kernel stamps with the wall clock; here all is reckoned in boot time. No stamp (0), or one
// from the future (the wall clock was set back meanwhile), becomes `boot_now`.
TimePoint to_boot_time(std::chrono::nanoseconds stamp, std::chrono::nanoseconds wall_now,
                       TimePoint boot_now);

// `own_address` is the interface's primary address, unset if there is none.
std::expected<Advertisement, Rung> climb(const ReceivedPacket& packet, const RouterSettings& router,
                                         Ipv4 own_address);

using RungCounters = std::array<uint64_t, kRungs>;

}  // namespace holdfast::vrrp
