#include "common/vrrp_encode.h"

#include <cassert>
#include <initializer_list>

namespace holdfast::vrrp {

std::vector<std::byte> encode_message(const AdvertisementV2& advertisement) {
  assert(advertisement.addresses.size() <= kAddressesMax);
  std::vector<std::byte> bytes;
  const auto put = [&bytes](std::initializer_list<unsigned> values) {
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  };
  put({0x20U | kTypeAdvertisement, advertisement.vrid, advertisement.priority,
       static_cast<unsigned>(advertisement.addresses.size()), advertisement.auth_type,
       advertisement.interval_s});
  const size_t checksum_at = bytes.size();
  put({0, 0});
  for (const auto [value] : advertisement.addresses) {
    put({value >> 24, value >> 16, value >> 8, value});
  }
  for (const uint8_t byte : advertisement.auth_data) put({byte});
  const unsigned checksum = internet_checksum(bytes);
  bytes[checksum_at] = static_cast<std::byte>(checksum >> 8);
  bytes[checksum_at + 1] = static_cast<std::byte>(checksum);
  return bytes;
}

}  // namespace holdfast::vrrp
