// Mistakes and habits of real configurations, made as small as they get: what is said of each, and
// that nothing else is.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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
  const std::string all_3 = "global_defs { vrrp_version 3 }\n";
  EXPECT_THAT(told(router("version 3\nadvert_int 0.1")), IsEmpty());
  EXPECT_THAT(told(all_3 + router("advert_int 0.1")), IsEmpty());
  EXPECT_THAT(told(router("advert_int 0.1") + all_3), IsEmpty()) << "wherever it stands";
  EXPECT_THAT(told(all_3 + router("version 2\nadvert_int 0.1")), ElementsAre("HF0308:7"));
  EXPECT_THAT(compiled(router("advert_int 0.1")).report, HasSubstr("or `version 3`"));
}

TEST(Field, AVersionThatCannotBeReadIsNotTakenForTheDefault) {
  for (const char* version : {"version 4", "version three", "verson 3"}) {
    EXPECT_EQ(told(router(std::string(version) + "\nadvert_int 0.1")).size(), 1U) << version;
    const std::string general = fmt::format("global_defs {{ vrrp_{}\n}}\n", version);
    EXPECT_EQ(told(general + router("advert_int 0.1")).size(), 1U) << version;
  }
}

TEST(Field, VersionThreeHasStepsOfTenMilliseconds) {
  const auto of = [](const std::string& interval) {
    return told(router("version 3\nadvert_int " + interval));
  };
  for (const char* interval : {"0.01", "0.02", "0.29", "1", "1.5", "40.95"}) {
    EXPECT_THAT(of(interval), IsEmpty()) << interval;
  }
  EXPECT_THAT(told(router("version 3")), IsEmpty());
  for (const char* interval : {"0.014", "0.015", "1.004", "40.954"}) {
    EXPECT_THAT(of(interval), ElementsAre("HF0328:6")) << interval;
  }
  for (const char* interval : {"40.955", "40.96", "41", "255"}) {
    EXPECT_THAT(of(interval), ElementsAre("HF0329:6")) << interval;
  }
  for (const char* interval : {"0", "0.004", "0.009", "256"}) {
    EXPECT_THAT(of(interval), ElementsAre("HF0204:6")) << interval;
  }
  EXPECT_THAT(compiled(router("version 3\nadvert_int 0.015")).report,
              HasSubstr("write `advert_int 0.02`"));
}

// Whatever stands in it: keepalived does not look either.
TEST(Field, VersionThreeIgnoresAuthentication) {
  for (const char* lines : {"auth_type PASS\nauth_pass x7Kp2mQ9", "auth_type AH\nauth_pass 1234",
                            "auth_type PASS", "auth_pass x7Kp2mQ9beyond", "auth_pass x7#Kp"}) {
    const std::string block = fmt::format("authentication {{\n{}\n}}", lines);
    EXPECT_THAT(told(router("version 3\n" + block)), ElementsAre("HF0330:6")) << lines;
    const auto late = compiled(router(block) + "global_defs { vrrp_version 3 }\n");
    ASSERT_TRUE(late.ok()) << late.report;
    EXPECT_EQ(late.diagnostics.all().size(), 1U) << late.report;
    EXPECT_FALSE(late.engine.routers(0).has_authentication()) << lines;
  }
}

TEST(Field, TheChecksumOfVersionThreeMeansNothingToVersionTwo) {
  EXPECT_THAT(told(router("v3_checksum_as_v2 on")), IsEmpty());
  EXPECT_THAT(compiled(router("v3_checksum_as_v2 on")).report, HasSubstr("note[HF0111]"));
  for (const char* fine : {"v3_checksum_as_v2 off", "version 3\nv3_checksum_as_v2"}) {
    EXPECT_THAT(compiled(router(fine)).report, IsEmpty()) << fine;
  }
  const std::string general = "global_defs {\nv3_checksum_as_v2 on\n}\n";
  EXPECT_THAT(compiled(general + router("")).report, IsEmpty()) << "another router may speak it";
}

TEST(Field, VridsOfIpv4AndIpv6AreApart) {
  const std::string other =
      "vrrp_instance b {\ninterface eth0\nvirtual_router_id 71\n"
      "virtual_ipaddress { 2001:db8::1/64 }\n}\n";
  EXPECT_THAT(told(router("") + other), ElementsAre("HF0109:10"));
  EXPECT_THAT(told(router("") + router("", "b")), ElementsAre("HF0304:9"));
}

TEST(Field, AnAddressBelongsToOneRouterWhateverTheNumbers) {
  const std::string other =
      "vrrp_instance b {\ninterface eth1\nvirtual_router_id 71\n"
      "virtual_ipaddress { 192.0.2.71/24 dev eth0 }\n}\n";
  EXPECT_THAT(told(router("") + other), ElementsAre("HF0331:10"));
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

TEST(Field, OtherBracketsStandForABrace) {
  for (const char* bracket : {"(", "[", "<", "\xEF\xBD\x9B"}) {
    const std::string text = fmt::format(
        "vrrp_instance a {}\ninterface eth0\nvirtual_router_id 71\n"
        "virtual_ipaddress {}\n192.0.2.1/24\n}}\n}}\n",
        bracket, "{");
    EXPECT_THAT(told(text), ElementsAre("HF0103:1")) << bracket;
    EXPECT_THAT(compiled(text).report, HasSubstr(fmt::format("in the place of `{}`", bracket)));
  }
  EXPECT_THAT(
      told(router("track_script(\n}") + router("}\nvrrp_script chk<\nscript /bin/true", "b", 72)),
      ElementsAre("HF0103:5", "HF0103:13"));
  EXPECT_THAT(told(router("unicast_peer [\n192.0.2.9\n}")), ElementsAre("HF0103:5", "HF0109:5"));
}

TEST(Field, AnEmptyBlockThatHasLostItsBraceKeepsTheOther) {
  EXPECT_THAT(told(router("    track_script\n    # none yet\n    }")), ElementsAre("HF0103:5"));
}

TEST(Field, TheEndOfAFileIsLostOnce) {
  const std::string text = router("");
  const std::string cut = text + "vrrp_instance b {\ninterface eth0\nauthentication {\n";
  EXPECT_THAT(told(cut), ElementsAre("HF0104:7"));
  EXPECT_THAT(compiled(cut).report, HasSubstr("nor is this one"));
}

TEST(Field, ALineMovedBehindABlockIsNoLostBrace) {
  const std::string text = router("") + "priority 90\n" + router("", "b", 72);
  EXPECT_THAT(told(text), ElementsAre("HF0112:6"));
}

TEST(Field, OneBraceTooManyIsTheOnlyOne) {
  const std::string text = router("") +
                           "}\nvrrp_script chk {\n  script /bin/true\n  interval 5\n    }\n" +
                           router("  track_script {\n    chk\n      }\n", "b", 72);
  EXPECT_THAT(told(text), ElementsAre("HF0105:7"));
}

TEST(Field, ABlockThatMayStandInTheFileTooBelongsToWhatABraceHasEndedTooEarly) {
  const std::string text =
      "track_file load { file /run/load }\n" + router("  }\n  track_file {\n    load\n  }");
  EXPECT_THAT(told(text), ElementsAre("HF0109:1", "HF0112:6", "HF0109:7"));
}

TEST(Field, OfAMergeTheFirstVersionIsRead) {
  const std::string merged =
      "<<<<<<< HEAD\npriority 50\n||||||| base\npriority 30\n=======\npriority 300\n"
      "authentication {\n>>>>>>> other\n";
  EXPECT_THAT(told(router(merged)), ElementsAre("HF0101:5"));
  EXPECT_THAT(told(router("track_script {\n<<<<<<< HEAD\nchk\n=======\nother\n>>>>>>> x\n}")),
              ElementsAre("HF0101:6", "HF0306:7"));
  EXPECT_THAT(told("vrrp_sync_group g {\n<<<<<<< HEAD\n=======\n>>>>>>> other\n}\n" + router("")),
              ElementsAre("HF0109:1", "HF0101:2"));
  EXPECT_THAT(told(router("=======")), ElementsAre("HF0101:5"));
}

TEST(Field, ANameInAListMustBeThatOfSomething) {
  const auto group = [](const std::string& lines) {
    return "vrrp_sync_group g {\n" + lines + "\n}\n" + router("");
  };
  EXPECT_THAT(told(group("group { a b }")), ElementsAre("HF0109:1", "HF0327:2"));
  EXPECT_THAT(told(group("group {\nb\nc\n}")), ElementsAre("HF0109:1", "HF0327:3", "HF0327:4"));
  EXPECT_THAT(told(group("group { a }\ntrack_script { chk }")),
              ElementsAre("HF0109:1", "HF0327:3"));
  EXPECT_THAT(told("track_group g {\ngroup { b }\n}\n" + router("")),
              ElementsAre("HF0109:1", "HF0327:2"));
  EXPECT_THAT(told("track_file f {\n}\n" + router("track_file {\nf weight 1\nff\n}")),
              ElementsAre("HF0109:1", "HF0109:7", "HF0327:9"));
  EXPECT_THAT(told("bfd_instance f {\n}\n" + router("track_bfd {\ng\n}")),
              ElementsAre("HF0109:1", "HF0109:7", "HF0327:8"));
  EXPECT_THAT(compiled(group("group {\nA\n}")).report, HasSubstr("did you mean `a`?"));
  // It may stand where nothing could be read, or be one that has lost its name.
  for (const char* hidden : {"include /no/such/file\n", "foo b {\n}\n", "vrrp_instance {\n}\n"}) {
    const auto ids = told(group("group { b }") + hidden);
    EXPECT_EQ(std::ranges::count(ids, "HF0327:2"), 0) << hidden;
  }
}

TEST(Field, AnUnknownKeywordHidesOnlyWhatItMayMean) {
  const auto without_interface = [](const std::string& line) {
    return "vrrp_instance a {\n" + line +
           "\nvirtual_router_id 71\nvirtual_ipaddress { 192.0.2.1/24 }\n}\n";
  };
  for (const char* line : {"blubber foo", "fullnat", "advert_int=1"}) {
    EXPECT_THAT(told(without_interface(line)), ElementsAre("HF0301:1", "HF0101:2")) << line;
  }
  for (const char* line : {"interfce eth0", "iface eth0", "dev eth0", "interface=eth0"}) {
    EXPECT_THAT(told(without_interface(line)), ElementsAre("HF0101:2")) << line;
  }
  EXPECT_THAT(told("vrrp_instance a {\ninterface eth0\nvrid 71\n"
                   "virtual_ipaddress { 192.0.2.1/24 }\n}\n"),
              ElementsAre("HF0101:3"));
  EXPECT_THAT(told("global_defs {\nuse_vmac\n}\n" + without_interface("")),
              ElementsAre("HF0102:2", "HF0301:4"));
  EXPECT_THAT(told("global_defs {\ninterface eth0\n}\n" + without_interface("")),
              ElementsAre("HF0102:2"));
}

TEST(Field, AnOptionThatIsNotSupportedHidesNoBadAddress) {
  const auto address = [](const std::string& line) {
    return told(router("virtual_ipaddress_excluded {\n" + line + "\n}"));
  };
  EXPECT_THAT(address("10.0..1/24 no_track"), ElementsAre("HF0208:6", "HF0109:6"));
  EXPECT_THAT(address("10.0.0.1/44 no_track"), ElementsAre("HF0209:6", "HF0109:6"));
  EXPECT_THAT(address("10.0.0.1/24 no_track"), ElementsAre("HF0109:6"));
  EXPECT_THAT(address("fe80::1/64 no_track"), ElementsAre("HF0109:6"));
}

TEST(Field, AnAddressIsNoInterface) {
  const auto on = [](const std::string& name) {
    return told("vrrp_instance a {\ninterface " + name +
                "\nvirtual_router_id 71\nvirtual_ipaddress { 192.0.2.1/24 }\n}\n");
  };
  for (const char* name : {"192.168.1.1", "192.168.1.1/24", "192.168.1", "192.168..1", "fe80::1",
                           "averyveryverylongname"}) {
    EXPECT_THAT(on(name), ElementsAre("HF0210:2")) << name;
  }
  for (const char* name : {"eth0.100", "vlan.1", "1", "br-10.0"}) {
    EXPECT_THAT(on(name), IsEmpty()) << name;
  }
  EXPECT_THAT(told(router("track_interface {\n192.0.2.1\n}")), ElementsAre("HF0210:6"));
}

TEST(Field, ATemplateIsToldOnce) {
  const std::string text =
      "{# a note\n#}\nglobal_defs {\nrouter_id HA_{{ type }}\n}\n"
      "{% for one in all: %}\nvrrp_instance VI_{{ one.name }} {\ninterface {{ one.nic }}\n"
      "{% if one.name != 'x' %}   {{ one.more }}\n{% endif %}\n"
      "priority {% if one.first %}128{% else %}100{% endif %}\n"
      "virtual_ipaddress { {% for ip in one.all: %}\n{{ ip }}{% endfor %}\n}\n"
      "virtual_ipaddress_excluded { {{ one.vip }} }\n}\n{% endfor %}\n";
  EXPECT_THAT(told(text), ElementsAre("HF0115:1"));
  EXPECT_THAT(told("vrrp_instance {{ name }}{\ninterface {{ .If }}\n}\n"), ElementsAre("HF0115:1"));
  const std::string angled =
      "<%- all.each do |one| -%>\nvrrp_instance V_<%= one.name %> {\ninterface <%= one.nic %>\n"
      "virtual_ipaddress {\n<%= one.ip %> dev <%= one.find { |x| x }.nic %>\n}<%- -%>\n"
      "notify \"/bin/true <% x\"\n}\n<%- end -%>\n";
  EXPECT_THAT(told(angled), ElementsAre("HF0115:1"));
  EXPECT_THAT(compiled(text).report, HasSubstr("template"));
  // Nobody writes a note there.
  EXPECT_THAT(told("global_defs {# who we are\nrouter_id x\n}\n" + router("")), IsEmpty());
}

TEST(Field, ManySignsOfTemplatesInALineCostLittle) {
  for (const char* signs : {"{{", "<%{", "{%", "<%", "{#\n"}) {
    std::string line;
    while (line.size() < 60'000) line += signs;
    EXPECT_FALSE(compiled(line).ok()) << signs;
  }
  EXPECT_THAT(told(router("authentication {\nauth_type PASS\nauth_pass a<%b\n}")), IsEmpty());
}

TEST(Field, CommentsOfAnotherLanguageAreToldOnce) {
  const std::string text =
      "vrrp_instance a { // a router { of ours\ninterface eth0 // the LAN\n// its number\n"
      "virtual_router_id 71\nvirtual_ipaddress { // one\n192.0.2.1/24 //two\n}\n}\n";
  EXPECT_THAT(told(text), ElementsAre("HF0101:1"));
  EXPECT_THAT(compiled(text).report, HasSubstr("a comment begins with `#` or `!`"));
  EXPECT_THAT(told("vrrp_script chk {\nscript //bin/true\ninterval 2\n}\n" +
                   router("notify \"/bin/true // x\"\ntrack_script { chk }")),
              IsEmpty());
}

TEST(Field, ASemicolonPartsNoStatements) {
  EXPECT_THAT(told(router("nopreempt ; priority 90 ; advert_int 300")),
              ElementsAre("HF0122:5", "HF0122:5", "HF0204:5"));
  EXPECT_THAT(told(router("priority 90 ;")), ElementsAre("HF0202:5"));
}

TEST(Field, AKeywordButForOneSignIsGuessed) {
  EXPECT_THAT(told(router("advert int 1")), ElementsAre("HF0101:5"));
  EXPECT_THAT(compiled(router("advert int 1")).report, HasSubstr("did you mean `advert_int`?"));
  EXPECT_THAT(compiled(router("advert_ int 1")).report, HasSubstr("did you mean `advert_int`?"));
  EXPECT_THAT(told(router("preempt delay 5")), ElementsAre("HF0101:5"));
  EXPECT_THAT(compiled(router("preempt delay 5")).report,
              HasSubstr("did you mean `preempt_delay`?"));
  EXPECT_THAT(told(router("advert_int=1")), ElementsAre("HF0101:5"));
  EXPECT_THAT(compiled(router("advert_int=1")).report, HasSubstr("did you mean `advert_int 1`?"));
  EXPECT_THAT(told("vrrp_script chk {\nscript=\"/bin/true\"\n}\n" + router("track_script { chk }")),
              ElementsAre("HF0101:2"));
  EXPECT_THAT(compiled(router("advert_int:1")).report, HasSubstr("did you mean `advert_int 1`?"));
}

TEST(Field, AClientStaysForOneSecondAtLeast) {
  EXPECT_THAT(told(router("") + "virtual_server 192.0.2.1 80 {\npersistence_timeout 0\n}\n"),
              ElementsAre("HF0116:7", "HF0204:8"));
}

}  // namespace
}  // namespace holdfast::config
