// Mistakes and habits of real configurations, made as small as they get: what is said of each, and
// that nothing else is.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/compile.h"

namespace holdfast::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CompileResult compiled(const std::string& text) {
  return compile(text, "x.conf", {.host_name = "host", .read_script = {}});
}

// "HF0101:3" of each error and warning.
std::vector<std::string> told(const std::string& text) {
  std::vector<std::string> all;
  const auto result = compiled(text);
  for (const Diagnostic& one : result.diagnostics.all()) {
    const bool counts = one.finding.severity <= Severity::kWarning;
    if (counts) all.push_back(fmt::format("{}:{}", one.finding.id, one.place.line));
  }
  return all;
}

// Lines 1 to 4, what is asked for from line 5 on.
std::string router(const std::string& lines, const std::string& name = "a", int vrid = 71) {
  return fmt::format(
      "vrrp_instance {} {{\ninterface eth0\nvirtual_router_id {}\n"
      "virtual_ipaddress {{ 192.0.2.{}/24 }}\n{}\n}}\n",
      name, vrid, vrid, lines);
}

TEST(Field, VersionThreeMayAdvertiseFasterThanEachSecond) {
  EXPECT_THAT(told(router("version 3\nadvert_int 0.1")), ElementsAre("HF0109:5"));
  EXPECT_THAT(told("global_defs { vrrp_version 3 }\n" + router("advert_int 0.1")),
              ElementsAre("HF0109:1"));
  EXPECT_THAT(told("global_defs { vrrp_version 3 }\n" + router("version 2\nadvert_int 0.1")),
              ElementsAre("HF0109:1", "HF0308:7"));
}

TEST(Field, VridsOfIpv4AndIpv6AreApart) {
  const std::string other =
      "vrrp_instance b {\ninterface eth0\nvirtual_router_id 71\n"
      "virtual_ipaddress { 2001:db8::1/64 }\n}\n";
  EXPECT_THAT(told(router("") + other), ElementsAre("HF0109:10"));
  EXPECT_THAT(told(router("") + router("", "b")), ElementsAre("HF0304:9"));
}

TEST(Field, AScriptWithoutANameMayBeTheOneThatIsTracked) {
  EXPECT_THAT(told("vrrp_script {\nscript /bin/true\n}\n" + router("track_script { chk }")),
              ElementsAre("HF0201:1"));
}

TEST(Field, AnInstanceThatHasLostItsInterfaceTracksNoOther) {
  const std::string text =
      "interface eth0\nvrrp_instance a {\nvirtual_router_id 71\n"
      "virtual_ipaddress { 192.0.2.1/24 }\ntrack_interface { eth0 }\n}\n";
  EXPECT_THAT(told(text), ElementsAre("HF0102:1"));
}

TEST(Field, AnUmaskIsOneWordOrBitsWithBarsBetween) {
  EXPECT_THAT(told("global_defs {\numask IWGRP | IWOTH\n}\n" + router("")), IsEmpty());
}

}  // namespace
}  // namespace holdfast::config
