// The two unedited files of tests/seed-cluster, field by field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/compiled_file.h"
#include "common/ipv4.h"
#include "config/compile.h"
#include "source_tree.h"

namespace holdfast::config {
namespace {

using testing::ElementsAre;

class SeedTest : public testing::TestWithParam<const char*> {
 protected:
  SeedTest()
      : text_(read_source(std::string("tests/seed-cluster/") + GetParam())),
        result_(compile(text_, GetParam(), options())) {}

  static CompileOptions options() { return {.host_name = "host.example", .read_script = {}}; }

  bool first() const { return std::string_view(GetParam()) == "node1.conf"; }

  std::string text_;
  CompileResult result_;
};

std::vector<std::string> ids(const Diagnostics& diagnostics) {
  std::vector<std::string> result;
  for (const Diagnostic& one : diagnostics.all()) result.emplace_back(one.finding.id);
  return result;
}

void expect_address(const compiled::Address& item) {
  EXPECT_EQ(item.address(), Ipv4::from_text("172.18.67.33")->bytes());
  EXPECT_EQ(item.prefix_length(), 16U);
  EXPECT_EQ(item.interface(), "") << "on its router's";
}

TEST_P(SeedTest, CompilesWithNotesAboutItsScriptsAlone) {
  EXPECT_TRUE(result_.ok()) << result_.report;
  EXPECT_THAT(ids(result_.diagnostics), ElementsAre("HF0403", "HF0403", "HF0407"));
  EXPECT_EQ(result_.diagnostics.warnings(), 0U);
}

TEST_P(SeedTest, StampsAllFourWithOneFingerprintOfWhatTheyMean) {
  const uint64_t generation = result_.engine.generation();
  EXPECT_NE(generation, 0U);
  const auto looks_otherwise = compile("# a comment\n\n" + text_, GetParam(), options());
  EXPECT_EQ(looks_otherwise.engine.generation(), generation);
  auto changed = text_;
  changed.replace(changed.find("571f97b2"), 8, "571f97b3");
  EXPECT_NE(compile(changed, GetParam(), options()).checker.generation(), generation);
  EXPECT_EQ(result_.net.generation(), generation);
  EXPECT_EQ(result_.checker.generation(), generation);
  EXPECT_EQ(result_.notifier.generation(), generation);
}

TEST_P(SeedTest, TellsTheEngineItsRouter) {
  const auto& engine = result_.engine;
  EXPECT_EQ(engine.system_name(), "node1") << "in both files";
  ASSERT_EQ(engine.routers_size(), 1);
  const auto& router = engine.routers(0);
  EXPECT_EQ(router.name(), "myr");
  EXPECT_NE(router.id(), 0U);
  EXPECT_EQ(router.interface(), "eno16777736");
  EXPECT_EQ(router.vrid(), 167U);
  EXPECT_EQ(router.version(), 2U);
  EXPECT_EQ(router.priority(), first() ? 100U : 95U);
  EXPECT_EQ(router.starts_eager(), first());
  EXPECT_EQ(router.advert_interval_ms(), 1000U);
  EXPECT_TRUE(router.preempt());
  EXPECT_EQ(router.preempt_delay_ms(), 0U);
  EXPECT_EQ(router.authentication().type(), compiled::Authentication::TYPE_PASS);
  EXPECT_EQ(router.authentication().data(), "571f97b2");
  EXPECT_EQ(router.multicast_group(), Ipv4::from_text("224.0.67.67")->bytes());
  EXPECT_EQ(router.down_timer_adverts(), 3U);
  ASSERT_EQ(router.advertised_size(), 1);
  expect_address(router.advertised(0));
}

TEST_P(SeedTest, TellsTheEngineWhatTheRouterTracks) {
  const auto& engine = result_.engine;
  const auto& checker = result_.checker;
  const auto& router = engine.routers(0);
  ASSERT_EQ(engine.checks_size(), 2);
  ASSERT_EQ(checker.scripts_size(), 2);
  ASSERT_EQ(router.trackers_size(), 2);
  EXPECT_EQ(engine.checks(0).name(), "chk_down");
  EXPECT_EQ(engine.checks(1).name(), "chk_nginx");
  for (int i = 0; i < 2; ++i) {
    EXPECT_NE(engine.checks(i).id(), 0U);
    EXPECT_EQ(engine.checks(i).id(), checker.scripts(i).id());
    EXPECT_EQ(engine.checks(i).name(), checker.scripts(i).name());
    EXPECT_EQ(router.trackers(i).check_id(), engine.checks(i).id());
    EXPECT_EQ(router.trackers(i).weight(), -5);
    EXPECT_FALSE(router.trackers(i).reverse());
  }
  EXPECT_NE(engine.checks(0).id(), engine.checks(1).id());
}

TEST_P(SeedTest, GivesTheHelperItsPolicy) {
  ASSERT_EQ(result_.net.routers_size(), 1);
  const auto& router = result_.net.routers(0);
  EXPECT_EQ(router.id(), result_.engine.routers(0).id());
  EXPECT_EQ(router.name(), "myr");
  EXPECT_EQ(router.interface(), "eno16777736");
  EXPECT_EQ(router.vrid(), 167U);
  EXPECT_EQ(router.advert_interval_ms(), 1000U);
  EXPECT_EQ(router.multicast_group(), Ipv4::from_text("224.0.67.67")->bytes());
  EXPECT_EQ(router.advertisement(), std::string("\x21\xa7\x00\x01\x01\x01\xec\x1b"
                                                "\xac\x12\x43\x21"
                                                "571f97b2",
                                                20));
  ASSERT_EQ(router.addresses_size(), 1);
  expect_address(router.addresses(0));
  EXPECT_EQ(router.announce_limit(), 5U);
  EXPECT_EQ(router.lease_limit_ms(), 3000U);
  EXPECT_EQ(router.priority_min(), 1U);
  EXPECT_EQ(router.priority_max(), 254U);
  EXPECT_EQ(router.kernel_lease_s(), 4U);
  EXPECT_EQ(router.resign_linger_limit_ms(), 1100U);
}

TEST_P(SeedTest, RunsTheBashTestUnderBash) {
  const auto& script = result_.checker.scripts(0);
  const std::string words = "[[ -f /etc/keepalived/down ]] && exit 1 || exit 0";
  ASSERT_TRUE(script.command().has_shell());
  EXPECT_EQ(script.command().shell().interpreter(), "/bin/bash");
  EXPECT_EQ(script.command().shell().script(), words);
  EXPECT_EQ(script.command().text(), words);
  EXPECT_EQ(script.interval_ms(), 1000U);
  EXPECT_EQ(script.timeout_ms(), 1000U);
  EXPECT_EQ(script.rise(), 1U);
  EXPECT_EQ(script.fall(), 1U);
  EXPECT_FALSE(script.signal_zero());
}

TEST_P(SeedTest, LetsTheNginxCheckSendSignalZero) {
  const auto& script = result_.checker.scripts(1);
  const std::string words = "killall -0 nginx && exit 0 || exit 1";
  ASSERT_TRUE(script.command().has_shell());
  EXPECT_EQ(script.command().shell().interpreter(), "/bin/sh");
  EXPECT_EQ(script.command().shell().script(), words);
  EXPECT_EQ(script.command().text(), words);
  EXPECT_EQ(script.interval_ms(), 1000U);
  EXPECT_EQ(script.timeout_ms(), 1000U);
  EXPECT_EQ(script.rise(), 1U);
  EXPECT_EQ(script.fall(), 2U);
  EXPECT_TRUE(script.signal_zero());
}

TEST_P(SeedTest, TellsTheNotifierWhomToTell) {
  const auto& notifier = result_.notifier;
  EXPECT_EQ(notifier.script_timeout_ms(), 60'000U);
  ASSERT_EQ(notifier.routers_size(), 1);
  const auto& router = notifier.routers(0);
  EXPECT_EQ(router.id(), result_.engine.routers(0).id());
  EXPECT_EQ(router.name(), "myr");
  const std::string script = "/etc/keepalived/notify.sh";
  EXPECT_THAT(router.notify_master().exec().argv(), ElementsAre(script, "master"));
  EXPECT_THAT(router.notify_backup().exec().argv(), ElementsAre(script, "backup"));
  EXPECT_THAT(router.notify_fault().exec().argv(), ElementsAre(script, "fault"));
  EXPECT_EQ(router.notify_master().text(), script + " master");
  EXPECT_FALSE(router.has_notify_stop());
  EXPECT_FALSE(router.has_notify());
  EXPECT_FALSE(router.smtp_alert());
  const auto& mail = notifier.mail();
  EXPECT_EQ(mail.server(), "127.0.0.1");
  EXPECT_EQ(mail.port(), 25U);
  EXPECT_EQ(mail.connect_timeout_ms(), 30'000U);
  EXPECT_EQ(mail.helo_name(), "host.example");
  EXPECT_EQ(mail.from(), "keepalived@localhost");
  EXPECT_THAT(mail.to(), ElementsAre("root@localhost"));
  EXPECT_EQ(mail.router_id(), "node1");
}

// The password goes to the two that speak the protocol, and to nobody else.
TEST_P(SeedTest, KeepsThePasswordFromTheOthers) {
  const std::string password = "571f97b2";
  EXPECT_NE(result_.engine.SerializeAsString().find(password), std::string::npos);
  EXPECT_NE(result_.net.SerializeAsString().find(password), std::string::npos);
  EXPECT_EQ(result_.checker.SerializeAsString().find(password), std::string::npos);
  EXPECT_EQ(result_.notifier.SerializeAsString().find(password), std::string::npos);
  EXPECT_EQ(result_.report.find(password), std::string::npos);
  EXPECT_EQ(summary(result_).find(password), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Both, SeedTest, testing::Values("node1.conf", "node2.conf"),
                         [](const auto& one) { return std::string(one.param).substr(0, 5); });

}  // namespace
}  // namespace holdfast::config
