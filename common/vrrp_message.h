// What stands in a VRRP message, for those who write one (vrrp_encode.h) or read one
// (vrrp_decode.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/ipv4.h"
#include "common/vrrp_wire.h"

namespace holdfast::vrrp {

constexpr uint8_t kTypeAdvertisement = 1;
constexpr uint8_t kAuthNone = 0;
constexpr uint8_t kAuthPass = 1;  // RFC 2338 5.3.6, still spoken by keepalived
constexpr size_t kAuthDataBytes = 8;

using AuthData = std::array<uint8_t, kAuthDataBytes>;

// Of VRRPv3 over IPv4. RFC 5798 5.2.8 was read as covering the source, the destination, the
// protocol and the length as well, which most of what is deployed sends; RFC 9568 5.2.8 is the
// message alone.
enum class ChecksumForm : uint8_t { kRfc5798, kRfc9568 };

// RFC 1071: ones' complement sum of 16-bit words; 0 over data that carries its own checksum.
// `sum`: what has been added up already.
uint16_t internet_checksum(std::span<const std::byte> data, uint32_t sum = 0);
// What the RFC 5798 form adds for a message of this size.
uint32_t pseudo_header_sum(Ipv4 source, Ipv4 destination, size_t message_bytes);

}  // namespace holdfast::vrrp
