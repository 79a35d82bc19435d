#include "common/vrrp_decode.h"

#include <algorithm>
#include <optional>

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

// What both versions have in common; `trailer`: the bytes behind the addresses.
std::optional<DecodeError> check_header(std::span<const std::byte> message, unsigned version,
                                        size_t trailer) {
  if (message.size() < kHeaderBytes) return DecodeError::kTooShort;
  if (u8(message, 0) >> 4 != version) return DecodeError::kVersion;
  if ((u8(message, 0) & 0xf) != kTypeAdvertisement) return DecodeError::kType;
  const size_t count = u8(message, 3);
  if (count == 0) return DecodeError::kCount;
  if (message.size() != kHeaderBytes + 4 * count + trailer) return DecodeError::kLength;
  return std::nullopt;
}

AddressBytes addresses_in(std::span<const std::byte> message) {
  return message.subspan(kHeaderBytes, size_t{u8(message, 3)} * 4);
}

}  // namespace

Ipv4 address_at(AddressBytes bytes, size_t number) {
  return {u32(bytes, 4 * number)};
}

std::vector<Ipv4> addresses_of(AddressBytes bytes) {
  std::vector<Ipv4> addresses(bytes.size() / 4);
  for (size_t i = 0; i < addresses.size(); ++i) addresses[i] = address_at(bytes, i);
  return addresses;
}

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
  if (const auto wrong = check_header(message, 2, kAuthDataBytes)) return std::unexpected(*wrong);
  if (internet_checksum(message) != 0) return std::unexpected(DecodeError::kChecksum);
  ReceivedV2 result{.vrid = static_cast<uint8_t>(u8(message, 1)),
                    .priority = static_cast<uint8_t>(u8(message, 2)),
                    .auth_type = static_cast<uint8_t>(u8(message, 4)),
                    .interval_s = static_cast<uint8_t>(u8(message, 5)),
                    .addresses = addresses_in(message),
                    .auth_data = {}};
  const auto auth = message.last(kAuthDataBytes);
  std::ranges::transform(auth, result.auth_data.begin(),
                         [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return result;
}

std::expected<ReceivedV3, DecodeError> decode_v3(const Datagram& datagram) {
  const auto message = datagram.message;
  if (const auto wrong = check_header(message, 3, 0)) return std::unexpected(*wrong);
  const uint32_t header = pseudo_header_sum(datagram.source, datagram.destination, message.size());
  const bool alone = internet_checksum(message) == 0;
  if (!alone && internet_checksum(message, header) != 0) {
    return std::unexpected(DecodeError::kChecksum);
  }
  const auto interval = static_cast<uint16_t>(u16(message, 4) & 0xfff);  // the rest is reserved
  if (interval == 0) return std::unexpected(DecodeError::kInterval);
  return ReceivedV3{.vrid = static_cast<uint8_t>(u8(message, 1)),
                    .priority = static_cast<uint8_t>(u8(message, 2)),
                    .interval_cs = interval,
                    .addresses = addresses_in(message),
                    .checksum = alone ? ChecksumForm::kRfc9568 : ChecksumForm::kRfc5798};
}

}  // namespace holdfast::vrrp
