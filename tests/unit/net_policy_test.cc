// net.pb is taken whole or not at all.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "net-helper/policy.h"
#include "net_config.pb.h"

namespace holdfast::net {
namespace {

using compiled::NetConfig;
using compiled::NetRouter;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

void add_address(compiled::Address& to, const char* text, const char* interface = "") {
  to.set_address(Ipv4::from_text(text).value_or(Ipv4{}).bytes());
  to.set_prefix_length(16);
  to.set_interface(interface);
}

NetConfig good() {
  NetConfig config;
  config.set_generation(42);
  config.set_engine_uid(62477);
  NetRouter& router = *config.add_routers();
  router.set_id(7);
  router.set_name("myr");
  router.set_interface("eth1");
  router.set_vrid(167);
  router.set_advert_interval_ms(1000);
  router.set_multicast_group(Ipv4{0xe0004343}.bytes());
  router.set_advertisement("\x21\xa7 what a router says");
  add_address(*router.add_addresses(), "172.18.67.33");
  add_address(*router.add_addresses(), "172.18.67.34", "eth2");
  router.set_announce_limit(5);
  router.set_lease_limit_ms(3000);
  router.set_priority_min(1);
  router.set_priority_max(254);
  router.set_kernel_lease_s(5);
  router.set_resign_linger_limit_ms(2000);
  return config;
}

TEST(Policy, TakesOverEveryValue) {
  const auto policy = Policy::from_message(good());
  ASSERT_TRUE(policy.has_value()) << policy.error().text;
  EXPECT_EQ(policy->generation, 42U);
  EXPECT_EQ(policy->engine_uid, 62477U);
  EXPECT_EQ(policy->interfaces, (std::set<std::string>{"eth1", "eth2"}));
  const RouterPolicy& router = policy->routers.at(7);
  EXPECT_EQ(router.interface, "eth1");
  EXPECT_EQ(router.vrid, 167);
  EXPECT_EQ(router.group.text(), "224.0.67.67");
  EXPECT_EQ(router.advertisement, "\x21\xa7 what a router says");
  ASSERT_EQ(router.addresses.size(), 2U);
  EXPECT_EQ(router.addresses[0], (AddressPolicy{Ipv4{0xac124321}, 16, "eth1"}));
  EXPECT_EQ(router.addresses[1], (AddressPolicy{Ipv4{0xac124322}, 16, "eth2"}));
  EXPECT_EQ(router.times.advert_interval, 1s);
  EXPECT_EQ(router.times.kernel_lease, 5s);
  EXPECT_EQ(router.lease_limit_ms, 3000U);
  EXPECT_EQ(router.linger_limit_ms, 2000U);
  EXPECT_EQ(router.announce_limit, 5U);
  EXPECT_EQ(policy->virtual_addresses, (std::vector{Ipv4{0xac124321}, Ipv4{0xac124322}}));
}

TEST(Policy, AFileWithoutRoutersIsAPolicy) {
  NetConfig config;
  config.set_engine_uid(62477);
  EXPECT_TRUE(Policy::from_message(config).has_value());
}

// One defect each; the error names the value.
TEST(Policy, RefusesWhatIsOutOfRange) {
  struct Case {
    const char* said;
    std::function<void(NetConfig&)> damage;
  };
  const auto router = [](NetConfig& config) { return config.mutable_routers(0); };
  const std::vector<Case> cases = {
      {"engine_uid", [&](auto& c) { c.clear_engine_uid(); }},
      {"engine_uid", [&](auto& c) { c.set_engine_uid(UINT32_MAX); }},
      {"id", [&](auto& c) { router(c)->set_id(0); }},
      {"vrid", [&](auto& c) { router(c)->set_vrid(0); }},
      {"vrid", [&](auto& c) { router(c)->set_vrid(256); }},
      {"advert_interval_ms", [&](auto& c) { router(c)->set_advert_interval_ms(0); }},
      {"advert_interval_ms", [&](auto& c) { router(c)->set_advert_interval_ms(256'000); }},
      {"bytes of the advertisement", [&](auto& c) { router(c)->set_advertisement("\x21\xa7"); }},
      {"bytes of the advertisement",
       [&](auto& c) { router(c)->mutable_advertisement()->append(vrrp::kMessageBytesMax, 'x'); }},
      {"another VRID", [&](auto& c) { router(c)->set_vrid(166); }},
      {"multicast_group", [&](auto& c) { router(c)->set_multicast_group("\x0a\0\0\1"); }},
      {"multicast_group", [&](auto& c) { router(c)->set_multicast_group("abc"); }},
      {"number of addresses", [&](auto& c) { router(c)->clear_addresses(); }},
      {"unicast", [&](auto& c) { router(c)->mutable_addresses(0)->set_address("12345"); }},
      {"unicast", [&](auto& c) { add_address(*router(c)->mutable_addresses(0), "127.0.0.1"); }},
      {"unicast", [&](auto& c) { add_address(*router(c)->mutable_addresses(0), "224.0.0.18"); }},
      {"unicast",
       [&](auto& c) { add_address(*router(c)->mutable_addresses(0), "255.255.255.255"); }},
      {"prefix_length", [&](auto& c) { router(c)->mutable_addresses(0)->set_prefix_length(33); }},
      {"prefix_length", [&](auto& c) { router(c)->mutable_addresses(0)->set_prefix_length(0); }},
      {"announce_limit", [&](auto& c) { router(c)->set_announce_limit(0); }},
      {"announce_limit", [&](auto& c) { router(c)->set_announce_limit(1001); }},
      {"lease_limit_ms", [&](auto& c) { router(c)->set_lease_limit_ms(0); }},
      {"priority_min", [&](auto& c) { router(c)->set_priority_min(0); }},
      {"priority_max", [&](auto& c) { router(c)->set_priority_max(256); }},
      {"priority_max", [&](auto& c) { router(c)->set_priority_min(255); }},
      {"kernel_lease_s", [&](auto& c) { router(c)->set_kernel_lease_s(100'000); }},
      {"resign_linger_limit_ms", [&](auto& c) { router(c)->set_resign_linger_limit_ms(61'000); }},
      {"cannot be an interface", [&](auto& c) { router(c)->clear_interface(); }},
      {"cannot be an interface", [&](auto& c) { router(c)->set_interface("a/b"); }},
      {"cannot be an interface", [&](auto& c) { router(c)->set_interface("longer-than-16-b"); }},
      {"cannot be an interface",
       [&](auto& c) { router(c)->mutable_addresses(1)->set_interface("a b"); }},
      {"id 7 is used twice", [&](auto& c) { *c.add_routers() = c.routers(0); }},
  };
  for (const Case& test : cases) {
    NetConfig config = good();
    test.damage(config);
    const auto policy = Policy::from_message(config);
    ASSERT_FALSE(policy.has_value()) << test.said;
    EXPECT_NE(policy.error().text.find(test.said), std::string::npos)
        << policy.error().text << " should say " << test.said;
  }
}

TEST(Policy, BoundsHowMuchThereCanBe) {
  NetConfig config = good();
  const auto refused = [&config] {
    const auto policy = Policy::from_message(config);
    return policy ? "" : policy.error().text;
  };
  auto& addresses = *config.mutable_routers(0)->mutable_addresses();
  for (size_t i = 0; i < kInterfacesMax; ++i) {
    *addresses.Add() = addresses[0];
    addresses.rbegin()->set_interface("e" + std::to_string(i));
  }
  EXPECT_EQ(refused(), "number of interfaces 1002 is not within 0..1000");
  config = good();
  for (size_t i = 0; i < kRoutersMax; ++i) {
    *config.add_routers() = config.routers(0);
    config.mutable_routers()->rbegin()->set_id(100 + static_cast<uint32_t>(i));
  }
  EXPECT_EQ(refused(), "number of routers 10001 is not within 0..10000");
  config = good();
  for (size_t i = 0; i < kAddressesPerRouterMax; ++i) config.mutable_routers(0)->add_addresses();
  EXPECT_EQ(refused(), "router `myr`: number of addresses 20257 is not within 1..20255");
}

}  // namespace
}  // namespace holdfast::net
