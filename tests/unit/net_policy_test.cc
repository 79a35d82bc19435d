// net.pb is taken whole or not at all.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "net-helper/policy.h"
#include "net_config.pb.h"

namespace holdfast::net {
namespace {

using compiled::NetConfig;
using compiled::NetRouter;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

void add_address(compiled::Address& to, const char* text, uint32_t interface_id) {
  to.set_address(Ipv4::from_text(text).value_or(Ipv4{}).bytes());
  to.set_prefix_length(16);
  to.set_interface_id(interface_id);
}

NetConfig good() {
  NetConfig config;
  config.set_generation(42);
  config.set_engine_uid(62477);
  for (uint32_t id : {1U, 2U}) {
    auto& interface = *config.add_interfaces();
    interface.set_id(id);
    interface.set_name("eth" + std::to_string(id));
  }
  NetRouter& router = *config.add_routers();
  router.set_id(7);
  router.set_name("myr");
  router.set_interface_id(1);
  router.set_vrid(167);
  router.set_version(2);
  router.set_advert_interval_ms(1000);
  router.set_multicast_group(Ipv4{0xe0004343}.bytes());
  router.mutable_authentication()->set_type(compiled::Authentication::TYPE_PASS);
  router.mutable_authentication()->set_data("571f97b2");
  add_address(*router.add_addresses(), "172.18.67.33", 1);
  add_address(*router.add_excluded_addresses(), "172.18.67.34", 2);
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
  EXPECT_EQ(policy->interface_ids, (std::map<std::string, uint32_t>{{"eth1", 1}, {"eth2", 2}}));
  const RouterPolicy& router = policy->routers.at(7);
  EXPECT_EQ(router.interface, "eth1");
  EXPECT_EQ(router.advert.vrid, 167);
  EXPECT_EQ(router.group.text(), "224.0.67.67");
  EXPECT_EQ(router.advert.auth_type, vrrp::kAuthPass);
  EXPECT_EQ(router.advert.auth_data, (vrrp::AuthData{'5', '7', '1', 'f', '9', '7', 'b', '2'}));
  EXPECT_EQ(router.advert.addresses, std::vector{Ipv4{0xac124321}});
  EXPECT_EQ(router.advert.interval_s, 1);
  ASSERT_EQ(router.addresses.size(), 2U);
  EXPECT_EQ(router.addresses[1], (AddressPolicy{Ipv4{0xac124322}, 16, "eth2"}));
  EXPECT_EQ(router.times.advert_interval, 1s);
  EXPECT_EQ(router.times.kernel_lease, 5s);
  EXPECT_EQ(router.lease_limit, 3s);
  EXPECT_EQ(router.linger_limit, 2s);
  EXPECT_EQ(router.announce_limit, 5U);
  EXPECT_EQ(policy->owners.count(Ipv4{0xac124322}), 1U);
}

TEST(Policy, AFileWithoutRoutersIsAPolicy) {
  NetConfig config;
  config.set_engine_uid(62477);
  EXPECT_TRUE(Policy::from_message(config).has_value());
}

TEST(Policy, ARouterIsTheSameUnderOtherInterfaceIds) {
  NetConfig renumbered = good();
  renumbered.mutable_interfaces(0)->set_id(11);
  renumbered.mutable_routers(0)->set_interface_id(11);
  renumbered.mutable_routers(0)->mutable_addresses(0)->set_interface_id(11);
  EXPECT_EQ(Policy::from_message(good())->routers, Policy::from_message(renumbered)->routers);
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
      {"version", [&](auto& c) { router(c)->set_version(3); }},
      {"interface id", [&](auto& c) { router(c)->set_interface_id(3); }},
      {"interface id", [&](auto& c) { router(c)->mutable_addresses(0)->set_interface_id(0); }},
      {"advert_interval_ms", [&](auto& c) { router(c)->set_advert_interval_ms(0); }},
      {"advert_interval_ms", [&](auto& c) { router(c)->set_advert_interval_ms(256'000); }},
      {"whole seconds", [&](auto& c) { router(c)->set_advert_interval_ms(1500); }},
      {"multicast_group", [&](auto& c) { router(c)->set_multicast_group("\x0a\0\0\1"); }},
      {"multicast_group", [&](auto& c) { router(c)->set_multicast_group("abc"); }},
      {"PASS", [&](auto& c) { router(c)->mutable_authentication()->set_data("short"); }},
      {"number of addresses", [&](auto& c) { router(c)->clear_addresses(); }},
      {"unicast", [&](auto& c) { router(c)->mutable_addresses(0)->set_address("12345"); }},
      {"unicast", [&](auto& c) { add_address(*router(c)->mutable_addresses(0), "127.0.0.1", 1); }},
      {"unicast", [&](auto& c) { add_address(*router(c)->mutable_addresses(0), "224.0.0.18", 1); }},
      {"unicast",
       [&](auto& c) { add_address(*router(c)->mutable_addresses(0), "255.255.255.255", 1); }},
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
      {"cannot be an interface", [&](auto& c) { c.mutable_interfaces(0)->set_id(0); }},
      {"cannot be an interface", [&](auto& c) { c.mutable_interfaces(0)->set_name("a/b"); }},
      {"cannot be an interface",
       [&](auto& c) { c.mutable_interfaces(0)->set_name("longer-than-16-b"); }},
      {"stands there twice", [&](auto& c) { c.mutable_interfaces(0)->set_name("eth2"); }},
      {"VRID 167 is used twice",
       [&](auto& c) {
         *c.add_routers() = c.routers(0);
         c.mutable_routers(1)->set_id(8);
       }},
      {"172.18.67.33 stands there twice",
       [&](auto& c) {
         *c.add_routers() = c.routers(0);
         c.mutable_routers(1)->set_vrid(8);
       }},
      {"id 7 is used twice",
       [&](auto& c) {
         *c.add_routers() = c.routers(0);
         c.mutable_routers(1)->set_vrid(8);
         c.mutable_routers(1)->clear_excluded_addresses();
         add_address(*c.mutable_routers(1)->mutable_addresses(0), "172.18.67.35", 1);
       }},
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
  for (size_t i = 0; i < kInterfacesMax; ++i) config.add_interfaces();
  EXPECT_FALSE(Policy::from_message(config).has_value());
  config = good();
  for (size_t i = 0; i < kRoutersMax; ++i) config.add_routers();
  EXPECT_FALSE(Policy::from_message(config).has_value());
  config = good();
  for (size_t i = 0; i < 255; ++i) *config.mutable_routers(0)->add_addresses() = {};
  EXPECT_FALSE(Policy::from_message(config).has_value());
}

}  // namespace
}  // namespace holdfast::net
