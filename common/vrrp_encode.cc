#include "common/vrrp_encode.h"

#include <cassert>
#include <initializer_list>

namespace holdfast::vrrp {
namespace {

using Message = std::vector<std::byte>;

constexpr size_t kChecksumAt = 6;

void put(Message& message, std::initializer_list<unsigned> values) {
  for (const unsigned value : values) message.push_back(static_cast<std::byte>(value));
}

void put_addresses(Message& message, const std::vector<Ipv4>& addresses) {
  assert(addresses.size() <= kAddressesMax);
  for (const auto [value] : addresses) {
    put(message, {value >> 24, value >> 16, value >> 8, value});
  }
}

void fill_checksum(Message& message, uint32_t sum = 0) {
  const unsigned checksum = internet_checksum(message, sum);
  message[kChecksumAt] = static_cast<std::byte>(checksum >> 8);
  message[kChecksumAt + 1] = static_cast<std::byte>(checksum);
}

}  // namespace

std::vector<std::byte> encode_message(const AdvertisementV2& advertisement) {
  Message message;
  put(message, {0x20U | kTypeAdvertisement, advertisement.vrid, advertisement.priority,
                static_cast<unsigned>(advertisement.addresses.size()), advertisement.auth_type,
                advertisement.interval_s, 0, 0});
  put_addresses(message, advertisement.addresses);
  for (const uint8_t byte : advertisement.auth_data) put(message, {byte});
  fill_checksum(message);
  return message;
}

std::vector<std::byte> encode_message(const AdvertisementV3& advertisement) {
  Message message;
  const unsigned interval = advertisement.interval_cs;
  put(message, {0x30U | kTypeAdvertisement, advertisement.vrid, advertisement.priority,
                static_cast<unsigned>(advertisement.addresses.size()), (interval >> 8) & 0xf,
                interval, 0, 0});
  put_addresses(message, advertisement.addresses);
  const bool alone = advertisement.checksum == ChecksumForm::kRfc9568;
  fill_checksum(message, alone ? 0
                               : pseudo_header_sum(advertisement.source, advertisement.destination,
                                                   message.size()));
  return message;
}

}  // namespace holdfast::vrrp
