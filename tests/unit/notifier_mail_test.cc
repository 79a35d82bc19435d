#include <gtest/gtest.h>

#include "notifier/mail_text.h"
#include "notifier/smtp_dialogue.h"

namespace holdfast::notifier {
namespace {

MailSettings settings() {
  return {.server = "127.0.0.1",
          .port = 25,
          .connect_timeout = std::chrono::seconds(30),
          .helo_name = "node1.example.net",
          .from = "keepalived@localhost",
          .to = {"root@localhost"},
          .router_id = "node1"};
}

constexpr uint64_t kAt = 1'510'000'000'123;  // 2017-11-06 20:26:40.123 UTC, a Monday

TEST(MailText, IsKeepalivedsWithTheCauseAndTimeAdded) {
  const Mail mail = compose_mail(
      settings(),
      {.router_name = "myr", .to = State::kActive, .cause = "no advertisement", .at_unix_ms = kAt},
      kAt + 1000, "17.1");
  EXPECT_EQ(mail.from, "keepalived@localhost");
  EXPECT_EQ(mail.to, std::vector<std::string>{"root@localhost"});
  EXPECT_FALSE(mail.urgent);
  EXPECT_EQ(mail.text,
            "Date: Mon, 06 Nov 2017 20:26:41 +0000\r\n"
            "From: keepalived@localhost\r\n"
            "Subject: [node1] VRRP Instance myr - Entering MASTER state\r\n"
            "To: root@localhost\r\n"
            "Message-ID: <17.1@node1.example.net>\r\n"
            "X-Mailer: holdfast\r\n"
            "\r\n"
            "=> VRRP Instance is now owning VRRP VIPs <=\r\n"
            "\r\n"
            "Cause: no advertisement\r\n"
            "Time: 2017-11-06 20:26:40.123 UTC\r\n");
}

TEST(MailText, SaysWhichStateInKeepalivedsWords) {
  struct Row {
    State to;
    const char* subject;
    const char* body;
    bool urgent;
  };
  for (const Row& row : {
           Row{State::kBackup, "Subject: [node1] VRRP Instance myr - Entering BACKUP state\r\n",
               "\r\n\r\n=> VRRP Instance is no longer owning VRRP VIPs <=\r\n\r\nTime: ", false},
           Row{State::kFault, "Subject: [node1] VRRP Instance myr - Entering FAULT state\r\n",
               "\r\n\r\n=> VRRP Instance is no longer owning VRRP VIPs <=\r\n\r\nTime: ", true},
           Row{State::kStopped, "Subject: [node1] VRRP Instance myr - Stopping\r\n",
               "\r\n\r\n=> VRRP Instance stopping <=\r\n\r\nTime: ", false},
       }) {
    const Mail mail = compose_mail(
        settings(), {.router_name = "myr", .to = row.to, .cause = "", .at_unix_ms = kAt}, kAt, "1");
    EXPECT_NE(mail.text.find(row.subject), std::string::npos) << mail.text;
    EXPECT_NE(mail.text.find(row.body), std::string::npos) << mail.text;
    EXPECT_EQ(mail.urgent, row.urgent) << row.subject;
  }
}

TEST(MailText, LetsNoNameOrCauseAddALine) {
  MailSettings evil = settings();
  evil.router_id = "n\r\nBcc: all@example.net";
  const Mail mail = compose_mail(evil,
                                 {.router_name = "a\nX-Evil: 1\r\n\r\nbody",
                                  .to = State::kFault,
                                  .cause = "c\r\n.\r\nRCPT TO:<x@y>",
                                  .at_unix_ms = kAt},
                                 kAt, "1");
  EXPECT_EQ(mail.text.find("\nBcc"), std::string::npos);
  EXPECT_EQ(mail.text.find("\nX-Evil"), std::string::npos);
  EXPECT_EQ(mail.text.find("\n."), std::string::npos);
  EXPECT_NE(mail.text.find("[n\\x0d\\x0aBcc: all@example.net] VRRP Instance a\\x0aX-Evil: 1"),
            std::string::npos);
  size_t line_ends = 0;
  for (size_t i = 0; i < mail.text.size(); ++i) {
    if (mail.text[i] != '\n') continue;
    ++line_ends;
    EXPECT_EQ(mail.text[i - 1], '\r');
  }
  EXPECT_EQ(line_ends, 11U);
}

TEST(MailText, KeepsLinesShortWhateverTheNamesAre) {
  MailSettings wide = settings();
  wide.router_id = std::string(5000, '\xff');
  wide.to.assign(100, "somebody@example.net");
  const Mail mail = compose_mail(wide,
                                 {.router_name = std::string(5000, '\x01'),
                                  .to = State::kFault,
                                  .cause = std::string(9000, '\x02'),
                                  .at_unix_ms = UINT64_MAX},
                                 UINT64_MAX, "1");
  size_t start = 0;
  while (start < mail.text.size()) {
    const size_t end = mail.text.find("\r\n", start);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - start, 998U) << "RFC 5322 2.1.1";
    start = end + 2;
  }
}

TEST(MailText, TakesTheEnvelopeOutOfTheHeaderForm) {
  MailSettings several = settings();
  several.from = "\"HA pair\" <ha@example.net>";
  several.to = {"\"The operator\" <op@example.net>", "root"};
  const Mail mail =
      compose_mail(several, {.router_name = "r", .to = State::kBackup, .cause = ""}, kAt, "1");
  EXPECT_EQ(mail.from, "ha@example.net");
  EXPECT_EQ(mail.to, (std::vector<std::string>{"op@example.net", "root"}));
  EXPECT_NE(mail.text.find("From: \"HA pair\" <ha@example.net>\r\n"), std::string::npos);
  EXPECT_NE(mail.text.find("To: \"The operator\" <op@example.net>,\r\n root\r\n"),
            std::string::npos);
}

// One dialogue: "> " a command of ours, "< " a line of the server.
Delivery concluded(const std::vector<std::string>& lines, const std::string& error = "") {
  SmtpDialogue dialogue;
  for (const std::string& line : lines) {
    const std::string text = line.substr(2) + "\r\n";
    if (line[0] == '>') dialogue.sent(text);
    if (line[0] == '<') dialogue.received(text);
  }
  return dialogue.conclude(error);
}

using Kind = Delivery::Kind;

TEST(SmtpDialogue, TakesTheReplyToTheTextForAcceptance) {
  const Delivery delivery =
      concluded({"< 220 hi", "> EHLO x", "< 250-x", "< 250 SIZE 1", "> MAIL FROM:<a@b>", "< 250 ok",
                 "> RCPT TO:<c@d>", "< 250 ok", "> DATA", "< 354 go", "< 250-queued", "< 250 as 17",
                 "> QUIT", "< 500 what"});
  EXPECT_EQ(delivery.kind, Kind::kAccepted);
  EXPECT_EQ(delivery.said, "250 as 17");
}

TEST(SmtpDialogue, StaysAcceptedWhenTheGoodbyeFails) {
  EXPECT_EQ(concluded({"> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<c>", "< 250 ok", "> DATA",
                       "< 354 go", "< 250 ok", "> QUIT"},
                      "aborted")
                .kind,
            Kind::kAccepted);
}

TEST(SmtpDialogue, TriesAgainWhenTheServerIsTheProblem) {
  EXPECT_EQ(concluded({}, "connection refused").kind, Kind::kTryAgain);
  EXPECT_EQ(concluded({}, "connection refused").said, "connection refused");
  const Delivery greeting = concluded({"< 554 not you"}, "weird reply");
  EXPECT_EQ(greeting.kind, Kind::kTryAgain) << "about us, not about this mail";
  EXPECT_EQ(greeting.said, "554 not you");
  EXPECT_EQ(concluded({"> EHLO x", "< 250 x", "> MAIL FROM:<a>", "< 421 closing"}, "x").kind,
            Kind::kTryAgain);
  EXPECT_EQ(
      concluded({"> EHLO x", "< 502 no", "> HELO x", "< 250 ok", "> MAIL FROM:<a>"}, "timeout")
          .kind,
      Kind::kTryAgain);
}

TEST(SmtpDialogue, PutsOffOn4xxAndRefusesOn5xx) {
  const std::vector<std::string> start{"> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<c>"};
  auto with = [&start](std::vector<std::string> rest) {
    rest.insert(rest.begin(), start.begin(), start.end());
    rest.emplace_back("> QUIT");
    return concluded(rest, "RCPT failed");
  };
  EXPECT_EQ(with({"< 451 later"}).kind, Kind::kPutOff);
  EXPECT_EQ(with({"< 451 later"}).said, "451 later");
  EXPECT_EQ(with({"< 550 nobody"}).kind, Kind::kRefused);
  EXPECT_EQ(with({"< 550 nobody"}).said, "550 nobody");
  EXPECT_EQ(with({"< 250 ok", "> DATA", "< 354 go", "< 552 full"}).kind, Kind::kRefused);
  EXPECT_EQ(with({"< 250 ok", "> DATA", "< 354 go", "< 452 full"}).kind, Kind::kPutOff);
  EXPECT_EQ(concluded({"> MAIL FROM:<a>", "< 553 bad sender", "> QUIT"}, "x").kind, Kind::kRefused);
}

TEST(SmtpDialogue, KeepsTheRecipientsApart) {
  const Delivery mixed = concluded(
      {"> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<bad@x>", "< 550 nobody", "> RCPT TO:<good@x>",
       "< 250 ok", "> RCPT TO:<slow@x>", "< 450 greylisted", "> DATA", "< 354 go", "< 250 queued"});
  EXPECT_EQ(mixed.kind, Kind::kAccepted);
  ASSERT_EQ(mixed.refused.size(), 1U);
  EXPECT_EQ(mixed.refused[0].address, "bad@x");
  ASSERT_EQ(mixed.put_off.size(), 1U);
  EXPECT_EQ(mixed.put_off[0].address, "slow@x");

  const Delivery waiting = concluded({"> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<slow@x>",
                                      "< 450 later", "> RCPT TO:<bad@x>", "< 550 nobody", "> QUIT"},
                                     "x");
  EXPECT_EQ(waiting.kind, Kind::kPutOff) << "one may still be taken";
  ASSERT_EQ(waiting.refused.size(), 1U);
  EXPECT_EQ(waiting.refused[0].address, "bad@x");
}

TEST(SmtpDialogue, DecidesNothingFromARefusalThatItWentOnFrom) {
  EXPECT_EQ(concluded({"> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<good@x>", "< 250 ok",
                       "> RCPT TO:<bad@x>", "< 550 nobody", "> DATA", "< 354 go"},
                      "timeout")
                .kind,
            Kind::kTryAgain);
}

TEST(SmtpDialogue, IsNotMisledByLinesThatAreNoReply) {
  for (const char* line : {"< ", "< 25", "< abc def", "< 250ok", "< \xff\xff\xff 2"}) {
    EXPECT_EQ(
        concluded({"> MAIL FROM:<a>", "> RCPT TO:<b>", "> DATA", "< 354 go", line}, "closed").kind,
        Kind::kTryAgain)
        << line;
  }
}

}  // namespace
}  // namespace holdfast::notifier
