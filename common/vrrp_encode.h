// Building advertisements; the kernel puts the IP header before them.
#pragma once

#include <cstdint>
#include <vector>

#include "common/vrrp_message.h"

namespace holdfast::vrrp {

// What a VRRPv2 advertisement says (RFC 3768 5.1).
struct AdvertisementV2 {
  uint8_t vrid = 0;
  uint8_t priority = 0;
  uint8_t interval_s = 1;
  uint8_t auth_type = kAuthNone;
  AuthData auth_data{};
  std::vector<Ipv4> addresses;  // at most kAddressesMax

  bool operator==(const AdvertisementV2&) const = default;
};

// The VRRP message alone: 8 + 4n + 8 bytes, checksum filled.
std::vector<std::byte> encode_message(const AdvertisementV2& advertisement);

}  // namespace holdfast::vrrp
