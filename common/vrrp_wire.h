// The numbers of the VRRP wire format that sender and receiver share (RFC 3768, RFC 9568).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/ipv4.h"

namespace holdfast::vrrp {

constexpr uint8_t kIpProtocol = 112;
constexpr uint8_t kTtl = 255;  // GTSM: RFC 3768 5.2.3
constexpr uint8_t kTypeAdvertisement = 1;
constexpr uint8_t kPriorityResign = 0;
constexpr uint8_t kPriorityOwner = 255;
constexpr uint8_t kAuthNone = 0;
constexpr uint8_t kAuthPass = 1;  // RFC 2338 5.3.6, still spoken by keepalived
constexpr size_t kAuthDataBytes = 8;
constexpr size_t kHeaderBytes = 8;
constexpr size_t kAddressesMax = 255;
constexpr size_t kDatagramBytesMax = 60 + kHeaderBytes + 4 * kAddressesMax + kAuthDataBytes;

using AuthData = std::array<uint8_t, kAuthDataBytes>;

// RFC 1071: ones' complement sum of 16-bit words; 0 over data that carries its own checksum.
uint16_t internet_checksum(std::span<const std::byte> data);

}  // namespace holdfast::vrrp
