#include <gtest/gtest.h>

#include "common/compiled_file.h"
#include "common/ipv4.h"
#include "common/log.h"
#include "common/rate_limit.h"

namespace holdfast {
namespace {

TEST(Ipv4, ReadsAndWritesDottedQuads) {
  const auto address = Ipv4::from_text("172.18.67.33");
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->value, 0xac124321U);
  EXPECT_EQ(address->text(), "172.18.67.33");
  EXPECT_EQ(Ipv4::from_bytes(address->bytes()), address);
}

TEST(Ipv4, RefusesEverythingElse) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", " 1.2.3.4", "1.2.3.4/8", "::1"}) {
    EXPECT_FALSE(Ipv4::from_text(text).has_value()) << text;
  }
  EXPECT_FALSE(Ipv4::from_bytes("123").has_value());
}

TEST(Ipv4, ComparesAsUnsignedNetworkOrder) {
  EXPECT_LT(*Ipv4::from_text("9.255.255.255"), *Ipv4::from_text("10.0.0.1"));
  EXPECT_LT(*Ipv4::from_text("10.0.0.1"), *Ipv4::from_text("192.168.0.1"));
}

TEST(Log, MakesForeignBytesPrintable) {
  EXPECT_EQ(log::printable("a\nb\x1b[31m\xff"), "a\\x0ab\\x1b[31m\\xff");
  EXPECT_EQ(log::printable("abcdef", 3), "abc...");
}

TEST(RateLimit, LetsOneThroughAndCountsTheRest) {
  using std::chrono_literals::operator""s;
  RateLimit limit(10s);
  const TimePoint start{100s};
  EXPECT_TRUE(limit.admit(start));
  EXPECT_EQ(limit.suppressed(), 0U);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limit.admit(start + 1s));
  EXPECT_TRUE(limit.admit(start + 10s));
  EXPECT_EQ(limit.suppressed(), 5U);
}

}  // namespace
}  // namespace holdfast
