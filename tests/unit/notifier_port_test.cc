// The socket towards the engine and the script runner, on a real loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>

#include "common/frame_endpoint.h"
#include "events.pb.h"
#include "notifier/engine_port.h"
#include "notifier/script_runner.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::notifier {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

wire::EngineToNotifier hello(uint64_t run, uint32_t version = kProtocolVersion) {
  wire::EngineToNotifier message;
  message.mutable_hello()->set_protocol_version(version);
  message.mutable_hello()->set_engine_run(run);
  return message;
}

struct Step {
  uint64_t sequence = 0;
  uint32_t router = 0;
  wire::RouterState to = wire::ROUTER_STATE_ACTIVE;
};

wire::EngineToNotifier batch(const std::vector<Step>& steps) {
  wire::EngineToNotifier message;
  message.mutable_transitions();
  for (const Step& step : steps) {
    auto& transition = *message.mutable_transitions()->add_transitions();
    transition.set_sequence(step.sequence);
    transition.set_router_id(step.router);
    transition.set_from(wire::ROUTER_STATE_BACKUP);
    transition.set_to(step.to);
    transition.set_cause("why");
    transition.set_priority(100);
    transition.set_at_unix_ms(5);
  }
  return message;
}

class EnginePortTest : public testing::Test {
 protected:
  EnginePortTest()
      : port_(loop_, *listen_frame_socket(directory_.path("s"), 0600), ::getuid(),
              {.transitions =
                   [this](const std::vector<Transition>& transitions) {
                     for (const Transition& transition : transitions) {
                       told_.push_back(std::to_string(transition.router_id) + " " +
                                       std::string(state_word(transition.to)));
                     }
                   },
               .disconnected = [this] { next_engine(); }}) {}

  // What the port answers to engines that say this one after the other, each going away after it.
  std::vector<std::vector<std::string>> converse(
      const std::vector<std::vector<std::string>>& engines) {
    to_come_.assign(engines.begin(), engines.end());
    next_engine();
    loop_.run();
    std::vector<std::vector<std::string>> answers;
    for (const UniqueFd& engine : engines_) answers.push_back(answers_to(engine.get()));
    return answers;
  }

  void next_engine() {
    if (to_come_.empty()) return loop_.exit(0);
    auto engine = connect_frame_socket(directory_.path("s"));
    ASSERT_TRUE(engine.has_value());
    for (const std::string& frame : to_come_.front()) {
      EXPECT_GE(::send(engine->get(), frame.data(), frame.size(), MSG_NOSIGNAL), 0);
    }
    ::shutdown(engine->get(), SHUT_WR);
    engines_.push_back(std::move(*engine));
    to_come_.pop_front();
  }

  static std::vector<std::string> answers_to(int engine) {
    std::vector<std::string> answers;
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t size = ::recv(engine, buffer.data(), buffer.size(), MSG_DONTWAIT);
      // Told once, before the answers, if the port closed with something unread.
      if (size < 0 && errno == ECONNRESET) continue;
      if (size <= 0) return answers;
      wire::NotifierToEngine answer;
      EXPECT_TRUE(answer.ParseFromArray(buffer.data(), static_cast<int>(size)));
      answers.push_back(answer.has_hello() ? "hello"
                                           : std::to_string(answer.accepted().sequence()));
    }
  }

  TemporaryDirectory directory_;
  EventLoop loop_;
  std::vector<std::string> told_;
  std::deque<std::vector<std::string>> to_come_;
  std::vector<UniqueFd> engines_;
  EnginePort port_;
};

std::string bytes(const wire::EngineToNotifier& message) {
  return message.SerializeAsString();
}

TEST_F(EnginePortTest, HandsTransitionsOnAndAcceptsThem) {
  const auto answers =
      converse({{bytes(hello(1)), bytes(batch({{1, 7},
                                               {2, 8, wire::ROUTER_STATE_INITIALIZE},
                                               {3, 7, wire::ROUTER_STATE_STOPPED}}))}});
  EXPECT_THAT(answers, ElementsAre(ElementsAre("hello", "3")));
  EXPECT_THAT(told_, ElementsAre("7 MASTER", "7 STOP")) << "INITIALIZE is told to nobody";
}

TEST_F(EnginePortTest, TellsRepetitionsFromANewRun) {
  const auto answers = converse({
      {bytes(hello(1)), bytes(batch({{1, 1}, {2, 2}}))},
      {bytes(hello(1)), bytes(batch({{1, 1}, {2, 2}, {3, 3}}))},
      {bytes(hello(1)), bytes(batch({{3, 3}}))},
      {bytes(hello(9)), bytes(batch({{1, 4}}))},
  });
  EXPECT_THAT(told_, ElementsAre("1 MASTER", "2 MASTER", "3 MASTER", "4 MASTER"));
  EXPECT_THAT(answers, ElementsAre(ElementsAre("hello", "2"), ElementsAre("hello", "2", "3"),
                                   ElementsAre("hello", "3", "3"), ElementsAre("hello", "1")));
}

TEST_F(EnginePortTest, ClosesAPeerThatSaysWhatItMayNot) {
  wire::EngineToNotifier unknown_state = batch({{1, 1}, {2, 1}});
  unknown_state.mutable_transitions()->mutable_transitions(1)->set_to(
      wire::ROUTER_STATE_UNSPECIFIED);
  wire::EngineToNotifier strange_state = batch({{1, 1}});
  strange_state.mutable_transitions()->mutable_transitions(0)->set_to(
      static_cast<wire::RouterState>(99));
  const std::string good = bytes(batch({{1, 1}}));
  const std::vector<std::vector<std::string>> engines{
      {good},                                         // before the hello
      {bytes(hello(1, kProtocolVersion + 1)), good},  // another version
      {bytes(hello(1)), bytes(hello(1)), good},       // a second hello
      {bytes(hello(1)), "\xff\xff", good},            // no message
      {bytes(hello(1)), std::string("\x1a\x00", 2)},  // a field that is in no message
      {bytes(hello(1)), bytes(unknown_state), good},  // refused whole
      {bytes(hello(1)), bytes(strange_state), good},
      {bytes(hello(1)), bytes(batch({{0, 1}})), good},  // no sequence
      {bytes(hello(1)), bytes(batch({{1, 0}})), good},  // no router
  };
  for (const auto& answers : converse(engines)) EXPECT_THAT(answers, ElementsAre("hello"));
  EXPECT_THAT(told_, IsEmpty());
}

TEST(EnginePort, AcceptsTheEnginesUserAlone) {
  const TemporaryDirectory directory;
  EventLoop loop;
  bool told = false;
  const EnginePort port(
      loop, *listen_frame_socket(directory.path("s"), 0600), ::getuid() + 1,
      {.transitions = [&told](const auto&) { told = true; }, .disconnected = [] {}});
  const auto client = connect_frame_socket(directory.path("s"));
  ASSERT_TRUE(client.has_value());
  const std::string frame = bytes(hello(1));
  ASSERT_GE(::send(client->get(), frame.data(), frame.size(), MSG_NOSIGNAL), 0);
  const Source end = loop.add_io(client->get(), EPOLLIN, [&loop] { loop.exit(0); });
  loop.run();
  pollfd now{.fd = client->get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&now, 1, 0), 1);
  EXPECT_NE(now.revents & POLLHUP, 0);
  EXPECT_FALSE(told);
  EXPECT_FALSE(port.connected());
}

ScriptCommand shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}, .text = script};
}

TEST(ScriptRunner, RunsARoutersScriptsInOrderWhateverBecomesOfThem) {
  const TemporaryDirectory directory;
  EventLoop loop;
  ScriptRunner runner(loop, "/nowhere", [&loop] { loop.exit(0); });
  const std::string out = directory.path("out");
  const auto says = [&out](const std::string& word, const std::string& rest) {
    return shell("echo " + word + " >> " + out + "; " + rest);
  };
  runner.add(
      {.router_id = 1, .what = "r", .commands = {says("a", "sleep 0.2"), says("b", "exit 3")}});
  runner.add({.router_id = 1,
              .what = "r",
              .commands = {{.argv = {"/no/such/script"}, .text = "/no/such/script"},
                           says("c", "kill -9 $$")}});
  runner.add({.router_id = 1, .what = "r", .commands = {says("d", "echo text >&2")}});
  EXPECT_EQ(runner.running(), 1U);
  loop.run();
  EXPECT_EQ(directory.read("out"), "a\nb\nc\nd\n");
  EXPECT_TRUE(runner.idle());
}

TEST(ScriptRunner, EndsAScriptAtItsTimeLimitAndGoesOn) {
  const TemporaryDirectory directory;
  EventLoop loop;
  ScriptRunner runner(loop, "/nowhere", [&loop] { loop.exit(0); });
  runner.configure(std::chrono::milliseconds(50), 1);
  runner.add({.router_id = 1, .what = "r", .commands = {shell("exec sleep 1000")}});
  runner.add(
      {.router_id = 1, .what = "r", .commands = {shell("echo next > " + directory.path("out"))}});
  loop.run();
  EXPECT_EQ(directory.read("out"), "next\n");
}

TEST(ScriptRunner, LeavesADaemonOfAScriptAliveThoughItWritesToItsOutput) {
  const TemporaryDirectory directory;
  EventLoop loop;
  ScriptRunner runner(loop, "/nowhere", [] {});
  // The daemon waits until the script has ended, then writes where nobody listens any more.
  const std::string daemon = "(while [ ! -e " + directory.path("go") + " ]; do sleep 0.02; done; " +
                             "echo line; echo line; echo alive > " + directory.path("out") + ") &";
  runner.add({.router_id = 1, .what = "r", .commands = {shell(daemon)}});
  int turns = 0;
  Timer poll;
  poll = loop.add_timer([&] {
    if (runner.idle()) directory.write("go", "");
    if (directory.read("out") == "alive\n") return loop.exit(0);
    if (++turns > 3000) return loop.exit(1);
    poll.arm_after(std::chrono::milliseconds(20));
  });
  poll.arm_after(std::chrono::milliseconds(20));
  EXPECT_EQ(loop.run(), 0);
}

}  // namespace
}  // namespace holdfast::notifier
