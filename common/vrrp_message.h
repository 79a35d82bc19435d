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

// RFC 1071: ones' complement sum of 16-bit words; 0 over data that carries its own checksum.
uint16_t internet_checksum(std::span<const std::byte> data);

}  // namespace holdfast::vrrp
