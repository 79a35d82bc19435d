// One mistake is one message.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/compile.h"

namespace holdfast::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "HF0101:9": what is said of it, and of which line.
std::vector<std::string> said_of(const std::string& text) {
  const auto result = compile(text, "x.conf", {.host_name = "host"});
  std::vector<std::string> said;
  for (const Diagnostic& one : result.diagnostics.all()) {
    said.push_back(fmt::format("{}:{}", one.finding.id, one.place.line));
  }
  return said;
}

std::string report_of(const std::string& text) {
  return compile(text, "x.conf", {.host_name = "host"}).report;
}

// A router with these lines, the first of which is line 1.
std::string router(const std::string& lines, const std::string& addresses = "192.0.2.10/24") {
  return fmt::format(
      "vrrp_instance a {{ {}\n interface eth0\n virtual_router_id 73\n priority 99\n"
      " virtual_ipaddress {{\n {}\n }}\n}}\n",
      lines, addresses);
}

std::string global(const std::string& lines) {
  return "global_defs { " + lines + "\n}\n" + router("");
}

TEST(OneMistake, IsAConditionWithoutItsId) {
  EXPECT_THAT(said_of(router("\n@^ node1 advert_int 2")), ElementsAre("HF0101:2"));
  EXPECT_THAT(report_of(router("\n@^ node1 advert_int 2")), HasSubstr("write `@^node1`"));
  EXPECT_THAT(said_of(router("\n@^ advert_int 2")), ElementsAre("HF0509:2"));
}

TEST(OneMistake, IsASignBehindAFreeWord) {
  EXPECT_THAT(said_of(global("\nrouter_id foo;")), ElementsAre("HF0218:2"));
  EXPECT_THAT(said_of(global("\nrouter_id foo,")), ElementsAre("HF0218:2"));
  EXPECT_THAT(said_of(global("\nrouter_id \"foo;\"")), IsEmpty());
  EXPECT_THAT(said_of(global("\nrouter_id ;")), ElementsAre("HF0218:2"));
  EXPECT_THAT(said_of(global("\nsmtp_server 192.0.2.1; 25")), ElementsAre("HF0218:2"));
  EXPECT_THAT(said_of(global("\nnotification_email {\na@b.de,\nc@b.de\n}")),
              ElementsAre("HF0218:3"));
  EXPECT_THAT(said_of(router("\nauthentication {\nauth_type PASS\nauth_pass x7Kp;\n}")),
              ElementsAre("HF0218:4"));
  EXPECT_THAT(said_of(router("\nstate BACKUP;")), ElementsAre("HF0213:2"));
  EXPECT_THAT(said_of(router("", "192.0.2.10/24;")), ElementsAre("HF0209:6"));
}

TEST(OneMistake, IsAMailServerThatCannotBeRead) {
  EXPECT_THAT(said_of(global("\nsmtp_server 192.0.2.1 99999\nsmtp_alert\n"
                             "notification_email { a@b.de }")),
              ElementsAre("HF0204:2"));
  EXPECT_THAT(said_of(global("\nsmtp_server\nsmtp_alert\nnotification_email { a@b.de }")),
              ElementsAre("HF0201:2"));
  EXPECT_THAT(said_of(global("\nsmtp_server 192.0.2.1\nsmtp_alert\n")), ElementsAre("HF0314:3"));
  // What is missing is missing once.
  const std::string other =
      "vrrp_instance b {\n interface eth1\n virtual_router_id 74\n"
      " smtp_alert\n virtual_ipaddress { 192.0.2.11/24 }\n}\n";
  EXPECT_THAT(said_of(router("\nsmtp_alert") + other), ElementsAre("HF0314:2"));
}

TEST(OneMistake, IsANameThatNothingDefines) {
  EXPECT_THAT(said_of(router("\nadvert_int ${X:-1}\ngarp_master_delay ${X:-1}")),
              ElementsAre("HF0510:2"));
  EXPECT_THAT(said_of(router("\nadvert_int ${X:-1}\ngarp_master_delay ${Y:-1}")),
              ElementsAre("HF0510:2", "HF0510:3"));
  EXPECT_THAT(said_of(router("\nadvert_int ${X}\ngarp_master_delay ${X}")),
              ElementsAre("HF0510:2"));
}

TEST(OneMistake, IsADoubledBrace) {
  const std::string more = router("");
  EXPECT_THAT(said_of("global_defs { {\n router_id foo\n}\n}\n" + more), ElementsAre("HF0108:1"));
  EXPECT_THAT(said_of("global_defs {\n{\n router_id foo\n}\n}\n" + more), ElementsAre("HF0108:2"));
  EXPECT_THAT(said_of("global_defs { {\n router_id foo\n}\n" + more), ElementsAre("HF0108:1"));
  EXPECT_THAT(said_of("global_defs {{\n router_id foo\n}\n" + more), ElementsAre("HF0108:1"));
  EXPECT_THAT(said_of("global_defs { {\n router_id foo\n}}\n" + more), ElementsAre("HF0108:1"));
  EXPECT_THAT(said_of("global_defs { {\n}\n" + more), ElementsAre("HF0108:1"));
  EXPECT_THAT(said_of("vrrp_instance a { {" + more.substr(more.find('{') + 1)),
              ElementsAre("HF0108:1"));
  EXPECT_THAT(said_of("vrrp_instance a { {" + more.substr(more.find('{') + 1) + more),
              ElementsAre("HF0108:1", "HF0305:9"));
}

TEST(OneMistake, IsUnicast) {
  EXPECT_THAT(said_of(router("\nunicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.2\n}")),
              ElementsAre("HF0109:2"));
  EXPECT_THAT(said_of(router("\nunicast_peer {\n192.0.2.2\n}\nunicast_src_ip 192.0.2.1")),
              ElementsAre("HF0109:2"));
  const std::string other =
      "vrrp_instance b {\n interface eth1\n virtual_router_id 74\n"
      " unicast_peer {\n 192.0.2.2\n }\n"
      " virtual_ipaddress { 192.0.2.11/24 }\n}\n";
  EXPECT_THAT(said_of(router("\nunicast_src_ip 192.0.2.1") + other),
              ElementsAre("HF0109:2", "HF0109:13"));
}

TEST(OneMistake, IsTheValueOfWhatHasNoEffectAnyway) {
  EXPECT_THAT(said_of(global("\nenable_script_security 0")), ElementsAre("HF0111:2"));
  EXPECT_THAT(said_of(global("\nenable_script_security 1")), ElementsAre("HF0111:2"));
  EXPECT_THAT(said_of(global("\nenable_script_security off")), ElementsAre("HF0111:2"));
  EXPECT_THAT(said_of(global("\nvrrp_strict 1")), ElementsAre("HF0109:2"));
  EXPECT_THAT(said_of(global("\nenable_script_security for sure")),
              ElementsAre("HF0111:2", "HF0202:2"));
  EXPECT_THAT(said_of(router("\nnopreempt 0")), ElementsAre("HF0202:2"));
}

TEST(OneMistake, IsAPrefixThatAllAddressesLack) {
  const std::string three = "192.0.2.10\n192.0.2.11 dev eth1\n192.0.2.12";
  EXPECT_THAT(said_of(router("", three)), ElementsAre("HF0401:6"));
  EXPECT_THAT(report_of(router("", three)), HasSubstr("so do 2 more addresses"));
  EXPECT_THAT(said_of(router("", "192.0.2.10/24\n192.0.2.11")), ElementsAre("HF0401:7"));
  EXPECT_THAT(said_of(router("\nvirtual_ipaddress_excluded { 192.0.2.9\n }", "192.0.2.10")),
              ElementsAre("HF0401:2"));
}

TEST(OneMistake, IsATemplateThatWasNotFilledIn) {
  EXPECT_THAT(said_of(router("\nadvert_int {{ interval }}\nstate {{ state }}")),
              ElementsAre("HF0115:2"));
}

TEST(OneMistake, IsCountedInTheLastLine) {
  const std::string report = report_of(router("", "192.0.2.10"));
  EXPECT_TRUE(report.ends_with("x.conf: 0 errors, 0 warnings, 1 lint\n")) << report;
  EXPECT_THAT(report_of(router("\nstate SLAVE")), HasSubstr("x.conf: 0 errors, 1 warning\n"));
  EXPECT_EQ(report_of(router("")), "");
}

}  // namespace
}  // namespace holdfast::config
