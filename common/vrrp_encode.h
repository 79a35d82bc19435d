// Building advertisements. Linked by net-helper, which sends them; it never links the decoder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/vrrp_wire.h"

namespace holdfast::vrrp {

// What a VRRPv2 advertisement says (RFC 3768 5.1).
struct AdvertisementV2 {
  uint8_t vrid = 0;
  uint8_t priority = 0;
  uint8_t interval_s = 1;
  uint8_t auth_type = kAuthNone;
  AuthData auth_data{};
  std::vector<Ipv4> addresses;  // at most kAddressesMax
};

struct Ipv4Header {
  Ipv4 source;
  Ipv4 destination;
  uint16_t identification = 0;
};

// The VRRP message alone: 8 + 4n + 8 bytes, checksum filled.
std::vector<std::byte> encode_message(const AdvertisementV2& advertisement);
// A whole IPv4 datagram as keepalived sends it: TOS 0xc0, no DF, TTL 255, header checksum filled.
std::vector<std::byte> encode_datagram(const Ipv4Header& header,
                                       std::span<const std::byte> message);

}  // namespace holdfast::vrrp
