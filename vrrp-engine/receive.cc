#include "vrrp-engine/receive.h"

#include <algorithm>
#include <optional>

#include "common/vrrp_decode.h"

namespace holdfast::vrrp {
namespace {

struct RungText {
  std::string_view name;
  std::string_view reason;
};

constexpr std::array<RungText, kRungs> kTexts = {{
    {"bad_ip_header", "its IP header is broken"},
    {"wrong_ttl", "its TTL is not 255, so it did not start on this link"},
    {"too_short", "it is shorter than a VRRP header"},
    {"wrong_version", "it is of another VRRP version"},
    {"wrong_type", "it is not an advertisement"},
    {"no_addresses", "it lists no address"},
    {"wrong_length", "its length does not fit its address count"},
    {"wrong_checksum", "its checksum is wrong"},
    {"unknown_router", "no router of ours has its VRID on that interface"},
    {"wrong_destination", "it was sent to another group"},
    {"wrong_interval", "its advertisement interval is not ours"},
    {"wrong_auth_type", "its authentication type is not ours"},
    {"wrong_auth_data", "its password is not ours"},
    {"own_address", "it comes from our own address"},
}};

Rung rung_of(DecodeError error) {
  switch (error) {
    case DecodeError::kIpHeader:
      return Rung::kIpHeader;
    case DecodeError::kTooShort:
      return Rung::kTooShort;
    case DecodeError::kVersion:
      return Rung::kVersion;
    case DecodeError::kType:
      return Rung::kType;
    case DecodeError::kCount:
      return Rung::kCount;
    case DecodeError::kLength:
      return Rung::kLength;
    case DecodeError::kChecksum:
      return Rung::kChecksum;
    case DecodeError::kInterval:
      return Rung::kInterval;
  }
  return Rung::kIpHeader;
}

// No early exit: how long the comparison takes must not tell where the first difference is.
bool same_secret(const AuthData& a, const AuthData& b) {
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

bool lists_our_addresses(AddressBytes bytes, const RouterSettings& router) {
  if (bytes.size() != 4 * router.addresses.size()) return false;
  // Nearly always in our order, and then there is no list to make.
  size_t same = 0;
  for (const AddressSettings& ours : router.addresses) {
    if (address_at(bytes, same) != ours.address) break;
    ++same;
  }
  if (same == router.addresses.size()) return true;
  return std::ranges::is_permutation(addresses_of(bytes), router.addresses, {}, {},
                                     &AddressSettings::address);
}

// The rungs that both versions share, between those of the message and those of its content.
std::optional<Rung> refused_for(const Datagram& datagram, uint8_t vrid,
                                const RouterSettings& router) {
  if (vrid != router.vrid) return Rung::kUnknownRouter;
  if (datagram.destination != router.multicast_group) return Rung::kDestination;
  return std::nullopt;
}

std::expected<Advertisement, Rung> read_v2(const Datagram& datagram, const RouterSettings& router) {
  const auto received = decode_v2(datagram.message);
  if (!received) return std::unexpected(rung_of(received.error()));
  if (const auto rung = refused_for(datagram, received->vrid, router)) {
    return std::unexpected(*rung);
  }
  if (std::chrono::seconds(received->interval_s) != router.advert_interval) {
    return std::unexpected(Rung::kInterval);
  }
  if (received->auth_type != router.auth_type) return std::unexpected(Rung::kAuthType);
  if (router.auth_type == kAuthPass && !same_secret(received->auth_data, router.auth_data)) {
    return std::unexpected(Rung::kAuthData);
  }
  return Advertisement{.priority = received->priority,
                       .interval = router.advert_interval,
                       .other_addresses = !lists_our_addresses(received->addresses, router)};
}

std::expected<Advertisement, Rung> read_v3(const Datagram& datagram, const RouterSettings& router) {
  const auto received = decode_v3(datagram);
  if (!received) return std::unexpected(rung_of(received.error()));
  if (const auto rung = refused_for(datagram, received->vrid, router)) {
    return std::unexpected(*rung);
  }
  return Advertisement{.priority = received->priority,
                       .interval = std::chrono::milliseconds(10) * received->interval_cs,
                       .checksum = received->checksum,
                       .other_addresses = !lists_our_addresses(received->addresses, router)};
}

}  // namespace

std::string_view rung_name(Rung rung) {
  return kTexts[static_cast<size_t>(rung)].name;
}
std::string_view rung_reason(Rung rung) {
  return kTexts[static_cast<size_t>(rung)].reason;
}

Claim claim_of(const ReceivedPacket& packet) {
  const auto datagram = decode_ipv4(packet.datagram).value_or(Datagram{});
  return {datagram.source, datagram.destination, message_vrid(datagram.message)};
}

TimePoint to_boot_time(std::chrono::nanoseconds stamp, std::chrono::nanoseconds wall_now,
                       TimePoint boot_now) {
  const auto age = std::max(stamp.count() == 0 ? Duration{0} : wall_now - stamp, Duration{0});
  return TimePoint{} + std::max(boot_now.time_since_epoch() - age, Duration{0});
}

std::expected<Advertisement, Rung> climb(const ReceivedPacket& packet, const RouterSettings& router,
                                         Ipv4 own_address) {
  const auto datagram = decode_ipv4(packet.datagram);
  if (!datagram) return std::unexpected(rung_of(datagram.error()));
  if (datagram->ttl != kTtl) return std::unexpected(Rung::kWrongTtl);
  auto advertisement =
      router.version == 3 ? read_v3(*datagram, router) : read_v2(*datagram, router);
  if (!advertisement) return advertisement;
  if (datagram->source == own_address) return std::unexpected(Rung::kOwnAddress);
  advertisement->source = datagram->source;
  advertisement->received_at = packet.received_at;
  return advertisement;
}

}  // namespace holdfast::vrrp
