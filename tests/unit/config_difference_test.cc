// What a reload would do, in words. The other side of these sentences is tested where the processes
// reload: engine_engine_test, net_policy_test, checker_process_test.
#include "config/difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/compile.h"

namespace holdfast::config {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kText = R"(
global_defs {
    notification_email { root@localhost }
    smtp_server 127.0.0.1
}
vrrp_script chk {
    script "/bin/true"
    interval 1
    weight -5
}
vrrp_instance a {
    interface eth0
    virtual_router_id 51
    priority 100
    authentication {
        auth_type PASS
        auth_pass hunter22
    }
    virtual_ipaddress {
        10.0.0.1/24
        10.0.0.2/24
    }
    track_script { chk }
    notify "/bin/tell"
}
vrrp_instance b {
    interface eth0
    virtual_router_id 52
    virtual_ipaddress { 10.0.0.3/24 }
}
)";

Compiled compiled_from(const std::string& text) {
  const auto result = compile(text, "x.conf", {.host_name = "host", .read_script = {}});
  EXPECT_TRUE(result.ok()) << result.report << text;
  return {result.engine, result.net, result.checker, result.notifier};
}

std::string with(std::string text, std::string_view old_words, std::string_view new_words) {
  const size_t at = text.find(old_words);
  EXPECT_NE(at, std::string::npos) << old_words;
  return text.replace(at, old_words.size(), new_words);
}

// What changes when these words do.
Difference changed(std::string_view old_words, std::string_view new_words) {
  const std::string text(kText);
  return difference(compiled_from(text), compiled_from(with(text, old_words, new_words)));
}

TEST(Difference, OfTheSameIsNothing) {
  const auto same = changed("\n", "# a comment\n\n");
  EXPECT_THAT(same.changes, IsEmpty());
  EXPECT_THAT(same.untouched,
              ElementsAre("router a: untouched", "router b: untouched",
                          "check chk: untouched, it goes on with the verdict that it has",
                          "mail: untouched"));
}

TEST(Difference, TellsAPriorityAndLeavesTheOthersAlone) {
  const auto result = changed("priority 100", "priority 90");
  EXPECT_THAT(result.changes, ElementsAre("router a: priority 100 -> 90 at the next advertisement, "
                                          "no transition by itself"));
  EXPECT_THAT(result.untouched, Contains("router b: untouched"));
}

TEST(Difference, TellsAddresses) {
  EXPECT_THAT(changed("10.0.0.2/24\n", "10.0.0.2/24\n10.0.0.9/24\n").changes,
              ElementsAre("router a: address 10.0.0.9/24 on eth0 added: announced at once where it "
                          "is Active"));
  EXPECT_THAT(changed("        10.0.0.2/24\n", "").changes,
              ElementsAre("router a: address 10.0.0.2/24 on eth0 removed: taken away at once"));
  EXPECT_THAT(changed("10.0.0.1/24\n        10.0.0.2/24", "10.0.0.2/24\n10.0.0.1/24").changes,
              ElementsAre(HasSubstr("the order of the advertised addresses changes")));
  EXPECT_THAT(
      changed("10.0.0.2/24\n    }", "}\nvirtual_ipaddress_excluded { 10.0.0.2/24 }").changes,
      ElementsAre("router a: address 10.0.0.2/24 on eth0 stays, but is advertised no more"));
}

TEST(Difference, TellsARouterThatIsAnotherOneToItsPeers) {
  EXPECT_THAT(changed("virtual_router_id 52", "virtual_router_id 53").changes,
              ElementsAre("router b: VRID 52 -> 53: it is stopped and started (peers take over "
                          "meanwhile)"));
  const auto moved = changed("interface eth0", "interface eth1");
  EXPECT_THAT(moved.changes,
              Contains(StartsWith("router a: interface eth0 -> eth1: it is stopped")));
  EXPECT_THAT(moved.changes, Contains("interface eth1: needed from now on"));
}

TEST(Difference, TellsRoutersThatComeAndGo) {
  const auto result = changed("vrrp_instance b", "vrrp_instance c");
  EXPECT_THAT(
      result.changes,
      ElementsAre("router b: removed: it resigns, and gives up 10.0.0.3/24 on eth0",
                  "router c: added, it starts as Backup and listens first: VRID 52 on eth0, "
                  "priority 100, 10.0.0.3/24 on eth0"));
}

TEST(Difference, NeverShowsAPassword) {
  const auto result = changed("auth_pass hunter22", "auth_pass hunter33");
  EXPECT_THAT(result.changes, ElementsAre(StartsWith("router a: the password changes at once")));
  const auto removed = changed("vrrp_instance a", "vrrp_instance other");
  EXPECT_THAT(removed.changes, Each(Not(HasSubstr("hunter"))));
  const auto ended =
      changed("authentication {\n        auth_type PASS\n        auth_pass hunter22\n    }", "");
  EXPECT_THAT(ended.changes, ElementsAre(StartsWith("router a: authentication ends at once")));
}

TEST(Difference, TellsWhatBecomesOfAVerdict) {
  EXPECT_THAT(
      changed("interval 1", "interval 2").changes,
      ElementsAre("check chk: interval 1 s -> 2 s, timeout 1 s -> 2 s: it is begun anew, and "
                  "its last verdict counts until the first result"));
  const auto weight = changed("weight -5", "weight 5");
  EXPECT_THAT(weight.changes,
              ElementsAre("router a: check chk: weight -5 -> weight 5, counted anew at once"));
  EXPECT_THAT(weight.untouched, Contains(StartsWith("check chk: untouched")));
  const auto untracked = changed("    track_script { chk }\n", "");
  EXPECT_THAT(untracked.changes, Contains(StartsWith("router a: no longer tracks check chk")));
  EXPECT_THAT(untracked.changes, Contains(StartsWith("check chk: removed")));
}

TEST(Difference, TellsThatACheckNeedsARightThatWasGivenUp) {
  EXPECT_THAT(changed("/bin/true", "killall -0 nginx").changes,
              AllOf(Contains(HasSubstr("it may send signal 0 to any process now")),
                    Contains(StartsWith("checker: it gave up the right to send signal 0"))));
}

TEST(Difference, TellsWhomItTells) {
  EXPECT_THAT(changed("/bin/tell", "/bin/shout").changes,
              ElementsAre("router a: notify `/bin/tell` -> `/bin/shout`, from the next transition "
                          "on"));
  EXPECT_THAT(changed("root@localhost", "ops@localhost").changes,
              ElementsAre("mail: new mail goes to root@localhost -> ops@localhost"));
  EXPECT_THAT(changed("127.0.0.1", "127.0.0.2").changes,
              ElementsAre(StartsWith("mail: mail that waits goes through another server, too:")));
  EXPECT_THAT(changed("    smtp_server", "    router_id other\n    smtp_server").changes,
              Contains("`holdfast status` calls this system host -> other"));
}

Difference changed_router(const std::string& before, const std::string& next) {
  const auto with = [](const std::string& lines) {
    return compiled_from(
        "vrrp_instance a {\ninterface eth0\nvirtual_router_id 52\n"
        "virtual_ipaddress { 10.0.0.3/24 }\n" +
        lines + "\n}\n");
  };
  return difference(with(before), with(next));
}

TEST(Difference, TellsWhatAnIntervalDoesInItsVersion) {
  EXPECT_THAT(changed_router("advert_int 1", "advert_int 2").changes,
              Contains("router a: advertisement interval 1 s -> 2 s at once; peers with another "
                       "interval discard its advertisements"));
  EXPECT_THAT(changed_router("version 3", "version 3\nadvert_int 0.01").changes,
              Contains("router a: advertisement interval 1 s -> 10 ms at once; where it is Active "
                       "its peers learn it, as it does from them"));
}

TEST(Difference, TellsTheFormOfTheChecksum) {
  EXPECT_THAT(changed_router("version 3", "version 3\nv3_checksum_as_v2").changes,
              ElementsAre("router a: its checksum covers the message alone (RFC 9568), from the "
                          "next advertisement on; keepalived without `v3_checksum_as_v2` discards "
                          "it"));
  EXPECT_THAT(changed_router("version 3\nv3_checksum_as_v2", "version 3").changes,
              ElementsAre(StartsWith("router a: its checksum covers the addresses of its packets "
                                     "as well (RFC 5798), from")));
  EXPECT_THAT(changed_router("version 2", "version 3").changes,
              ElementsAre("router a: VRRP version 2 -> 3: it is stopped and started (peers take "
                          "over meanwhile)"));
}

// Whatever differs in the messages is a change in words, too.
TEST(Difference, OverlooksNothing) {
  constexpr std::pair<const char*, const char*> kChanges[] = {
      {"priority 100", "priority 255"},
      {"priority 100", "priority 100\nadvert_int 2"},
      {"priority 100", "priority 100\nnopreempt"},
      {"priority 100", "priority 100\npreempt_delay 3"},
      {"priority 100", "priority 100\nstate MASTER"},
      {"priority 100", "priority 100\nsmtp_alert"},
      {"priority 100", "priority 100\ndown_timer_adverts 5"},
      {"priority 100", "priority 100\ngarp_master_refresh 60"},
      {"priority 100", "priority 100\nmcast_dst_ip 224.0.0.99"},
      {"weight -5", "weight -5\nrise 3"},
      {"weight -5", "weight -5\nfall 3"},
      {"weight -5", "weight -5\ntimeout 5"},
      {"chk }", "chk weight 7 }"},
      {"smtp_server", "smtp_connect_timeout 9\nsmtp_server"},
      {"smtp_server", "smtp_helo_name x.example\nsmtp_server"},
      {"smtp_server", "notification_email_from x@y\nsmtp_server"},
      {"smtp_server", "vrrp_garp_master_repeat 2\nsmtp_server"},
  };
  for (const auto& [old_words, new_words] : kChanges) {
    EXPECT_FALSE(changed(old_words, new_words).changes.empty()) << new_words;
  }
}

}  // namespace
}  // namespace holdfast::config
