// Golden packets: what keepalived 2.2.7 and 2.4.3 put on the wire, byte for byte.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/vrrp_decode.h"
#include "common/vrrp_encode.h"
#include "tests/unit/vrrp_datagram.h"

namespace holdfast::vrrp {
namespace {

std::vector<std::byte> from_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits.push_back(c);
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::byte>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

const Ipv4Header kHeader{
    .source = Ipv4{0x0a070001}, .destination = Ipv4{0xe0000012}, .identification = 1};

AdvertisementV2 golden_advertisement() {
  return {.vrid = 51, .priority = 150, .interval_s = 1, .addresses = {Ipv4{0x0a070064}}};
}

constexpr std::string_view kNoAuth =
    "45c0 0028 0001 0000 ff70 d08a 0a070001 e0000012 2133960100013e5f 0a070064 00000000 00000000";
constexpr std::string_view kPass =
    "45c0 0028 0001 0000 ff70 d08a 0a070001 e0000012 21339601010190b1 0a070064 7365637265747061";
// Shutdown: the same with priority 0; 3e5f + 9600 folded gives d45f.
constexpr std::string_view kShutdown =
    "45c0 0028 0001 0000 ff70 d08a 0a070001 e0000012 213300010001d45f 0a070064 00000000 00000000";

AuthData secret() {
  constexpr std::string_view kSecret = "secretpa";
  AuthData data{};
  std::copy(kSecret.begin(), kSecret.end(), data.begin());
  return data;
}

TEST(VrrpWire, EncodesV2WithoutAuthenticationAsOnTheWire) {
  EXPECT_EQ(encode_datagram(kHeader, encode_message(golden_advertisement())), from_hex(kNoAuth));
}

TEST(VrrpWire, EncodesV2PassAsOnTheWire) {
  AdvertisementV2 advertisement = golden_advertisement();
  advertisement.auth_type = kAuthPass;
  advertisement.auth_data = secret();
  EXPECT_EQ(encode_datagram(kHeader, encode_message(advertisement)), from_hex(kPass));
}

TEST(VrrpWire, EncodesTheShutdownAdvertisementWithItsAddresses) {
  AdvertisementV2 advertisement = golden_advertisement();
  advertisement.priority = kPriorityResign;
  EXPECT_EQ(encode_datagram(kHeader, encode_message(advertisement)), from_hex(kShutdown));
}

// VRRPv3 as keepalived sends it, and 2.4.3 with v3_checksum_as_v2.
constexpr std::string_view kV3 =
    "45c0 0020 0001 0000 ff70 d092 0a070001 e0000012 31339601 00644365 0a070064";
constexpr std::string_view kV3Alone =
    "45c0 0020 0001 0000 ff70 d092 0a070001 e0000012 31339601 00642dfc 0a070064";
constexpr std::string_view kV3Shutdown =
    "45c0 0020 0001 0000 ff70 d092 0a070001 e0000012 31330001 0064d965 0a070064";

AdvertisementV3 golden_v3() {
  return {.vrid = 51,
          .priority = 150,
          .interval_cs = 100,
          .addresses = {Ipv4{0x0a070064}},
          .source = kHeader.source,
          .destination = kHeader.destination};
}

TEST(VrrpWire, EncodesV3WithBothFormsOfTheChecksum) {
  AdvertisementV3 advertisement = golden_v3();
  EXPECT_EQ(encode_datagram(kHeader, encode_message(advertisement)), from_hex(kV3));
  advertisement.priority = kPriorityResign;
  EXPECT_EQ(encode_datagram(kHeader, encode_message(advertisement)), from_hex(kV3Shutdown));
  advertisement = golden_v3();
  advertisement.checksum = ChecksumForm::kRfc9568;
  EXPECT_EQ(encode_datagram(kHeader, encode_message(advertisement)), from_hex(kV3Alone));
}

std::expected<ReceivedV3, DecodeError> received_v3(const std::vector<std::byte>& bytes) {
  const auto datagram = decode_ipv4(bytes);
  return datagram ? decode_v3(*datagram) : std::unexpected(datagram.error());
}

TEST(VrrpWire, DecodesV3WithBothFormsOfTheChecksum) {
  for (const auto& [hex, form] :
       {std::pair{kV3, ChecksumForm::kRfc5798}, {kV3Alone, ChecksumForm::kRfc9568}}) {
    const auto bytes = from_hex(hex);  // the addresses stay in them
    const auto received = received_v3(bytes);
    ASSERT_TRUE(received.has_value());
    EXPECT_EQ(received->vrid, 51);
    EXPECT_EQ(received->priority, 150);
    EXPECT_EQ(received->interval_cs, 100);
    EXPECT_EQ(addresses_of(received->addresses), std::vector{Ipv4{0x0a070064}});
    EXPECT_EQ(received->checksum, form);
  }
}

TEST(VrrpWire, RefusesV3ByTheRungOfItsFirstFault) {
  const auto error_of = [](const std::vector<std::byte>& bytes) {
    const auto received = received_v3(bytes);
    return received ? std::nullopt : std::optional(received.error());
  };
  auto wrong = from_hex(kV3);
  wrong.back() ^= std::byte{1};
  EXPECT_EQ(error_of(wrong), DecodeError::kChecksum);
  EXPECT_EQ(error_of(from_hex(kNoAuth)), DecodeError::kVersion);
  AdvertisementV3 advertisement = golden_v3();
  advertisement.interval_cs = 0;
  EXPECT_EQ(error_of(encode_datagram(kHeader, encode_message(advertisement))),
            DecodeError::kInterval);
  advertisement = golden_v3();
  advertisement.addresses.clear();
  EXPECT_EQ(error_of(encode_datagram(kHeader, encode_message(advertisement))), DecodeError::kCount);
  auto longer = encode_message(golden_v3());
  longer.resize(longer.size() + kAuthDataBytes);
  EXPECT_EQ(error_of(encode_datagram(kHeader, longer)), DecodeError::kLength);
}

// Four bits beside the interval are reserved: ignored when they come (RFC 9568 5.2.6).
TEST(VrrpWire, IgnoresWhatIsReservedInV3) {
  auto message = encode_message(golden_v3());
  message[4] |= std::byte{0xf0};
  message[6] = message[7] = std::byte{0};
  const auto sum = pseudo_header_sum(kHeader.source, kHeader.destination, message.size());
  const unsigned checksum = internet_checksum(message, sum);
  message[6] = static_cast<std::byte>(checksum >> 8);
  message[7] = static_cast<std::byte>(checksum);
  const auto received = received_v3(encode_datagram(kHeader, message));
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->interval_cs, 100);
}

TEST(VrrpWire, DecodesWhatTheWireCarries) {
  const auto datagram = from_hex(kPass);
  const auto read = decode_ipv4(datagram);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->source.text(), "10.7.0.1");
  EXPECT_EQ(read->destination.text(), "224.0.0.18");
  EXPECT_EQ(read->ttl, 255U);
  const auto decoded = decode_v2(read->message);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->vrid, 51);
  EXPECT_EQ(decoded->priority, 150);
  EXPECT_EQ(decoded->interval_s, 1);
  EXPECT_EQ(decoded->auth_type, kAuthPass);
  EXPECT_EQ(decoded->auth_data, secret());
  ASSERT_EQ(decoded->addresses.size(), 4U);
  EXPECT_EQ(address_at(decoded->addresses, 0).text(), "10.7.0.100");
}

TEST(VrrpWire, LeavesEthernetPaddingOut) {
  auto datagram = from_hex(kNoAuth);
  datagram.resize(46);
  const auto read = decode_ipv4(datagram);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(decode_v2(read->message).has_value());
}

// Each defect alone, made from the good packet, hits exactly its rung.
TEST(VrrpWire, NamesTheDefect) {
  const auto good = from_hex(kNoAuth);
  const auto decode = [](std::vector<std::byte> datagram) -> DecodeError {
    const auto read = decode_ipv4(datagram);
    if (!read) return read.error();
    const auto decoded = decode_v2(read->message);
    EXPECT_FALSE(decoded.has_value());
    return decoded.has_value() ? DecodeError::kIpHeader : decoded.error();
  };
  const auto with = [&good](size_t at, int value) {
    auto copy = good;
    copy[at] = static_cast<std::byte>(value);
    return copy;
  };
  EXPECT_EQ(decode({}), DecodeError::kIpHeader);
  EXPECT_EQ(decode(with(0, 0x65)), DecodeError::kIpHeader);
  EXPECT_EQ(decode(with(0, 0x44)), DecodeError::kIpHeader);
  EXPECT_EQ(decode(with(3, 0x29)), DecodeError::kIpHeader);  // longer than what arrived
  EXPECT_EQ(decode(with(3, 0x1b)), DecodeError::kTooShort);  // 7 bytes of VRRP
  EXPECT_EQ(decode(with(9, 17)), DecodeError::kIpHeader);    // UDP
  EXPECT_EQ(decode(with(20, 0x31)), DecodeError::kVersion);
  EXPECT_EQ(decode(with(20, 0x22)), DecodeError::kType);
  EXPECT_EQ(decode(with(23, 0)), DecodeError::kCount);
  EXPECT_EQ(decode(with(23, 2)), DecodeError::kLength);
  EXPECT_EQ(decode(with(22, 151)), DecodeError::kChecksum);
}

}  // namespace
}  // namespace holdfast::vrrp
