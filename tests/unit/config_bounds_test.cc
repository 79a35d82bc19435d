// How far a text may be written out: by counts, for times differ.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>

#include "config/catalogue.h"
#include "config/compile.h"
#include "net-helper/policy.h"

namespace holdfast::config {
namespace {

// Links of 250 routers each.
std::string routers(int links, const std::string& lines) {
  return fmt::format(
      "$R= \\\nvrrp_instance r${{A}}.${{I}} {{ \\\n{} \\\nvirtual_ipaddress {{ \\\n"
      "10.0.${{A}}.${{I}}/24 \\\n}} \\\n}}\n~SEQ(A, 0, {}) ~SEQ(I, 1, 250) $R\n",
      lines, links - 1);
}
constexpr const char* kRight = "interface eth${A} \\\nvirtual_router_id ${I} \\\npriority 90";

// The number in HF0520; 0: there is none.
uint64_t not_written(const Diagnostics& diagnostics) {
  uint64_t left = 0;
  for (const Diagnostic& one : diagnostics.all()) {
    if (one.finding.id != kNotWrittenOut.id) continue;
    const size_t digits = one.text.find_first_of("123456789");
    std::from_chars(one.text.data() + digits, one.text.data() + one.text.size(), left);
  }
  return left;
}

TEST(Bounds, AllThatIsRightIsWrittenOut) {
  const auto result = compile(routers(16, kRight), "x");
  EXPECT_TRUE(result.ok()) << result.report;
  EXPECT_EQ(result.engine.routers_size(), 4000);
  EXPECT_EQ(result.model.instances.size(), 4000U);
  EXPECT_EQ(compile(routers(16, kRight), "x", {.keep_model = false}).model.instances.size(), 0U);
}

TEST(Bounds, NoMoreIsAcceptedThanTheHelperTakes) {
  static_assert(net::kRoutersMax == 40 * 250 && net::kInterfacesMax == 1000);
  EXPECT_TRUE(compile(routers(40, kRight), "x", {.keep_model = false}).ok());
  const auto result = compile(routers(41, kRight), "x", {.keep_model = false});
  EXPECT_FALSE(result.ok());
  EXPECT_NE(result.report.find("a host has at most 10000 vrrp_instances"), std::string::npos);
}

TEST(Bounds, AnErrorEndsWhatIsWrittenOut) {
  constexpr int kLinks = 200;
  for (const char* wrong : {
           "interface eth${A} \\\nvirtual_router_id ${I} \\\nprioritee 90",
           "interface eth${A} \\\nvirtual_router_id ${I} \\\npriority 900",
           "interface eth${A} \\\nvirtual_router_id 1${I} \\\npriority 90",
           "virtual_router_id ${I} \\\npriority 90",
           "interface eth0 \\\nvirtual_router_id ${I} \\\npriority 90",
       }) {
    const auto result = compile(routers(kLinks, wrong), "x");
    EXPECT_FALSE(result.ok());
    // 10,000 lines, 11 a block with those of the sequence, and what was written before the error.
    EXPECT_GT(not_written(result.diagnostics), kLinks * 250 - 2600U) << wrong << result.report;
  }
  const auto small = compile(routers(4, "interface eth0 \\\nvirtual_router_id ${I}"), "x");
  EXPECT_EQ(not_written(small.diagnostics), 0U) << "a thousand are little";
}

TEST(Bounds, WhatFollowsMayMakeItRight) {
  const auto result = compile(routers(16, std::string(kRight) + " \\\nadvert_int 0.5") +
                                  "global_defs {\nvrrp_version 3\n}\n",
                              "x");
  EXPECT_TRUE(result.ok()) << result.report;
  EXPECT_EQ(result.engine.routers_size(), 4000);
}

TEST(Bounds, AMessageKnowsItsRepetition) {
  const auto result = compile(routers(16, kRight) +
                                  "vrrp_instance z {\ninterface eth9\nvirtual_router_id 7\n"
                                  "virtual_ipaddress { 10.1.1.1/24 }\n}\n",
                              "x");
  ASSERT_EQ(result.diagnostics.errors(), 1U) << result.report;
  const auto& found = result.diagnostics.all();
  const auto error =
      std::ranges::find(found, kSameVrid.id, [](const auto& one) { return one.finding.id; });
  ASSERT_NE(error, found.end());
  const auto about = chain(error->other, result.sources);
  ASSERT_FALSE(about.empty());
  EXPECT_NE(about.front().find("with I = `7`"), std::string::npos) << about.front();
}

TEST(Bounds, ForgottenExpansionsArePartOfTheOneBefore) {
  Sources sources("x", "a\nb\n");
  const Place place{.file = 0, .line = 1, .column = 1};
  for (const char* what : {"1", "2", "3", "4", "5"}) sources.add({what, place, {}});
  sources.forget(2, 4);
  EXPECT_EQ(sources.expansion(1).what, "1");
  EXPECT_EQ(sources.expansion(3).what, "1");
  EXPECT_EQ(sources.expansion(4).what, "4");
  EXPECT_EQ(sources.add({"6", place, {}}), 6U);
  Sources all("y", "c\n");
  EXPECT_EQ(all.add({"0", place, {}}), 1U);
  const auto by = all.append(sources);
  EXPECT_EQ(all.expansion(3 + by.expansions).what, "1");
  EXPECT_EQ(all.expansion(6 + by.expansions).what, "6");
  EXPECT_EQ(all.add({"7", place, {}}), 8U);
}

}  // namespace
}  // namespace holdfast::config
