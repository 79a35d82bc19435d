// Reading advertisements. For the unprivileged engine alone: net-helper must not link this.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "common/vrrp_message.h"

namespace holdfast::vrrp {

// Why a datagram is not an advertisement that this router may look at. In the order of the checks
// that need nothing but the datagram; each is a counter.
enum class DecodeError : uint8_t {
  kIpHeader,  // not IPv4, not VRRP, or shorter than its own header says
  kTooShort,  // less than 8 bytes of VRRP
  kVersion,   // not the version asked for
  kType,      // not an advertisement
  kCount,     // no address
  kLength,    // not exactly 8 + 4n (+ 8) bytes
  kChecksum,
  kInterval,  // VRRPv3: 0 (RFC 9568 erratum 8301)
};

// The addresses of a message as they stand in it, so for as long as it is there.
using AddressBytes = std::span<const std::byte>;
Ipv4 address_at(AddressBytes bytes, size_t number);
std::vector<Ipv4> addresses_of(AddressBytes bytes);

struct ReceivedV2 {
  uint8_t vrid = 0;
  uint8_t priority = 0;
  uint8_t auth_type = 0;
  uint8_t interval_s = 0;
  AddressBytes addresses;
  AuthData auth_data{};
};

struct ReceivedV3 {
  uint8_t vrid = 0;
  uint8_t priority = 0;
  uint16_t interval_cs = 0;
  AddressBytes addresses;
  ChecksumForm checksum = ChecksumForm::kRfc5798;
};

// An IPv4 datagram, from its header on: what a raw socket receives.
struct Datagram {
  Ipv4 source;
  Ipv4 destination;
  unsigned ttl = 0;
  // Trailing bytes that the IP total length does not cover (Ethernet padding) are left out.
  std::span<const std::byte> message;
};
std::expected<Datagram, DecodeError> decode_ipv4(std::span<const std::byte> datagram);
// The VRID of a message of any version, for finding the router; 0 if there is none.
uint8_t message_vrid(std::span<const std::byte> message);
// RFC 3768 7.1, the part that needs no configuration.
std::expected<ReceivedV2, DecodeError> decode_v2(std::span<const std::byte> message);
// RFC 9568 7.1, the same. Takes both forms of the checksum and says which one came.
std::expected<ReceivedV3, DecodeError> decode_v3(const Datagram& datagram);

}  // namespace holdfast::vrrp
