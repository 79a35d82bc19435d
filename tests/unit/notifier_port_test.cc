// The socket towards the engine and the script runner, on a real loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <functional>
#include <map>
#include <utility>

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
                     for (const Transition& transition : transitions) on_transition(transition);
                   },
               .disconnected = [this] { next_engine(); }}) {}

  void on_transition(const Transition& transition) {
    told_.push_back(
        std::to_string(transition.router_id) + " " + std::string(state_word(transition.to)) +
        (transition.taken ? " taken" : "") +
        (transition.scripts_begun > 0 ? " begun " + std::to_string(transition.scripts_begun) : ""));
    if (transition.router_id == kBegins) port_.scripts_begun(transition.id, 1);
    if (transition.router_id == kSettlesTheOldRun) {
      port_.settled({.engine_run = transition.id.engine_run - 1, .sequence = 1});
    }
    if (transition.router_id < kBegins) port_.settled(transition.id);
  }

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
    if (settled_before_.contains(engines_.size())) {
      port_.settled(settled_before_.at(engines_.size()));
    }
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
      answers.push_back(answer.has_hello() ? "hello" : text(answer.accepted()));
    }
  }
  static std::string text(const wire::Accepted& accepted) {
    std::string text = std::to_string(accepted.sequence());
    for (const uint64_t sequence : accepted.settled()) text += " -" + std::to_string(sequence);
    for (const wire::ScriptsBegun& begun : accepted.begun()) {
      text += " " + std::to_string(begun.sequence()) + ":" + std::to_string(begun.count());
    }
    return text;
  }

  // Routers whose transitions are not settled at once.
  static constexpr uint32_t kBegins = 20;
  static constexpr uint32_t kSettlesTheOldRun = 21;
  static constexpr uint32_t kWaits = 22;

  TemporaryDirectory directory_;
  EventLoop loop_;
  std::vector<std::string> told_;
  std::deque<std::vector<std::string>> to_come_;
  std::vector<UniqueFd> engines_;
  std::map<size_t, TransitionId> settled_before_;  // this engine connects
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
  EXPECT_THAT(answers, ElementsAre(ElementsAre("hello", "3 -2 -1 -3")));
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
  EXPECT_THAT(answers,
              ElementsAre(ElementsAre("hello", "2 -1 -2"), ElementsAre("hello", "2", "3 -1 -2 -3"),
                          ElementsAre("hello", "3", "3 -3"), ElementsAre("hello", "1 -1")));
}

TEST_F(EnginePortTest, SaysHowFarItHasComeWithWhatIsNotSettled) {
  settled_before_[1] = {.engine_run = 1, .sequence = 1};
  const auto answers = converse({
      {bytes(hello(1)), bytes(batch({{1, kWaits}, {2, kBegins}, {3, 3}}))},
      {bytes(hello(1)), bytes(batch({{1, kWaits}, {2, kBegins}}))},
      {bytes(hello(2)), bytes(batch({{1, kWaits}, {2, kSettlesTheOldRun}}))},
  });
  EXPECT_THAT(answers, ElementsAre(ElementsAre("hello", "3 -3 2:1"),
                                   ElementsAre("hello", "3", "3 -1"), ElementsAre("hello", "2")))
      << "what was settled without an engine is said to the next, and no run is taken for another";
}

TEST_F(EnginePortTest, HandsOnWhatANotifierBeforeHasDone) {
  auto again = batch({{4, 1}, {7, 2}});
  again.mutable_transitions()->mutable_transitions(0)->set_taken(true);
  again.mutable_transitions()->mutable_transitions(0)->set_scripts_begun(1);
  const auto answers = converse({{bytes(hello(1)), bytes(again)}});
  EXPECT_THAT(told_, ElementsAre("1 MASTER taken begun 1", "2 MASTER"));
  EXPECT_THAT(answers, ElementsAre(ElementsAre("hello", "7 -4 -7")));
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

// Says what becomes of transitions as the engine would hear it.
struct Reports {
  std::vector<std::string> said;
  ScriptRunner::Handlers handlers(std::function<void()> idle) {
    return {
        .idle = std::move(idle),
        .begun =
            [this](const TransitionId& id, uint32_t count) {
              said.push_back(std::to_string(id.sequence) + ":" + std::to_string(count));
            },
        .settled =
            [this](const TransitionId& id) { said.push_back("-" + std::to_string(id.sequence)); }};
  }
};

ScriptCommand shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}, .text = script};
}

TEST(ScriptRunner, RunsARoutersScriptsInOrderWhateverBecomesOfThem) {
  const TemporaryDirectory directory;
  EventLoop loop;
  Reports reports;
  ScriptRunner runner(loop, "/nowhere", reports.handlers([&loop] { loop.exit(0); }));
  const std::string out = directory.path("out");
  const auto says = [&out](const std::string& word, const std::string& rest) {
    return shell("echo " + word + " >> " + out + "; " + rest);
  };
  runner.add({.router_id = 1,
              .what = "r",
              .commands = {says("a", "sleep 0.2"), says("b", "exit 3")},
              .transition = {1, 11}});
  runner.add({.router_id = 1,
              .what = "r",
              .commands = {{.argv = {"/no/such/script"}, .text = "/no/such/script"},
                           says("c", "kill -9 $$")},
              .transition = {1, 12},
              .begun = 2});
  runner.add({.router_id = 1,
              .what = "r",
              .commands = {says("d", "echo text >&2")},
              .transition = {1, 13}});
  runner.add({.router_id = 1, .what = "r", .commands = {}, .transition = {1, 14}});
  EXPECT_EQ(runner.running(), 1U);
  EXPECT_THAT(reports.said, ElementsAre("11:1", "-14")) << "what waits is not settled";
  loop.run();
  EXPECT_THAT(reports.said, ElementsAre("11:1", "-14", "-11", "12:3", "-12", "-13"));
  EXPECT_EQ(directory.read("out"), "a\nb\nc\nd\n");
  EXPECT_TRUE(runner.idle());
}

TEST(ScriptRunner, EndsAScriptAtItsTimeLimitAndGoesOn) {
  const TemporaryDirectory directory;
  EventLoop loop;
  Reports reports;
  ScriptRunner runner(loop, "/nowhere", reports.handlers([&loop] { loop.exit(0); }));
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
  Reports reports;
  ScriptRunner runner(loop, "/nowhere", reports.handlers([] {}));
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
