// Every rung of the receive ladder: the good packet passes, and each defect alone hits its rung.
#include "vrrp-engine/receive.h"

#include "common/vrrp_encode.h"
#include "tests/unit/engine_fixture.h"
#include "tests/unit/vrrp_datagram.h"

namespace holdfast::vrrp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr Ipv4 kOwn{0x0a000001};
constexpr Ipv4 kPeer{0x0a000002};
constexpr Ipv4 kGroup{0xe0000012};

class LadderTest : public ::testing::Test {
 protected:
  std::expected<Advertisement, Rung> climb_now() {
    auto message = encode_message(advertisement_);
    if (change_) {
      change_(message);
      if (refresh_checksum_) {
        message[6] = message[7] = std::byte{0};
        const uint16_t sum = internet_checksum(message);
        message[6] = static_cast<std::byte>(sum >> 8);
        message[7] = static_cast<std::byte>(sum & 0xff);
      }
    }
    datagram_ = encode_datagram(header_, message);
    packet_.datagram = datagram_;
    return climb(packet_, router_, kOwn);
  }
  Rung refused() {
    const auto result = climb_now();
    EXPECT_FALSE(result.has_value());
    return result.has_value() ? Rung{} : result.error();
  }

  AdvertisementV2 advertisement_{
      .vrid = 51, .priority = 120, .interval_s = 1, .addresses = {Ipv4{0x0a000064}}};
  RouterSettings router_ = settings();
  Ipv4Header header_{.source = kPeer, .destination = kGroup};
  ReceivedPacket packet_{.received_at = at(1), .datagram = {}};
  std::function<void(std::vector<std::byte>&)> change_;
  bool refresh_checksum_ = true;
  std::vector<std::byte> datagram_;
};

TEST_F(LadderTest, TheGoodOnePasses) {
  const auto result = climb_now();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->priority, 120);
  EXPECT_EQ(result->source, kPeer);
  EXPECT_EQ(result->received_at, at(1));
  EXPECT_FALSE(result->other_addresses);
}

TEST_F(LadderTest, IpHeader) {
  packet_.datagram = {};
  EXPECT_EQ(climb(packet_, router_, kOwn).error(), Rung::kIpHeader);
}

TEST_F(LadderTest, Ttl) {
  header_.ttl = 254;
  EXPECT_EQ(refused(), Rung::kWrongTtl);
}

TEST_F(LadderTest, TooShort) {
  refresh_checksum_ = false;
  change_ = [](auto& message) { message.resize(7); };
  EXPECT_EQ(refused(), Rung::kTooShort);
}

TEST_F(LadderTest, Version) {
  change_ = [](auto& message) { message[0] = std::byte{0x31}; };
  EXPECT_EQ(refused(), Rung::kVersion);
}

TEST_F(LadderTest, Type) {
  change_ = [](auto& message) { message[0] = std::byte{0x22}; };
  EXPECT_EQ(refused(), Rung::kType);
}

TEST_F(LadderTest, Count) {
  change_ = [](auto& message) { message[3] = std::byte{0}; };
  EXPECT_EQ(refused(), Rung::kCount);
}

TEST_F(LadderTest, LengthShortAndLong) {
  change_ = [](auto& message) { message.pop_back(); };
  EXPECT_EQ(refused(), Rung::kLength);
  change_ = [](auto& message) { message.resize(message.size() + 4); };
  EXPECT_EQ(refused(), Rung::kLength);
}

TEST_F(LadderTest, Checksum) {
  refresh_checksum_ = false;
  change_ = [](auto& message) { message[2] = std::byte{121}; };
  EXPECT_EQ(refused(), Rung::kChecksum);
}

TEST_F(LadderTest, UnknownRouter) {
  advertisement_.vrid = 52;
  EXPECT_EQ(refused(), Rung::kUnknownRouter);
}

TEST_F(LadderTest, Destination) {
  header_.destination = Ipv4{0xe0004343};
  EXPECT_EQ(refused(), Rung::kDestination);
}

TEST_F(LadderTest, Interval) {
  advertisement_.interval_s = 2;
  EXPECT_EQ(refused(), Rung::kInterval);
}

TEST_F(LadderTest, AuthType) {
  advertisement_.auth_type = kAuthPass;
  EXPECT_EQ(refused(), Rung::kAuthType);
}

TEST_F(LadderTest, AuthTypeMissing) {
  router_.auth_type = kAuthPass;
  EXPECT_EQ(refused(), Rung::kAuthType);
}

TEST_F(LadderTest, AuthData) {
  router_.auth_type = advertisement_.auth_type = kAuthPass;
  router_.auth_data = {'r', 'i', 'g', 'h', 't'};
  advertisement_.auth_data = {'w', 'r', 'o', 'n', 'g'};
  EXPECT_EQ(refused(), Rung::kAuthData);
  advertisement_.auth_data = router_.auth_data;
  EXPECT_TRUE(climb_now().has_value());
}

TEST_F(LadderTest, OwnAddress) {
  header_.source = kOwn;
  EXPECT_EQ(refused(), Rung::kOwnAddress);
}

TEST_F(LadderTest, OtherAddressesAreToldNotRefused) {
  advertisement_.addresses = {Ipv4{0x0a000065}};
  const auto result = climb_now();
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->other_addresses);
}

TEST_F(LadderTest, TheOrderOfTheAddressesIsTheSendersOwn) {
  router_.addresses = {{Ipv4{1}, 24, "eth0"}, {Ipv4{2}, 24, "eth0"}, {Ipv4{3}, 24, "eth0"}};
  const auto others = [this](std::vector<Ipv4> addresses) {
    advertisement_.addresses = std::move(addresses);
    return climb_now().value().other_addresses;
  };
  EXPECT_FALSE(others({Ipv4{1}, Ipv4{2}, Ipv4{3}}));
  EXPECT_FALSE(others({Ipv4{1}, Ipv4{3}, Ipv4{2}}));
  EXPECT_TRUE(others({Ipv4{1}, Ipv4{2}, Ipv4{4}}));
  EXPECT_TRUE(others({Ipv4{4}, Ipv4{1}, Ipv4{2}}));
  EXPECT_TRUE(others({Ipv4{1}, Ipv4{1}, Ipv4{2}}));
  EXPECT_TRUE(others({Ipv4{1}, Ipv4{2}}));
}

TEST_F(LadderTest, EveryPrefixAndEveryFlippedBitIsHandled) {
  const auto whole =
      encode_datagram({.source = kPeer, .destination = kGroup}, encode_message(advertisement_));
  for (size_t length = 0; length < whole.size(); ++length) {
    packet_.datagram = std::span(whole).first(length);
    EXPECT_FALSE(climb(packet_, router_, kOwn).has_value()) << length;
  }
  // Any single flipped bit of the VRRP message breaks the checksum or an earlier rung.
  for (size_t bit = size_t{20} * 8; bit < whole.size() * 8; ++bit) {
    auto copy = whole;
    copy[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    packet_.datagram = copy;
    EXPECT_FALSE(climb(packet_, router_, kOwn).has_value()) << bit;
  }
}

TEST(Rungs, EachHasANameAndAReason) {
  for (size_t i = 0; i < kRungs; ++i) {
    EXPECT_FALSE(rung_name(static_cast<Rung>(i)).empty());
    EXPECT_FALSE(rung_reason(static_cast<Rung>(i)).empty());
  }
}

TEST(ReceiveTime, ReckonsTheStampInBootTime) {
  using std::chrono_literals::operator""ms;
  using std::chrono_literals::operator""s;
  constexpr TimePoint kBoot{100s};
  EXPECT_EQ(to_boot_time(5000s - 3ms, 5000s, kBoot), kBoot - 3ms);
  EXPECT_EQ(to_boot_time(5000s, 5000s, kBoot), kBoot);
  EXPECT_EQ(to_boot_time(9000s, 5000s, kBoot), kBoot);  // the wall clock was set back
  EXPECT_EQ(to_boot_time(1s, 5000s, kBoot), TimePoint{});
  EXPECT_EQ(to_boot_time(0s, 5000s, kBoot), kBoot);
}

// ---- VRRPv3 -----------------------------------------------------------------------------------

class LadderV3Test : public ::testing::Test {
 protected:
  LadderV3Test() {
    router_.version = 3;
    router_.advert_interval = std::chrono::milliseconds(100);
  }
  std::expected<Advertisement, Rung> climb_now() {
    datagram_ = encode_datagram({.source = kPeer, .destination = advertisement_.destination},
                                encode_message(advertisement_));
    return climb({.received_at = at(1), .datagram = datagram_}, router_, kOwn);
  }

  AdvertisementV3 advertisement_{.vrid = 51,
                                 .priority = 120,
                                 .interval_cs = 10,
                                 .addresses = {Ipv4{0x0a000064}},
                                 .source = kPeer,
                                 .destination = kGroup};
  RouterSettings router_ = settings();
  std::vector<std::byte> datagram_;
};

TEST_F(LadderV3Test, TakesTheSendersInterval) {
  for (const uint16_t centiseconds : std::to_array<uint16_t>({1, 10, 4095})) {
    advertisement_.interval_cs = centiseconds;
    const auto result = climb_now();
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->priority, 120);
    EXPECT_EQ(result->source, kPeer);
    EXPECT_EQ(result->received_at, at(1));
    EXPECT_EQ(result->interval, centiseconds * std::chrono::milliseconds(10));
    EXPECT_FALSE(result->other_addresses);
  }
}

TEST_F(LadderV3Test, TakesBothFormsOfTheChecksum) {
  EXPECT_EQ(climb_now()->checksum, ChecksumForm::kRfc5798);
  advertisement_.checksum = ChecksumForm::kRfc9568;
  EXPECT_EQ(climb_now()->checksum, ChecksumForm::kRfc9568);
}

TEST_F(LadderV3Test, RefusesTheOtherVersionGroupIntervalAndItself) {
  advertisement_.interval_cs = 0;
  EXPECT_EQ(climb_now().error(), Rung::kInterval);
  advertisement_.interval_cs = 10;
  advertisement_.destination = Ipv4{0xe0004343};
  EXPECT_EQ(climb_now().error(), Rung::kDestination);
  advertisement_.destination = kGroup;
  router_.vrid = 52;
  EXPECT_EQ(climb_now().error(), Rung::kUnknownRouter);
  router_.vrid = 51;
  const auto datagram = encode_datagram(
      {.source = kPeer, .destination = kGroup},
      encode_message(AdvertisementV2{.vrid = 51, .priority = 120, .addresses = {Ipv4{1}}}));
  EXPECT_EQ(climb({.received_at = at(1), .datagram = datagram}, router_, kOwn).error(),
            Rung::kVersion);
  datagram_ =
      encode_datagram({.source = kPeer, .destination = kGroup}, encode_message(advertisement_));
  EXPECT_EQ(climb({.received_at = at(1), .datagram = datagram_}, router_, kPeer).error(),
            Rung::kOwnAddress);
}

}  // namespace
}  // namespace holdfast::vrrp
