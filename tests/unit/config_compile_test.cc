// What keywords compile into: defaults, inheritance, forward references, and quirks of real files.
#include "config/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "common/ipv4.h"
#include "common/vrrp_encode.h"
#include "config/check.h"
#include "source_tree.h"

namespace holdfast::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A router with what it must have, and these lines.
std::string router(const std::string& lines, const std::string& name = "a", int vrid = 71) {
  return fmt::format(
      "vrrp_instance {} {{\ninterface eth0\nvirtual_router_id {}\n"
      "virtual_ipaddress {{ 192.0.2.{}/24 }}\n{}\n}}\n",
      name, vrid, vrid, lines);
}

std::string script(const std::string& lines, const std::string& name = "chk") {
  return fmt::format("vrrp_script {} {{\nscript \"/bin/true\"\n{}\n}}\n", name, lines);
}

CompileResult good(const std::string& text) {
  auto result = compile(text, "test.conf", {.host_name = "host", .read_script = {}});
  EXPECT_TRUE(result.ok()) << result.report;
  return result;
}

const compiled::EngineRouter& engine(const CompileResult& result) {
  return result.engine.routers(0);
}
const compiled::NetRouter& net(const CompileResult& result) {
  return result.net.routers(0);
}

TEST(Compile, LeavesDefaultsToThoseOfTheProtocolAndKeepalived) {
  const auto result = good(router(""));
  EXPECT_EQ(engine(result).priority(), 100U);
  EXPECT_EQ(engine(result).advert_interval_ms(), 1000U);
  EXPECT_FALSE(engine(result).starts_eager());
  EXPECT_TRUE(engine(result).preempt());
  EXPECT_FALSE(engine(result).has_authentication());
  EXPECT_EQ(engine(result).multicast_group(), Ipv4::from_text("224.0.0.18")->bytes());
  EXPECT_EQ(result.engine.system_name(), "host");
  EXPECT_EQ(result.notifier.mail().from(), "keepalived@host");
  EXPECT_EQ(result.notifier.mail().helo_name(), "host");
  EXPECT_EQ(result.notifier.mail().server(), "");
  EXPECT_EQ(result.notifier.mail().port(), 25U);
  EXPECT_THAT(result.diagnostics.all(), IsEmpty());
}

TEST(Compile, SendsOneGratuitousArpWhereTheMinimumIsAskedFor) {
  const auto minimum = good("global_defs { vrrp_min_garp\n}\n" + router(""));
  EXPECT_EQ(engine(minimum).garp().repeat(), 1U);
  EXPECT_EQ(engine(minimum).garp().delay_ms(), 0U);
  const auto told = good("global_defs { vrrp_garp_master_repeat 3\nvrrp_min_garp on\n}\n" +
                         router("garp_master_delay 2"));
  EXPECT_EQ(engine(told).garp().repeat(), 3U);
  EXPECT_EQ(engine(told).garp().delay_ms(), 2000U);
  const auto off = good("global_defs { vrrp_min_garp off\n}\n" + router(""));
  EXPECT_EQ(engine(off).garp().repeat(), 5U);
}

// What the helper lets the engine ask for is no more than what the text asks for.
TEST(Compile, BoundsAnnouncementsByTheLargerBatchThatThereIs) {
  EXPECT_EQ(net(good(router(""))).announce_limit(), 5U);
  EXPECT_EQ(net(good(router("garp_master_refresh_repeat 9"))).announce_limit(), 5U);
  EXPECT_EQ(
      net(good(router("garp_master_refresh 60\ngarp_master_refresh_repeat 9"))).announce_limit(),
      9U);
  EXPECT_EQ(net(good(router("garp_master_refresh 60\ngarp_master_repeat 3"))).announce_limit(), 3U);
}

TEST(Compile, TracksTheOwnInterfaceAnyway) {
  for (const char* line : {"track_interface { eth0 }", "track_interface { eth0 weight 0\n}"}) {
    const auto result = good(router(line));
    ASSERT_EQ(result.diagnostics.all().size(), 1U) << result.report;
    EXPECT_EQ(result.diagnostics.all().front().finding.id, "HF0433");
  }
  EXPECT_FALSE(compile(router("track_interface { eth1 }"), "test.conf").ok());
  EXPECT_FALSE(compile(router("track_interface { eth0 weight 5\n}"), "test.conf").ok());
}

// Of a block that is not supported one message tells, and what stands in it changes nothing.
TEST(Compile, KeepsSilentInsideOfWhatIsNotSupported) {
  const auto result =
      compile(router("") + router("track_script { chk }", "b", 72) + script("weight 5") +
                  "vrrp_sync_group g {\ngroup { a b }\nnotify_master \"x && y\" root\n"
                  "track_script { chk weight 5\n}\nsmtp_alert\n}\n"
                  "virtual_server fwmark 7 {\nlvs_sched wrr\nlvs_method TUN type gue "
                  "port 5555 csum\npersistence_timeout\nreal_server fe80::1 {\n"
                  "SSL_GET {\nurl { path \"/a b\"\nstatus_code 200 300-302\n}\n"
                  "connect_timeout 2.5\nenable_sni\n}\n}\n}\n",
              "test.conf");
  ASSERT_EQ(result.diagnostics.all().size(), 2U) << result.report;
  EXPECT_EQ(result.diagnostics.all()[0].text, "`vrrp_sync_group` is not supported yet");
  EXPECT_EQ(result.diagnostics.all()[1].text,
            "nothing balances the traffic of `virtual_server fwmark 7`");
}

// It moves no address, so that the routers can do their work; each is told, for each has clients.
TEST(Compile, GoesOnWithoutVirtualServers) {
  const auto servers = [](int count) {
    std::string text;
    for (int i = 1; i <= count; ++i) {
      text += fmt::format("virtual_server 192.0.2.{} 80 {{\nlb_algo rr\nprotocol TCP\n", i % 250) +
              "quorum_up \"/bin/a && b\"\nreal_server 198.51.100.1 80 {\nTCP_CHECK {\n}\n}\n}\n";
    }
    return text;
  };
  const auto result = compile(router("") + servers(3), "test.conf");
  EXPECT_TRUE(result.ok()) << result.report;
  EXPECT_EQ(result.diagnostics.warnings(), 3U) << result.report;
  EXPECT_EQ(result.engine.routers_size(), 1);
  EXPECT_EQ(compile(router("") + servers(300), "test.conf").diagnostics.warnings(), 100U);
  const auto wrong = compile(router("") + "virtual_server 192.0.2.1 80 {\nlb_algo rrr\n}\n", "x");
  EXPECT_EQ(wrong.diagnostics.errors(), 1U) << "what stands in it is read all the same";
}

// As the manual of keepalived shows them.
TEST(Compile, KnowsRoutesAndRules) {
  for (const char* line :
       {"192.0.2.0/24 via 192.0.2.1 dev eth0", "src 192.0.2.9 198.51.100.0/24 via 192.0.2.1",
        "192.0.2.0/24 via 192.0.2.1 or 192.0.2.2", "blackhole 192.0.2.1/32",
        "0.0.0.0/0 gw 192.0.2.1 table 100", "default via inet6 fe80::1 dev eth0",
        "192.0.2.0/24 table 6 nexthop via 192.0.2.1 dev eth0 onlink weight 1 nexthop via 192.0.2.2",
        "2001:db8::/64 dev eth0 tos 0x04 protocol bird scope link priority 12 mtu lock 1000",
        "2001:db8::/64 dev eth0 hoplimit 100 ssthresh lock 107 realms a/0x14 rto_min 108",
        "2001:db8::/64 dev eth0 features ecn fastopen_no_cookie 1 append",
        "192.0.2.0/24 encap mpls 100/200 via 192.0.2.1"}) {
    const auto result =
        compile(router("virtual_routes { " + std::string(line) + "\n}"), "test.conf");
    EXPECT_EQ(result.diagnostics.all().size(), 1U) << result.report;
  }
  for (const char* line :
       {"from 192.0.2.0/24 table 1 track_group g", "to 192.0.2.0/24 table 1",
        "from 192.0.2.0/24 to all table small iif eth0 oif eth1 tos 22 fwmark 24/12 preference 39 "
        "realms 30/20 goto 40",
        "to 2001:db8::/112 from ::/0 l3mdev protocol 12 ip_proto UDP sport 10-20 dport 20-30"}) {
    const auto result =
        compile(router("virtual_rules { " + std::string(line) + "\n}"), "test.conf");
    EXPECT_EQ(result.diagnostics.all().size(), 1U) << result.report;
  }
}

TEST(Compile, MakesAMasterWithoutPriorityTheOwner) {
  const auto owner = good(router("state MASTER"));
  EXPECT_EQ(engine(owner).priority(), 255U);
  EXPECT_EQ(net(owner).priority_max(), 255U);
  EXPECT_TRUE(engine(owner).starts_eager());
  const auto master = good(router("state MASTER\npriority 254"));
  EXPECT_EQ(engine(master).priority(), 254U);
  EXPECT_EQ(net(master).priority_max(), 254U);
  EXPECT_EQ(net(master).priority_min(), 1U);
}

TEST(Compile, TakesOtherStatesForBackup) {
  EXPECT_FALSE(engine(good(router("state SLAVE"))).starts_eager());
  EXPECT_FALSE(engine(good(router("state master"))).starts_eager());
}

TEST(Compile, GivesKernelLeasesALittleOverTheDownInterval) {
  EXPECT_EQ(net(good(router("advert_int 1"))).kernel_lease_s(), 4U);
  EXPECT_EQ(net(good(router("advert_int 5\ndown_timer_adverts 4"))).kernel_lease_s(), 21U);
  const auto all = good("global_defs { vrrp_down_timer_adverts 5\n}\n" + router("advert_int 2"));
  EXPECT_EQ(net(all).kernel_lease_s(), 11U);
  EXPECT_EQ(engine(all).down_timer_adverts(), 5U);
}

TEST(Compile, InheritsFromGlobalDefsWhereverItStands) {
  const std::string defaults =
      "global_defs {\nvrrp_garp_master_delay 7\nvrrp_garp_master_repeat 3\n"
      "vrrp_garp_master_refresh 60\nvrrp_garp_master_refresh_repeat 2\n"
      "vrrp_mcast_group4 224.0.0.100\n}\n";
  for (const std::string& text : {defaults + router(""), router("") + defaults}) {
    const auto result = good(text);
    EXPECT_EQ(engine(result).garp().delay_ms(), 7000U);
    EXPECT_EQ(engine(result).garp().repeat(), 3U);
    EXPECT_EQ(engine(result).garp().refresh_ms(), 60'000U);
    EXPECT_EQ(engine(result).garp().refresh_repeat(), 2U);
    EXPECT_EQ(net(result).multicast_group(), Ipv4::from_text("224.0.0.100")->bytes());
  }
  const auto own = good(defaults + router("garp_master_delay 0\ngarp_master_repeat 1\n"
                                          "garp_master_refresh 0\ngarp_master_refresh_repeat 9\n"
                                          "mcast_dst_ip 224.0.0.101"));
  EXPECT_EQ(engine(own).garp().delay_ms(), 0U);
  EXPECT_EQ(engine(own).garp().repeat(), 1U);
  EXPECT_EQ(engine(own).garp().refresh_ms(), 0U);
  EXPECT_EQ(engine(own).garp().refresh_repeat(), 9U);
  EXPECT_EQ(engine(own).multicast_group(), Ipv4::from_text("224.0.0.101")->bytes());
}

TEST(Compile, ReadsPreemption) {
  EXPECT_FALSE(engine(good(router("nopreempt"))).preempt());
  EXPECT_TRUE(engine(good(router("preempt"))).preempt());
  EXPECT_EQ(engine(good(router("preempt_delay 2.5"))).preempt_delay_ms(), 2500U);
  const auto master = good(router("state MASTER\npriority 150\nnopreempt\npreempt_delay 5"));
  EXPECT_TRUE(engine(master).preempt()) << "keepalived drops it, too";
  EXPECT_EQ(engine(master).preempt_delay_ms(), 0U);
}

TEST(Compile, PadsPasswords) {
  const auto result = good(router("authentication {\nauth_type PASS\nauth_pass abc\n}"));
  EXPECT_EQ(engine(result).authentication().data(), std::string("abc\0\0\0\0\0", 8));
  EXPECT_TRUE(net(result).advertisement().ends_with(std::string("abc\0\0\0\0\0", 8)));
}

// keepalived's own bytes, but for the priority and the checksum: see vrrp_wire_test.cc.
TEST(Compile, LetsAResignedRouterAnswerOnForTheLongestSkew) {
  EXPECT_EQ(net(good(router("advert_int 5"))).resign_linger_limit_ms(), 1100U);
  EXPECT_EQ(net(good(router("version 3\nadvert_int 0.01"))).resign_linger_limit_ms(), 1100U);
  EXPECT_EQ(net(good(router("version 3\nadvert_int 5"))).resign_linger_limit_ms(), 5100U);
}

TEST(Compile, WritesTheAdvertisementThatTheHelperSends) {
  const auto without = good(router("virtual_ipaddress_excluded { 192.0.2.9 }\nadvert_int 3"));
  EXPECT_EQ(net(without).advertisement(), std::string("\x21\x47\x00\x01\x00\x03\x1c\x6d"
                                                      "\xc0\x00\x02\x47\0\0\0\0\0\0\0\0",
                                                      20));
  const auto with = good(router("authentication {\nauth_type PASS\nauth_pass 571f97b2\n}"));
  EXPECT_EQ(net(with).advertisement().substr(0, 6), std::string("\x21\x47\x00\x01\x01\x01", 6));
}

std::string bytes_of(const std::vector<std::byte>& message) {
  return {reinterpret_cast<const char*>(message.data()), message.size()};
}

TEST(Compile, TakesTheVersionFromTheInstanceOrElseFromGlobalDefs) {
  EXPECT_EQ(engine(good(router(""))).version(), 2U);
  EXPECT_EQ(engine(good(router("version 3"))).version(), 3U);
  const std::string all_3 = "global_defs { vrrp_version 3\n}\n";
  EXPECT_EQ(engine(good(router("") + all_3)).version(), 3U);
  EXPECT_EQ(engine(good(all_3 + router("version 2"))).version(), 2U);
}

TEST(Compile, RoundsTheIntervalOfVersion3AsKeepalivedDoes) {
  const auto interval = [](const std::string& text) {
    const auto result = good(router("version 3\nadvert_int " + text));
    EXPECT_EQ(net(result).advert_interval_ms(), engine(result).advert_interval_ms());
    return engine(result).advert_interval_ms();
  };
  EXPECT_EQ(interval("0.01"), 10U);
  EXPECT_EQ(interval("0.0149"), 10U);
  EXPECT_EQ(interval("0.015"), 20U);
  EXPECT_EQ(interval("0.29"), 290U) << "no binary fraction";
  EXPECT_EQ(interval("1.006"), 1010U);
  EXPECT_EQ(interval("40.95"), 40'950U);
}

// With the source 10.7.0.1 and priority 254 keepalived sends db b3 for the checksum.
TEST(Compile, WritesTheAdvertisementOfVersion3WithoutItsSource) {
  const auto text = [](const std::string& lines) {
    return "vrrp_instance a {\ninterface eth0\nvirtual_router_id 71\nversion 3\n"
           "virtual_ipaddress { 10.7.0.100/24 }\n" +
           lines + "\n}\n";
  };
  vrrp::AdvertisementV3 says{.vrid = 71,
                             .priority = 254,
                             .interval_cs = 1,
                             .addresses = {*Ipv4::from_text("10.7.0.100")},
                             .source = *Ipv4::from_text("10.7.0.1"),
                             .destination = *Ipv4::from_text("224.0.0.18")};
  EXPECT_EQ(bytes_of(encode_message(says)),
            std::string("\x31\x47\xfe\x01\x00\x01\xdb\xb3\x0a\x07\x00\x64", 12));
  says.priority = 0;
  says.source = {};
  const auto covers_all = good(text("advert_int 0.01"));
  EXPECT_EQ(net(covers_all).advertisement(), bytes_of(encode_message(says)));
  EXPECT_TRUE(net(covers_all).checksum_adds_source());

  says.checksum = vrrp::ChecksumForm::kRfc9568;
  const auto alone = good(text("advert_int 0.01\nv3_checksum_as_v2 on"));
  EXPECT_EQ(net(alone).advertisement(), bytes_of(encode_message(says)));
  EXPECT_FALSE(net(alone).checksum_adds_source());

  says.checksum = vrrp::ChecksumForm::kRfc5798;
  says.destination = *Ipv4::from_text("224.0.0.100");
  says.interval_cs = 4095;
  const auto elsewhere = good(text("mcast_dst_ip 224.0.0.100\nadvert_int 40.95"));
  EXPECT_EQ(net(elsewhere).advertisement(), bytes_of(encode_message(says)));
}

TEST(Compile, TakesTheFormOfTheChecksumFromTheInstanceOrElseFromGlobalDefs) {
  const std::string alone = "global_defs {\nv3_checksum_as_v2\n}\n";
  const auto adds_source = [](const std::string& text) {
    return net(good(text)).checksum_adds_source();
  };
  EXPECT_TRUE(adds_source(router("version 3")));
  EXPECT_TRUE(adds_source(router("version 3\nv3_checksum_as_v2 off")));
  EXPECT_FALSE(adds_source(router("version 3") + alone));
  EXPECT_TRUE(adds_source(alone + router("version 3\nv3_checksum_as_v2 off")));
  EXPECT_FALSE(adds_source(router(""))) << "version 2 covers the message alone";
  EXPECT_FALSE(adds_source(router("v3_checksum_as_v2 on")));
}

TEST(Compile, GivesTheKernelsLeaseOfVersion3InWholeSeconds) {
  EXPECT_EQ(net(good(router("version 3\nadvert_int 0.01"))).kernel_lease_s(), 2U);
  EXPECT_EQ(net(good(router("version 3\nadvert_int 0.4"))).kernel_lease_s(), 3U);
  // Beyond the down interval of a peer, whose skew is up to an interval.
  EXPECT_EQ(net(good(router("version 3\nadvert_int 2"))).kernel_lease_s(), 8U);
  EXPECT_EQ(net(good(router("version 3\nadvert_int 40.95"))).kernel_lease_s(), 164U);
}

TEST(Compile, SumsUpWhatVersion3Is) {
  EXPECT_EQ(summary(good(router(""))), "router a: VRID 71 on eth0, priority 100, 192.0.2.71/24\n");
  EXPECT_EQ(summary(good(router("version 3\nadvert_int 0.01"))),
            "router a: VRID 71 on eth0, VRRPv3 every 10 ms, priority 100, 192.0.2.71/24\n");
}

TEST(Compile, NamesTheInterfaceOfAnAddressThatIsNotOnItsRouters) {
  const auto result = good(
      "vrrp_instance a {\ninterface eth1\nvirtual_router_id 1\nvirtual_ipaddress {\n"
      "192.0.2.1/24\n192.0.2.2/24 dev eth0\n}\nvirtual_ipaddress_excluded {\n"
      "192.0.2.3/24 dev eth2\n192.0.2.4/24\n}\n}\n");
  EXPECT_EQ(net(result).interface(), "eth1");
  EXPECT_EQ(engine(result).interface(), "eth1");
  std::vector<std::string> interfaces;
  for (const auto& address : net(result).addresses()) interfaces.push_back(address.interface());
  EXPECT_THAT(interfaces, ElementsAre("", "eth0", "eth2", ""));
  EXPECT_EQ(engine(result).advertised_size(), 2) << "the excluded are not advertised";
}

TEST(Compile, KeepsTheOrderOfAddressesAndDropsRepeatedOnes) {
  const auto result = good(
      "vrrp_instance a {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n"
      "192.0.2.9/24\n192.0.2.1\n192.0.2.9/24\n}\n}\n");
  ASSERT_EQ(engine(result).advertised_size(), 2);
  EXPECT_EQ(engine(result).advertised(0).address(), Ipv4::from_text("192.0.2.9")->bytes());
  EXPECT_EQ(engine(result).advertised(1).address(), Ipv4::from_text("192.0.2.1")->bytes());
  EXPECT_EQ(engine(result).advertised(1).prefix_length(), 32U);
}

TEST(Compile, DerivesIdsFromNames) {
  const auto result = good(router("", "a", 1) + router("", "b", 2));
  EXPECT_EQ(result.net.routers(0).id(), id_of("a"));
  EXPECT_EQ(result.net.routers(1).id(), id_of("b"));
  EXPECT_EQ(result.notifier.routers(1).id(), id_of("b"));
  EXPECT_EQ(id_of("a"), 0xe40c292cU) << "FNV-1a, 32 bits";
}

TEST(Compile, AllowsAScriptBehindItsInstance) {
  const auto result = good(router("track_script { chk }") + script("weight 10"));
  ASSERT_EQ(engine(result).trackers_size(), 1);
  EXPECT_EQ(engine(result).trackers(0).weight(), 10);
  EXPECT_EQ(engine(result).trackers(0).check_id(), id_of("chk"));
}

TEST(Compile, ReadsWeights) {
  const auto own = good(script("weight -5 reverse") + router("track_script { chk }"));
  EXPECT_EQ(engine(own).trackers(0).weight(), -5);
  EXPECT_TRUE(engine(own).trackers(0).reverse());
  const auto line = good(script("weight -5 reverse") + router("track_script { chk weight 7 }"));
  EXPECT_EQ(engine(line).trackers(0).weight(), 7);
  EXPECT_FALSE(engine(line).trackers(0).reverse());
  const auto fault = good(script("") + router("track_script {\nchk weight 253 noreverse\n}"));
  EXPECT_EQ(engine(fault).trackers(0).weight(), 253);
  EXPECT_EQ(engine(good(script("") + router("track_script { chk }"))).trackers(0).weight(), 0);
}

TEST(Compile, ReadsTheTimesOfScripts) {
  const std::string tracked = router("track_script { chk }");
  const auto result = good(script("interval 0.5\ntimeout 2\nrise 3\nfall 4") + tracked);
  EXPECT_EQ(result.checker.scripts(0).interval_ms(), 500U);
  EXPECT_EQ(result.checker.scripts(0).timeout_ms(), 2000U);
  EXPECT_EQ(result.checker.scripts(0).rise(), 3U);
  EXPECT_EQ(result.checker.scripts(0).fall(), 4U);
  const auto defaults = good(script("interval 3") + tracked);
  EXPECT_EQ(defaults.checker.scripts(0).timeout_ms(), 3000U) << "the interval";
  EXPECT_EQ(defaults.checker.scripts(0).rise(), 1U);
}

TEST(Compile, LeavesOutScriptsThatNothingTracks) {
  const auto result = good(script("") + router(""));
  EXPECT_EQ(result.checker.scripts_size(), 0);
  EXPECT_EQ(result.engine.checks_size(), 0);
}

TEST(Compile, LooksIntoScriptFilesForSignalZero) {
  const ReadScript files = [](const std::string& path, size_t) -> std::optional<std::string> {
    return path == "/bin/true" ? std::optional<std::string>("#!/bin/sh\nkillall -0 x\n")
                               : std::nullopt;
  };
  const auto result = compile(script("weight -20") + router("track_script { chk }"), "x.conf",
                              {.host_name = "host", .read_script = files});
  ASSERT_TRUE(result.ok()) << result.report;
  EXPECT_TRUE(result.checker.scripts(0).signal_zero());
  EXPECT_EQ(result.diagnostics.all().front().finding.id, "HF0407");
}

TEST(Compile, ReadsNotificationsAndMail) {
  const auto result = good(
      "global_defs {\nnotification_email {\na@example\nb@example\n}\nsmtp_server mail.example "
      "2525\n"
      "smtp_connect_timeout 0.5\nsmtp_helo_name me.example\nsmtp_alert_vrrp\nrouter_id n1\n}\n" +
      router("notify_stop \"/bin/stop now\"\nnotify /bin/any\nnotify_master \"a | b\"") +
      router("smtp_alert off", "b", 52));
  const auto& first = result.notifier.routers(0);
  EXPECT_THAT(first.notify_stop().exec().argv(), ElementsAre("/bin/stop", "now"));
  EXPECT_THAT(first.notify().exec().argv(), ElementsAre("/bin/any"));
  EXPECT_EQ(first.notify_master().shell().interpreter(), "/bin/sh");
  EXPECT_TRUE(first.smtp_alert());
  EXPECT_FALSE(result.notifier.routers(1).smtp_alert());
  const auto& mail = result.notifier.mail();
  EXPECT_EQ(mail.server(), "mail.example");
  EXPECT_EQ(mail.port(), 2525U);
  EXPECT_EQ(mail.connect_timeout_ms(), 500U);
  EXPECT_EQ(mail.helo_name(), "me.example");
  EXPECT_THAT(mail.to(), ElementsAre("a@example", "b@example"));
  EXPECT_EQ(mail.router_id(), "n1");
}

TEST(Compile, LetsTheLineOfAnInstanceOverruleMailDefaults) {
  const auto off = good(
      "global_defs { smtp_alert off\nsmtp_server m\n"
      "notification_email { a@example }\n}\n" +
      router("smtp_alert yes"));
  EXPECT_TRUE(off.notifier.routers(0).smtp_alert());
  const auto vrrp = good("global_defs {\nsmtp_alert on\nsmtp_alert_vrrp no\n}\n" + router(""));
  EXPECT_FALSE(vrrp.notifier.routers(0).smtp_alert());
}

TEST(Compile, AllowsOneVridOnTwoInterfacesOrInTwoGroups) {
  const auto groups = good(router("", "a", 71) +
                           "vrrp_instance b {\ninterface eth0\n"
                           "virtual_router_id 71\nmcast_dst_ip 224.0.0.99\n"
                           "virtual_ipaddress { 192.0.2.2/24 }\n}\n");
  EXPECT_EQ(groups.engine.routers_size(), 2);
  const auto interfaces = good(router("", "a", 71) +
                               "vrrp_instance b {\ninterface eth1\n"
                               "virtual_router_id 71\nvirtual_ipaddress { 198.51.100.2/24 }\n}\n");
  EXPECT_EQ(interfaces.engine.routers_size(), 2);
}

TEST(Compile, TakesTheFormsOfRealFiles) {
  // Glued braces, a brace on its own line, one-line blocks, CR LF, tabs, no indentation.
  const auto result = good(
      "! config\r\n\r\nvrrp_instance VI_1\r\n{\r\n\tinterface eth0\r\n\tvirtual_router_id 71\r\n"
      "virtual_ipaddress{192.0.2.1/24 dev eth0}\r\nauthentication { auth_type PASS\r\n"
      "auth_pass \"a#b!c\" # comment }\r\n}\r\n}\r\nvrrp_instance \"VI 2\"{\ninterface eth0\n"
      "virtual_router_id 52\nvirtual_ipaddress{\n192.0.2.2/24\n}}\n");
  ASSERT_EQ(result.engine.routers_size(), 2);
  EXPECT_EQ(engine(result).authentication().data(), std::string("a#b!c\0\0\0", 8));
  EXPECT_EQ(result.engine.routers(1).name(), "VI 2");
}

TEST(Compile, GivesNothingAwayWhenThereIsAnError) {
  const auto result = compile(router("priority 300"), "x.conf");
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.engine.routers_size(), 0);
  EXPECT_EQ(result.net.ByteSizeLong(), 0U);
}

TEST(Compile, IsDeterministic) {
  const std::string text = read_source("tests/seed-cluster/node1.conf");
  const auto once = compile(text, "x.conf");
  const auto again = compile(text, "x.conf");
  EXPECT_EQ(once.engine.SerializeAsString(), again.engine.SerializeAsString());
  EXPECT_EQ(once.net.SerializeAsString(), again.net.SerializeAsString());
  EXPECT_EQ(once.checker.SerializeAsString(), again.checker.SerializeAsString());
  EXPECT_EQ(once.notifier.SerializeAsString(), again.notifier.SerializeAsString());
  EXPECT_EQ(once.report, again.report);
}

TEST(Compile, SurvivesTheFuzzersCorpus) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_tree() / "tests/fuzz/corpus/compile")) {
    const std::string text = read_source(entry.path());
    const auto result = compile(text, entry.path().filename());
    EXPECT_EQ(result.ok(), result.diagnostics.errors() == 0);
    EXPECT_TRUE(is_utf8(result.report)) << entry.path();
    EXPECT_FALSE(result.ok() && summary(result).empty()) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 10);
}

TEST(Compile, CutsAnyTextAnywhereWithoutHarm) {
  const std::string text = read_source("tests/seed-cluster/node1.conf");
  for (size_t size = 0; size < text.size(); ++size) {
    const auto result = compile(text.substr(0, size), "x.conf");
    EXPECT_LE(result.diagnostics.errors(), 6U) << size << "\n" << result.report;
  }
}

TEST(Compile, ManyUnknownWordsCostLittle) {
  std::string words;
  for (int i = 100; i < 900; ++i) words += fmt::format("virtual_router_i{}\n", i);
  const auto result = compile(router(words), "x.conf");
  const auto searched = std::ranges::count_if(
      result.diagnostics.all(), [](const Diagnostic& one) { return !one.helps.empty(); });
  EXPECT_GE(result.diagnostics.errors(), 800U);
  EXPECT_EQ(searched, 200);
}

TEST(Compile, ManyUndefinedScriptsCostLittle) {
  std::string names;
  for (int i = 0; i < 300; ++i) names += fmt::format("chkk{}\n", i);
  const auto result = compile(script("") + router("track_script {\n" + names + "}\n"), "x.conf");
  const auto searched = std::ranges::count_if(
      result.diagnostics.all(), [](const Diagnostic& one) { return !one.helps.empty(); });
  EXPECT_EQ(result.diagnostics.errors(), 300U) << result.report;
  EXPECT_EQ(searched, 100);
}

TEST(Compile, ReadsAScriptOnceHoweverManyRunIt) {
  std::string text;
  std::string names;
  for (int i = 0; i < 50; ++i) {
    text += fmt::format("vrrp_script s{} {{\nscript /check\n}}\n", i);
    names += fmt::format("s{}\n", i);
  }
  int reads = 0;
  CompileOptions options;
  options.read_script = [&](const std::string&, size_t) {
    ++reads;
    return std::optional<std::string>("#!/bin/sh\nkill -0 1\n");
  };
  const auto result = compile(text + router("track_script {\n" + names + "}\n"), "x.conf", options);
  EXPECT_TRUE(result.ok()) << result.report;
  EXPECT_EQ(result.checker.scripts_size(), 50);
  EXPECT_TRUE(result.checker.scripts(49).signal_zero());
  EXPECT_LE(reads, 2) << "once for what it says, once for signal 0";
}

TEST(Compile, ShowsALongLineAsOftenAsItHasMistakes) {
  std::string text = "\"" + std::string(500, 'a') + "\u00e4\" ";
  for (int i = 0; i < 30; ++i) text += "} ";
  const auto result = compile(text + "\n} \n", "x.conf");
  std::string each;
  for (const Diagnostic& one : result.diagnostics.all()) {
    each += render(one, result.sources) + "\n";
  }
  EXPECT_GT(result.diagnostics.errors(), 30U);
  EXPECT_TRUE(result.report.starts_with(each));
}

TEST(Compile, ManyBracesCostLittle) {
  EXPECT_FALSE(compile(std::string(200'000, '{'), "x.conf").ok());
  EXPECT_FALSE(compile(std::string(200'000, '}'), "x.conf").ok());
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "a{\n";
  EXPECT_FALSE(compile(nested, "x.conf").ok());
}

}  // namespace
}  // namespace holdfast::config
