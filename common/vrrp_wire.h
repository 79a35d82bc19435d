// The numbers of the VRRP wire format that sender and receiver share (RFC 3768, RFC 9568).
#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::vrrp {

constexpr uint8_t kIpProtocol = 112;
constexpr uint8_t kTtl = 255;  // GTSM: RFC 3768 5.2.3
constexpr uint8_t kPriorityResign = 0;
constexpr uint8_t kPriorityOwner = 255;
constexpr size_t kHeaderBytes = 8;
constexpr size_t kAddressesMax = 255;
constexpr size_t kMessageBytesMax = kHeaderBytes + 4 * kAddressesMax + 8;  // RFC 2338: a password
constexpr size_t kDatagramBytesMax = 60 + kMessageBytesMax;

}  // namespace holdfast::vrrp
