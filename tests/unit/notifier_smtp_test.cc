// Real deliveries over loopback to a server whose replies the test writes down.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <map>
#include <mutex>

#include "common/unique_fd.h"
#include "notifier/mailer.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::notifier {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = Delivery::Kind;

// Serves one connection after the other until it is destroyed.
class ScriptedServer {
 public:
  // Replies by the start of the command; "." is the end of the text. A missing one: no answer.
  using Replies = std::map<std::string, std::string>;
  static Replies friendly() {
    return {{"", "220 hello"},  {"EHLO", "250 hello"}, {"MAIL", "250 ok"}, {"RCPT", "250 ok"},
            {"DATA", "354 go"}, {".", "250 as 17"},    {"QUIT", "221 bye"}};
  }

  explicit ScriptedServer(Replies replies) : replies_(std::move(replies)) {
    listening_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::listen(listening_.get(), 8);
    socklen_t size = sizeof address;
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() {
    ::shutdown(listening_.get(), SHUT_RDWR);  // ends accept()
    thread_.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  // Called on the server's thread with each line that a client sent.
  std::function<void(const std::string&)> on_line = [](const std::string&) {};

 private:
  void serve() {
    for (;;) {
      const UniqueFd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      answer(client.get(), "");
      converse(client.get());
    }
  }
  void converse(int client) {
    std::string rest;
    bool in_text = false;
    char byte = 0;
    while (::recv(client, &byte, 1, 0) == 1) {
      if (byte == '\r') continue;
      if (byte != '\n') {
        rest.push_back(byte);
        continue;
      }
      {
        const std::lock_guard lock(mutex_);
        lines_.push_back(rest);
      }
      on_line(rest);
      if (!in_text || rest == ".") in_text = answer(client, rest).starts_with("354");
      rest.clear();
    }
  }
  std::string answer(int client, const std::string& line) {
    // The longest start wins: a reply to one recipient beside that to the others.
    for (auto reply = replies_.rbegin(); reply != replies_.rend(); ++reply) {
      if (!line.starts_with(reply->first) || reply->first.empty() != line.empty()) continue;
      const std::string bytes = reply->second + "\r\n";
      ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      return reply->second;
    }
    return "";
  }

  Replies replies_;
  UniqueFd listening_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::thread thread_;
};

SmtpJob job_for(uint16_t port, std::vector<std::string> to = {"root@localhost"}) {
  return {.mail = {.from = "ha@localhost",
                   .to = std::move(to),
                   .text = "Subject: x\r\n\r\n.dot\r\nend\r\n",
                   .urgent = false},
          .server = "127.0.0.1",
          .port = port,
          .helo_name = "node1",
          .connect_timeout = std::chrono::seconds(30)};
}

Delivery deliver_to(ScriptedServer& server, std::vector<std::string> to = {"root@localhost"}) {
  return deliver(job_for(server.port(), std::move(to)), std::stop_token());
}

TEST(Smtp, DeliversAndStuffsDots) {
  ScriptedServer server(ScriptedServer::friendly());
  const Delivery delivery = deliver_to(server, {"root@localhost", "op@x"});
  EXPECT_EQ(delivery.kind, Kind::kAccepted);
  EXPECT_EQ(delivery.said, "250 as 17");
  EXPECT_THAT(server.lines(),
              ElementsAre("EHLO node1", "MAIL FROM:<ha@localhost>", "RCPT TO:<root@localhost>",
                          "RCPT TO:<op@x>", "DATA", "Subject: x", "", "..dot", "end", ".", "QUIT"));
}

TEST(Smtp, TellsRefusalsFromDelays) {
  struct Row {
    const char* command;
    const char* reply;
    Kind kind;
  };
  for (const Row& row :
       {Row{"", "554 not you", Kind::kTryAgain}, Row{"MAIL", "451 later", Kind::kPutOff},
        Row{"MAIL", "553 no", Kind::kRefused}, Row{"RCPT", "450 later", Kind::kPutOff},
        Row{"RCPT", "550 nobody", Kind::kRefused}, Row{"DATA", "554 no", Kind::kRefused},
        Row{".", "452 full", Kind::kPutOff}, Row{".", "554 spam", Kind::kRefused},
        Row{".", "421 going down", Kind::kTryAgain}}) {
    auto replies = ScriptedServer::friendly();
    replies[row.command] = row.reply;
    ScriptedServer server(replies);
    const Delivery delivery = deliver_to(server);
    EXPECT_EQ(delivery.kind, row.kind) << row.command << " -> " << row.reply;
    EXPECT_EQ(delivery.said, row.reply) << row.command;
  }
}

TEST(Smtp, DeliversToTheOthersWhenOneRecipientIsRefused) {
  auto replies = ScriptedServer::friendly();
  replies["RCPT TO:<bad"] = "550 nobody";
  replies["RCPT TO:<slow"] = "450 later";
  ScriptedServer server(replies);
  const Delivery delivery = deliver_to(server, {"bad@x", "good@x", "slow@x"});
  EXPECT_EQ(delivery.kind, Kind::kAccepted);
  ASSERT_EQ(delivery.refused.size(), 1U);
  EXPECT_EQ(delivery.refused[0].address, "bad@x");
  ASSERT_EQ(delivery.put_off.size(), 1U);
  EXPECT_EQ(delivery.put_off[0].said, "450 later");
}

TEST(Smtp, SaysWhyAServerCannotBeReached) {
  uint16_t port = 0;
  {
    port = ScriptedServer({}).port();
  }  // nobody listens there any more
  const Delivery delivery = deliver(job_for(port), std::stop_token());
  EXPECT_EQ(delivery.kind, Kind::kTryAgain);
  EXPECT_THAT(delivery.said, HasSubstr("127.0.0.1"));
}

TEST(Smtp, EndsWhenAskedToWhileTheServerIsSilent) {
  std::stop_source stop;
  auto replies = ScriptedServer::friendly();
  replies.erase("EHLO");
  ScriptedServer server(replies);
  server.on_line = [&stop](const std::string&) { stop.request_stop(); };
  const Delivery delivery = deliver(job_for(server.port()), stop.get_token());
  EXPECT_EQ(delivery.kind, Kind::kTryAgain);
  EXPECT_THAT(delivery.said, HasSubstr("aborted")) << "not the time limit";
}

TEST(Smtp, DoesNotWaitForAGoodbyeThatNeverComes) {
  auto replies = ScriptedServer::friendly();
  replies.erase("QUIT");
  ScriptedServer server(replies);
  EXPECT_EQ(deliver_to(server).kind, Kind::kAccepted);
}

// A mailer over a real spool and loop, until no mail waits (0) or nothing came of it (1).
class MailerTest : public testing::Test {
 protected:
  int run(uint16_t port, const std::vector<Mail>& mails, bool lose_spool = false) {
    EventLoop loop;
    Mailer* made = nullptr;
    auto spool = Spool::open(state_.path());
    if (lose_spool) std::filesystem::remove_all(state_.path("mail"));
    Mailer mailer(loop, std::move(*spool), [&loop, &made] {
      if (made != nullptr && made->waiting() == 0) loop.exit(0);
    });
    made = &mailer;
    Timer limit = loop.add_timer([&loop] { loop.exit(1); });
    limit.arm_after(std::chrono::seconds(60));
    for (const Mail& mail : mails) mailer.add(mail, 1);
    mailer.commit();
    MailSettings settings;
    settings.server = "127.0.0.1";
    settings.port = port;
    settings.helo_name = "node1";
    mailer.configure(settings);
    return loop.run();
  }
  std::vector<std::string> left() const { return Spool::open(state_.path())->names(); }
  TemporaryDirectory state_;
};

Mail small_mail(const std::string& text) {
  return {.from = "a@b", .to = {"c@d"}, .text = text + "\r\n", .urgent = false};
}

TEST_F(MailerTest, SendsInOrderWhatAFormerRunLeftAndWhatIsNew) {
  {
    auto former = Spool::open(state_.path());
    ASSERT_TRUE(former->add(small_mail("one"), 1).has_value());
  }
  ScriptedServer server(ScriptedServer::friendly());
  EXPECT_EQ(run(server.port(), {small_mail("two"), small_mail("three")}), 0);
  std::vector<std::string> texts;
  for (const std::string& line : server.lines()) {
    if (line == "one" || line == "two" || line == "three") texts.push_back(line);
  }
  EXPECT_THAT(texts, ElementsAre("one", "two", "three"));
  EXPECT_THAT(left(), ElementsAre());
}

TEST_F(MailerTest, SetsARefusedMailAside) {
  auto replies = ScriptedServer::friendly();
  replies["."] = "554 spam";
  ScriptedServer server(replies);
  EXPECT_EQ(run(server.port(), {small_mail("x")}), 0);
  EXPECT_THAT(left(), ElementsAre());
  const std::filesystem::directory_iterator failed(state_.path("mail/failed"));
  EXPECT_EQ(std::distance(begin(failed), end(failed)), 1);
}

TEST_F(MailerTest, SetsAFileAsideThatIsNoMail) {
  ASSERT_TRUE(Spool::open(state_.path()).has_value());
  state_.write("mail/000000000000000001-routine.mail", "garbage");
  ScriptedServer server(ScriptedServer::friendly());
  EXPECT_EQ(run(server.port(), {small_mail("x")}), 0);
  EXPECT_EQ(state_.read("mail/failed/000000000000000001-routine.mail"), "garbage");
}

TEST_F(MailerTest, TriesAMailOnceThatCannotBeKeptOnDisk) {
  ScriptedServer server(ScriptedServer::friendly());
  EXPECT_EQ(run(server.port(), {small_mail("x")}, true), 0);
  EXPECT_THAT(server.lines(), testing::Contains("x"));
  uint16_t closed = 0;
  {
    closed = ScriptedServer({}).port();
  }
  EXPECT_EQ(run(closed, {small_mail("x")}, true), 0) << "lost, but nothing waits for ever";
}

}  // namespace
}  // namespace holdfast::notifier
