#include "common/vrrp_decode.h"

#include <algorithm>

namespace holdfast::vrrp {
namespace {

unsigned u8(std::span<const std::byte> bytes, size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

unsigned u16(std::span<const std::byte> bytes, size_t at) {
  return (u8(bytes, at) << 8) | u8(bytes, at + 1);
}

uint32_t u32(std::span<const std::byte> bytes, size_t at) {
  return (u16(bytes, at) << 16) | u16(bytes, at + 2);
}

}  // namespace

std::expected<Datagram, DecodeError> decode_ipv4(std::span<const std::byte> datagram) {
  constexpr size_t kIpHeaderBytesMin = 20;
  if (datagram.size() < kIpHeaderBytesMin || u8(datagram, 0) >> 4 != 4) {
    return std::unexpected(DecodeError::kIpHeader);
  }
  const size_t header = static_cast<size_t>(u8(datagram, 0) & 0xf) * 4;
  const size_t total = u16(datagram, 2);
  if (header < kIpHeaderBytesMin || total < header || total > datagram.size() ||
      u8(datagram, 9) != kIpProtocol) {
    return std::unexpected(DecodeError::kIpHeader);
  }
  return Datagram{.source = Ipv4{u32(datagram, 12)},
                  .destination = Ipv4{u32(datagram, 16)},
                  .ttl = u8(datagram, 8),
                  .message = datagram.subspan(header, total - header)};
}

uint8_t message_vrid(std::span<const std::byte> message) {
  return message.size() < 2 ? uint8_t{0} : static_cast<uint8_t>(u8(message, 1));
}

std::expected<ReceivedV2, DecodeError> decode_v2(std::span<const std::byte> message) {
  if (message.size() < kHeaderBytes) return std::unexpected(DecodeError::kTooShort);
  if (u8(message, 0) >> 4 != 2) return std::unexpected(DecodeError::kVersion);
  if ((u8(message, 0) & 0xf) != kTypeAdvertisement) return std::unexpected(DecodeError::kType);
  const size_t count = u8(message, 3);
  if (count == 0) return std::unexpected(DecodeError::kCount);
  if (message.size() != kHeaderBytes + 4 * count + kAuthDataBytes) {
    return std::unexpected(DecodeError::kLength);
  }
  if (internet_checksum(message) != 0) return std::unexpected(DecodeError::kChecksum);
  ReceivedV2 result{.vrid = static_cast<uint8_t>(u8(message, 1)),
                    .priority = static_cast<uint8_t>(u8(message, 2)),
                    .auth_type = static_cast<uint8_t>(u8(message, 4)),
                    .interval_s = static_cast<uint8_t>(u8(message, 5)),
                    .addresses = {},
                    .auth_data = {}};
  result.addresses.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t at = kHeaderBytes + 4 * i;
    result.addresses.push_back(Ipv4{u32(message, at)});
  }
  const auto auth = message.last(kAuthDataBytes);
  std::ranges::transform(auth, result.auth_data.begin(),
                         [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return result;
}

}  // namespace holdfast::vrrp
