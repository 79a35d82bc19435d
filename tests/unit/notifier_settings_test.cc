#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "common/compiled_file.h"
#include "notifier/settings.h"
#include "notifier_config.pb.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::notifier {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CommandForm exec_form(std::vector<std::string> argv) {
  return {.argv = std::move(argv), .shell = false, .text = "t"};
}

TEST(CommandsFor, RunsTheStatesCommandThenTheGenericOneWithItsFourArguments) {
  Router router;
  router.name = "my r";
  router.on_active = std::make_unique<const CommandForm>(exec_form({"/etc/notify.sh", "master"}));
  router.on_stopped = std::make_unique<const CommandForm>(exec_form({"/stop"}));
  router.on_any = std::make_unique<const CommandForm>(exec_form({"/any", "x"}));
  const auto active = commands_for(router, State::kActive, 150);
  ASSERT_EQ(active.size(), 2U);
  EXPECT_THAT(active[0].argv, ElementsAre("/etc/notify.sh", "master"));
  EXPECT_THAT(active[1].argv, ElementsAre("/any", "x", "INSTANCE", "my r", "MASTER", "150"));
  EXPECT_THAT(commands_for(router, State::kBackup, 0)[0].argv,
              ElementsAre("/any", "x", "INSTANCE", "my r", "BACKUP", "0"));
  EXPECT_EQ(commands_for(router, State::kFault, 1)[0].argv[4], "FAULT");
  EXPECT_EQ(commands_for(router, State::kStopped, 1)[0].argv[0], "/stop");
  EXPECT_EQ(commands_for(router, State::kStopped, 1)[1].argv[4], "STOP");
  EXPECT_THAT(commands_for(Router{}, State::kActive, 1), IsEmpty());
}

TEST(WithArguments, HandsShellArgumentsOverAsWordsAndNotAsSyntax) {
  const CommandForm form{
      .argv = {"/bin/bash", "-c", "logger 'x' | tee /y \n"}, .shell = true, .text = "t"};
  EXPECT_THAT(with_arguments(form, {"INSTANCE", "$(reboot); \"", "MASTER", "1"}).argv,
              ElementsAre("/bin/bash", "-c", "logger 'x' | tee /y \"$@\"", "/bin/bash", "INSTANCE",
                          "$(reboot); \"", "MASTER", "1"));
  EXPECT_EQ(with_arguments(form, {}).argv, form.argv);
}

TEST(EnvelopeAddress, TakesWhatSmtpCanSay) {
  EXPECT_EQ(envelope_address("root@localhost"), "root@localhost");
  EXPECT_EQ(envelope_address("root"), "root");
  EXPECT_EQ(envelope_address("\"A <b>\" <a@b>"), "a@b");
  for (const std::string& bad :
       std::vector<std::string>{"", "<>", "a b", "a@b>\r\nRCPT TO:<c", "x <a@b", "a\n",
                                "\xc3\xa4@b", "<a@b\r\nDATA>", std::string(300, 'a')}) {
    EXPECT_FALSE(envelope_address(bad).has_value()) << bad;
  }
}

class SettingsFile : public testing::Test {
 protected:
  Result<Settings> read() const {
    return read_settings(directory_.write(
        "notifier.pb", compiled_file_bytes(CompiledKind::kNotifier, config_), 0600));
  }
  compiled::NotifierRouter& router(uint32_t id) {
    compiled::NotifierRouter& router = *config_.add_routers();
    router.set_id(id);
    router.set_name("r" + std::to_string(id));
    return router;
  }
  compiled::NotifierConfig config_;
  TemporaryDirectory directory_;
};

TEST_F(SettingsFile, ReadsRoutersAndMail) {
  auto& first = router(1);
  first.set_smtp_alert(true);
  first.mutable_notify_master()->mutable_exec()->add_argv("/m");
  auto& shell = *first.mutable_notify()->mutable_shell();
  shell.set_interpreter("/bin/sh");
  shell.set_script("a | b");
  auto& mail = *config_.mutable_mail();
  mail.set_server("::1");
  mail.set_port(2525);
  mail.set_connect_timeout_ms(1500);
  mail.set_helo_name("node1");
  mail.set_from("a@b");
  mail.add_to("root");
  config_.set_script_timeout_ms(2000);
  const auto settings = read();
  ASSERT_TRUE(settings.has_value());
  EXPECT_THAT(settings->warnings, IsEmpty());
  const Router& read_back = settings->routers.at(1);
  EXPECT_THAT(read_back.on_active->argv, ElementsAre("/m"));
  EXPECT_THAT(read_back.on_any->argv, ElementsAre("/bin/sh", "-c", "a | b"));
  EXPECT_TRUE(read_back.on_any->shell);
  EXPECT_EQ(read_back.on_backup, nullptr);
  EXPECT_EQ(settings->mail.server, "::1");
  EXPECT_EQ(settings->mail.port, 2525);
  EXPECT_EQ(settings->mail.connect_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(settings->script_timeout, std::chrono::seconds(2));
}

TEST_F(SettingsFile, SaysWhichCommandCannotBeRun) {
  router(7).mutable_notify_fault()->set_text("nothing");
  const auto settings = read();
  ASSERT_FALSE(settings.has_value());
  EXPECT_THAT(settings.error().text, HasSubstr("router 7 (`r7`): notify_fault"));
}

TEST_F(SettingsFile, RefusesARouterTwiceAndAWordWithANul) {
  router(1);
  router(1);
  EXPECT_FALSE(read().has_value());
  config_.clear_routers();
  router(2).mutable_notify()->mutable_exec()->add_argv(std::string("/a\0b", 4));
  EXPECT_FALSE(read().has_value());
}

TEST_F(SettingsFile, WarnsOfMailThatCannotBeSent) {
  router(1).set_smtp_alert(true);
  auto settings = read();
  ASSERT_TRUE(settings.has_value());
  ASSERT_EQ(settings->warnings.size(), 1U);
  EXPECT_THAT(settings->warnings[0], HasSubstr("smtp_server"));
  EXPECT_FALSE(settings->mail.usable());

  auto& mail = *config_.mutable_mail();
  mail.set_server("host/x@y");
  mail.set_helo_name("a\r\nb");
  mail.set_from("a b");
  mail.add_to("c\r\nDATA");
  settings = read();
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->warnings.size(), 5U);
  EXPECT_EQ(settings->mail.server, "");
  EXPECT_EQ(settings->mail.helo_name, "localhost");
  EXPECT_EQ(settings->mail.from, "holdfast@localhost");
  EXPECT_THAT(settings->mail.to, IsEmpty());
}

}  // namespace
}  // namespace holdfast::notifier
