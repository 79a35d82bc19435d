// engine.pb is taken whole or not at all: how the addresses are announced.
#include "vrrp-engine/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "engine_config.pb.h"

namespace holdfast::vrrp {
namespace {

using compiled::GratuitousArp;
using std::chrono_literals::operator""ms;

compiled::EngineConfig good() {
  compiled::EngineConfig config;
  auto& router = *config.add_routers();
  router.set_id(7);
  router.set_name("myr");
  router.set_interface("eth0");
  router.set_vrid(51);
  router.set_version(2);
  router.set_priority(100);
  router.set_advert_interval_ms(1000);
  router.set_multicast_group(Ipv4{0xe0000012}.bytes());
  auto& garp = *router.mutable_garp();
  garp.set_repeat(5);
  garp.set_delay_ms(5000);
  garp.set_refresh_ms(60'000);
  garp.set_refresh_repeat(2);
  return config;
}

TEST(Settings, TakeOverHowAddressesAreAnnounced) {
  const auto settings = settings_from(good());
  ASSERT_TRUE(settings.has_value()) << settings.error().text;
  EXPECT_EQ(settings->routers[0].garp,
            (GratuitousArpSettings{
                .repeat = 5, .delay = 5000ms, .refresh = 60'000ms, .refresh_repeat = 2}));
}

TEST(Settings, NoPeriodNeedsNoNumberOfIts) {
  auto config = good();
  config.mutable_routers(0)->mutable_garp()->set_refresh_ms(0);
  config.mutable_routers(0)->mutable_garp()->set_refresh_repeat(0);
  EXPECT_TRUE(settings_from(config).has_value());
}

TEST(Settings, RefuseAnnouncementsOutOfRange) {
  struct Case {
    const char* said;
    std::function<void(GratuitousArp&)> damage;
  };
  const Case kCases[] = {
      {"0 announcements, not 1 to 1000", [](auto& garp) { garp.set_repeat(0); }},
      {"1001 announcements, not 1 to 1000", [](auto& garp) { garp.set_repeat(1001); }},
      {"more than a day", [](auto& garp) { garp.set_delay_ms(86'400'001); }},
      {"not each 100 ms to a day", [](auto& garp) { garp.set_refresh_ms(99); }},
      {"not each 100 ms to a day", [](auto& garp) { garp.set_refresh_ms(86'400'001); }},
      {"0 periodic announcements", [](auto& garp) { garp.set_refresh_repeat(0); }},
      {"1001 periodic announcements", [](auto& garp) { garp.set_refresh_repeat(1001); }},
  };
  for (const auto& [said, damage] : kCases) {
    auto config = good();
    damage(*config.mutable_routers(0)->mutable_garp());
    const auto settings = settings_from(config);
    ASSERT_FALSE(settings.has_value()) << said;
    EXPECT_THAT(settings.error().text, testing::HasSubstr("router `myr`: "));
    EXPECT_THAT(settings.error().text, testing::HasSubstr(said));
  }
}

}  // namespace
}  // namespace holdfast::vrrp
