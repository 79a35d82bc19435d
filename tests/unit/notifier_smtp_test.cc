// Real deliveries over loopback to a server whose replies the test writes down.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

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
    if (!listening_) std::abort();
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

const CurlLibrary& curl() {
  static const CurlLibrary kLibrary = load_curl(kCurlFile).value();
  return kLibrary;
}

Delivery deliver_to(ScriptedServer& server, std::vector<std::string> to = {"root@localhost"}) {
  return deliver(job_for(server.port(), std::move(to)), curl());
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
  const Delivery delivery = deliver(job_for(port), curl());
  EXPECT_EQ(delivery.kind, Kind::kTryAgain);
  EXPECT_THAT(delivery.said, HasSubstr("127.0.0.1"));
}

TEST(Smtp, DoesNotWaitForAGoodbyeThatNeverComes) {
  auto replies = ScriptedServer::friendly();
  replies.erase("QUIT");
  ScriptedServer server(replies);
  EXPECT_EQ(deliver_to(server).kind, Kind::kAccepted);
}

TEST(Smtp, SaysWhatIsWrongWithLibcurl) {
  const auto missing = load_curl("/nonexistent/libcurl.so.4");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().text, HasSubstr("/nonexistent/libcurl.so.4: cannot open"));
  const auto other = load_curl("libc.so.6");
  ASSERT_FALSE(other.has_value());
  EXPECT_THAT(other.error().text, HasSubstr("curl_global_init"));
}

TEST(SmtpDelivery, ArrivesAsItWasSent) {
  const Delivery sent{.kind = Kind::kPutOff,
                      .said = "450 later",
                      .put_off = {{"a@x", "450 later"}},
                      .refused = {{"b@x", "550 nobody"}, {"c@x", "551 gone"}}};
  const auto arrived = delivery_from(delivery_bytes(sent), {"a@x", "b@x", "c@x"});
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->kind, sent.kind);
  EXPECT_EQ(arrived->said, sent.said);
  ASSERT_EQ(arrived->put_off.size(), 1U);
  EXPECT_EQ(arrived->put_off[0].address, "a@x");
  ASSERT_EQ(arrived->refused.size(), 2U);
  EXPECT_EQ(arrived->refused[1].said, "551 gone");
  for (const Kind kind : {Kind::kAccepted, Kind::kTryAgain, Kind::kRefused, Kind::kNotTried}) {
    EXPECT_EQ(delivery_from(delivery_bytes({.kind = kind}), {})->kind, kind);
  }
}

TEST(SmtpDelivery, IsNotBelievedBeyondItsMail) {
  const std::string refused = delivery_bytes({.refused = {{"b@x", "550"}}});
  EXPECT_TRUE(delivery_from(refused, {"a@x", "b@x"}).has_value());
  EXPECT_FALSE(delivery_from(refused, {"a@x"}).has_value()) << "a recipient of no mail of ours";
  EXPECT_FALSE(delivery_from(delivery_bytes({.put_off = {{"b@x", "450"}}}), {"a@x"}).has_value());
  const std::string twice = delivery_bytes({.put_off = {{"a@x", "450"}}, .refused = {{"a@x", ""}}});
  EXPECT_FALSE(delivery_from(twice, {"a@x"}).has_value()) << "more than it has recipients";
  EXPECT_FALSE(delivery_from("", {}).has_value()) << "nothing was said";
  EXPECT_FALSE(delivery_from("garbage", {}).has_value());
  EXPECT_EQ(delivery_from(delivery_bytes({.said = "250 ok\nforged"}), {})->said,
            "250 ok\\x0aforged");
}

// The only child of the thread that has the loop; empty without one.
std::string child() {
  std::string pid;
  std::ifstream(fmt::format("/proc/self/task/{}/children", ::getpid())) >> pid;
  return pid;
}

// A worker with one mail, and what is done at the first word that its process says to the server.
class SmtpWorkerTest : public testing::Test {
 protected:
  void run(ScriptedServer::Replies replies, const std::function<void(pid_t)>& at_first_word) {
    ScriptedServer server(std::move(replies));
    const UniqueFd said(::eventfd(0, EFD_CLOEXEC));
    bool first = true;
    server.on_line = [&](const std::string&) {
      if (!std::exchange(first, false)) return;
      at_first_word(std::stoi(child()));
      if (leaves_) ::eventfd_write(said.get(), 1);
    };
    EventLoop loop;
    const Source leaving = loop.add_io(said.get(), EPOLLIN, [&loop] { loop.exit(1); });
    SmtpWorker worker(loop, [&](const Delivery& delivery) {
      delivery_ = delivery;
      loop.exit(0);
    });
    worker.send(job_for(server.port()));
    loop.run();
  }
  static ScriptedServer::Replies silent() {
    auto replies = ScriptedServer::friendly();
    replies.erase("EHLO");
    return replies;
  }

  bool leaves_ = false;  // the loop, with the mail under way
  std::optional<Delivery> delivery_;
};

TEST_F(SmtpWorkerTest, EndsAtOnceWhileTheServerIsSilent) {
  leaves_ = true;
  run(silent(), [](pid_t) {});
  EXPECT_EQ(child(), "");
  EXPECT_FALSE(delivery_.has_value()) << "not the time limit";
}

TEST_F(SmtpWorkerTest, LosesATryAndNoMailWithItsProcess) {
  run(silent(), [](pid_t process) { ::kill(process, SIGKILL); });
  ASSERT_TRUE(delivery_.has_value());
  EXPECT_EQ(delivery_->kind, Kind::kTryAgain);
  EXPECT_THAT(delivery_->said, HasSubstr("killed by signal 9"));
  EXPECT_EQ(child(), "");
}

// systemd tells each process of a unit.
TEST_F(SmtpWorkerTest, GoesOnWhileItsParentStops) {
  run(ScriptedServer::friendly(), [](pid_t process) {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::kill(process, number);
  });
  ASSERT_TRUE(delivery_.has_value());
  EXPECT_EQ(delivery_->kind, Kind::kAccepted) << delivery_->said;
}

// What the notifier closes is to be closed for its peer, and not to live on in a mail.
TEST_F(SmtpWorkerTest, HoldsNothingOfItsParent) {
  const UniqueFd ours(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  std::vector<std::string> held;
  run(ScriptedServer::friendly(), [&held](pid_t process) {
    const auto directory = fmt::format("/proc/{}/fd", process);
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      held.push_back(std::filesystem::read_symlink(entry.path()).string());
    }
  });
  EXPECT_THAT(held, testing::SizeIs(testing::Ge(5U))) << "three, the answer, the server";
  EXPECT_THAT(held, testing::Not(testing::Contains("/etc/passwd")));
  EXPECT_EQ(delivery_->kind, Kind::kAccepted);
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

TEST_F(MailerTest, KeepsMailThatWaitsForLibcurl) {
  ScriptedServer server(ScriptedServer::friendly());
  MailSettings settings;
  settings.server = "127.0.0.1";
  settings.port = server.port();
  settings.helo_name = "node1";
  EventLoop loop;
  std::vector<std::string> kept;
  Mailer* made = nullptr;
  int failures = 0;
  Timer failed = loop.add_timer([&] {
    if (++failures == 1) return made->configure(settings);
    kept = left();
    Dl_info real{};
    ASSERT_NE(::dladdr(reinterpret_cast<void*>(curl().easy_init), &real), 0);
    std::filesystem::create_symlink(real.dli_fname, state_.path("libcurl.so"));
    made->configure(settings);
  });
  Mailer mailer(
      loop, *Spool::open(state_.path()),
      [&] {
        if (made == nullptr || made->busy()) return;
        if (made->waiting() == 0) return loop.exit(0);
        failed.arm(TimePoint{});
      },
      state_.path("libcurl.so"));
  Timer limit = loop.add_timer([&loop] { loop.exit(1); });
  limit.arm_after(std::chrono::seconds(60));
  for (const char* text : {"one", "two"}) mailer.add(small_mail(text), 1);
  mailer.commit();
  made = &mailer;
  testing::internal::CaptureStderr();
  mailer.configure(settings);
  EXPECT_EQ(loop.run(), 0);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_THAT(server.lines(), testing::IsSupersetOf({"one", "two"}));
  EXPECT_THAT(log, HasSubstr("libcurl.so: cannot open shared object file"));
  EXPECT_THAT(log, HasSubstr("Install or mend libcurl (the package libcurl4)"));
  EXPECT_EQ(log.find("[HFM038]"), log.rfind("[HFM038]")) << "told once:\n" << log;
}

}  // namespace
}  // namespace holdfast::notifier
