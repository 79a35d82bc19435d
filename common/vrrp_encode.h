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

// What a VRRPv3 advertisement over IPv4 says (RFC 9568 5.1).
struct AdvertisementV3 {
  uint8_t vrid = 0;
  uint8_t priority = 0;
  uint16_t interval_cs = 100;   // 1 to 4095 centiseconds
  std::vector<Ipv4> addresses;  // at most kAddressesMax
  ChecksumForm checksum = ChecksumForm::kRfc5798;
  Ipv4 source;  // these two count in the RFC 5798 form alone
  Ipv4 destination;
};

// The VRRP message alone, checksum filled: 8 + 4n + 8 bytes.
std::vector<std::byte> encode_message(const AdvertisementV2& advertisement);
// 8 + 4n bytes.
std::vector<std::byte> encode_message(const AdvertisementV3& advertisement);

}  // namespace holdfast::vrrp
