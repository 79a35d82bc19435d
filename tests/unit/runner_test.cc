// A runner and those who ask it, on one real loop; and askers whose runner is not what it should
// be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <utility>

#include "common/compiled_file.h"
#include "common/frame_endpoint.h"
#include "common/frame_socket.h"
#include "runner.pb.h"
#include "runner/client.h"
#include "runner/server.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::runner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = ScriptOutcome::Kind;

constexpr uint64_t kGeneration = 42;

compiled::RunnerScript check_script(uint32_t id, const std::string& words, uint32_t limit_ms) {
  compiled::RunnerScript script;
  script.set_id(id);
  script.set_asker(compiled::RunnerScript::ASKER_CHECKER);
  script.set_timeout_ms(limit_ms);
  script.mutable_command()->mutable_shell()->set_interpreter("/bin/sh");
  script.mutable_command()->mutable_shell()->set_script(words);
  return script;
}

// A loop that ends in any case: nothing is measured by it.
struct GuardedLoop {
  EventLoop loop;
  Timer guard = loop.add_timer([this] { loop.exit(1); });
  GuardedLoop() { guard.arm_after(std::chrono::seconds(30)); }
};

class RunnerTest : public testing::Test {
 public:
  ~RunnerTest() override { stop(); }

 protected:
  void configure(const std::vector<compiled::RunnerScript>& scripts,
                 uint64_t generation = kGeneration) {
    compiled::RunnerConfig config;
    config.set_generation(generation);
    config.set_user("app");
    config.add_environment("WHO=app");
    for (const auto& script : scripts) *config.add_scripts() = script;
    directory_.write("runner.app.pb", compiled_file_bytes(CompiledKind::kRunner, config), 0600);
  }

  // In a process of its own, which ends by itself if nobody asks for so long.
  void serve(Duration idle = std::chrono::seconds(60)) {
    auto listening = listen_frame_socket(directory_.path("runner.app.sock"), 0600);
    ASSERT_TRUE(listening);
    server_ = ::fork();
    if (server_ != 0) return;
    EventLoop loop;
    Server server(loop, {.listening = std::move(*listening),
                         .checker_user = ::geteuid(),
                         .notifier_user = ::geteuid(),
                         .config = directory_.path("runner.app.pb"),
                         .idle = idle});
    ::_exit(loop.run());
  }
  void stop() {
    if (server_ <= 0) return;
    ::kill(server_, SIGKILL);
    ::waitpid(std::exchange(server_, 0), nullptr, 0);
  }

  // What comes of it; `limit_` is what was said at the limit, if anything.
  ScriptOutcome ask(Client& client, EventLoop& loop, const RemoteScript& script,
                    Duration timeout = std::chrono::seconds(20)) {
    client.set_generation(generation_);
    ScriptOutcome result;
    limit_.clear();
    const auto job =
        client.run(script,
                   {.timeout = timeout,
                    .kill_leftovers = true,
                    .at_limit = [this](const ScriptOutcome& outcome) { limit_ = outcome.reason; }},
                   [&](const ScriptOutcome& outcome) {
                     result = outcome;
                     loop.exit(0);
                   });
    EXPECT_EQ(loop.run(), 0) << "no answer";
    return result;
  }
  ScriptOutcome ask(const RemoteScript& script, Role role = Role::kChecker) {
    GuardedLoop guarded;
    Client client(guarded.loop, directory_.path(), role, refused_hook_);
    return ask(client, guarded.loop, script);
  }

  TemporaryDirectory directory_;
  uint64_t generation_ = kGeneration;
  std::string limit_;
  std::vector<std::string> refused_;
  Client::Refused refused_hook_ = [this](const std::string& user, const std::string& why) {
    refused_.push_back(user + ": " + why);
  };
  pid_t server_ = 0;
};

TEST_F(RunnerTest, RunsWhatItsFileSaysAndTellsHowItEnded) {
  configure({check_script(1, "echo \"$WHO:$HOME\"; exit 3", 20'000),
             check_script(2, "kill -9 $$", 20'000)});
  serve();
  const auto exited = ask({.user = "app", .id = 1});
  EXPECT_EQ(exited.kind, Kind::kExited);
  EXPECT_EQ(exited.code, 3);
  EXPECT_EQ(exited.reason, "exit status 3");
  EXPECT_EQ(exited.output, "app:\n") << "its file's environment, and no other";
  const auto killed = ask({.user = "app", .id = 2});
  EXPECT_EQ(killed.kind, Kind::kSignalled);
  EXPECT_EQ(killed.code, 9);
}

TEST_F(RunnerTest, MakesTheArgumentsOfANotifyScriptItself) {
  auto with = check_script(1, "printf '%s|'", 20'000);
  with.set_asker(compiled::RunnerScript::ASKER_NOTIFIER);
  with.set_router_name("a \"$(b)\"");
  auto without = with;
  without.set_id(2);
  without.set_router_name("");
  configure({with, without});
  serve();
  RemoteScript script{.user = "app", .id = 1};
  script.arguments = {NotifyState::kFault, 7};
  EXPECT_EQ(ask(script, Role::kNotifier).output, "INSTANCE|a \"$(b)\"|FAULT|7|");
  script.id = 2;
  EXPECT_EQ(ask(script, Role::kNotifier).output, "|");
}

TEST_F(RunnerTest, TellsTheLimitOfItsFileBeforeTheEnd) {
  configure({check_script(1, "trap 'exit 0' TERM; sleep 1000 & wait", 100)});
  serve();
  const auto outcome = ask({.user = "app", .id = 1});
  EXPECT_EQ(outcome.kind, Kind::kTimedOut);
  EXPECT_EQ(limit_, "no result within 0.1 s");
}

TEST_F(RunnerTest, SaysWhyAScriptCannotRun) {
  auto missing = check_script(1, "x", 20'000);
  missing.mutable_command()->mutable_exec()->add_argv("/nowhere/to/be/found");
  configure({missing});
  serve();
  const auto outcome = ask({.user = "app", .id = 1});
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_THAT(outcome.reason, HasSubstr("/nowhere/to/be/found"));
  std::filesystem::remove(directory_.path("runner.app.pb"));
  generation_ = 43;
  EXPECT_THAT(ask({.user = "app", .id = 1}).reason, HasSubstr("runner.app.pb"));
}

TEST_F(RunnerTest, TakesANewFileWhenItIsAskedForItAndKeepsTheOneBefore) {
  configure({check_script(1, "exit 1", 20'000)});
  serve();
  EXPECT_EQ(ask({.user = "app", .id = 1}).code, 1);
  configure({check_script(1, "exit 2", 20'000)}, 43);
  EXPECT_EQ(ask({.user = "app", .id = 1}).code, 1) << "nobody has asked for it yet";
  generation_ = 43;
  EXPECT_EQ(ask({.user = "app", .id = 1}).code, 2);
  generation_ = kGeneration;
  EXPECT_EQ(ask({.user = "app", .id = 1}).code, 1) << "an asker that reloads later";
  generation_ = 44;
  EXPECT_THAT(ask({.user = "app", .id = 1}).reason, HasSubstr("another configuration"));
}

TEST_F(RunnerTest, EndsAScriptThatNobodyWaitsFor) {
  const std::string file = directory_.path("pid");
  configure({check_script(
      1, "echo $$ >" + file + ".new; mv " + file + ".new " + file + "; exec sleep 1000", 900'000)});
  serve();
  GuardedLoop guarded;
  Client client(guarded.loop, directory_.path(), Role::kChecker, refused_hook_);
  client.set_generation(kGeneration);
  auto job = client.run({.user = "app", .id = 1}, {}, [](const ScriptOutcome&) { FAIL(); });
  pid_t script = 0;
  Timer look;
  look = guarded.loop.add_timer([&] {
    if (script == 0 && std::ifstream(file) >> script) job.reset();
    if (script != 0 && ::kill(script, 0) < 0) return guarded.loop.exit(0);
    look.arm_after(std::chrono::milliseconds(10));
  });
  look.arm_after({});
  EXPECT_EQ(guarded.loop.run(), 0);
}

TEST_F(RunnerTest, EndsItselfWhenNobodyAsks) {
  configure({check_script(1, "exit 0", 20'000)});
  serve(std::chrono::milliseconds(10));
  int status = 1;
  ::waitpid(std::exchange(server_, 0), &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(RunnerTest, IsAFailureThatIsTriedAgainWhereItIsNotThere) {
  configure({check_script(1, "exit 0", 20'000)});
  GuardedLoop guarded;
  Client client(guarded.loop, directory_.path(), Role::kChecker, refused_hook_);
  client.set_generation(kGeneration);
  std::vector<std::string> reasons;
  std::unique_ptr<ScriptJob> job;
  // Before each of four: nothing, a runner, none, another one.
  std::function<void()> next = [&] {
    if (reasons.size() == 4) return guarded.loop.exit(0);
    if (reasons.size() % 2 == 1) serve();
    if (reasons.size() == 2) stop();
    job = client.run({.user = "app", .id = 1}, {}, [&](const ScriptOutcome& outcome) {
      reasons.push_back(outcome.reason);
      next();
    });
  };
  next();
  EXPECT_EQ(guarded.loop.run(), 0);
  const std::string path = directory_.path("runner.app.sock");
  EXPECT_THAT(reasons, ElementsAre("the runner of user `app` cannot be reached: connect to " +
                                       path + ": No such file or directory",
                                   "exit status 0",
                                   "the runner of user `app` cannot be reached: connect to " +
                                       path + ": Connection refused",
                                   "exit status 0"));
  EXPECT_THAT(refused_, testing::IsEmpty());
}

TEST_F(RunnerTest, DoesNotMakeItsAskerWaitWhenItHangs) {
  const auto silent = listen_frame_socket(directory_.path("runner.app.sock"), 0600);
  GuardedLoop guarded;
  Client client(guarded.loop, directory_.path(), Role::kChecker, refused_hook_);
  const auto outcome =
      ask(client, guarded.loop, {.user = "app", .id = 1}, std::chrono::milliseconds(1));
  EXPECT_EQ(outcome.kind, Kind::kNotStarted);
  EXPECT_EQ(outcome.reason, "the runner of user `app` does not answer");
}

// What a runner that was taken over says for an answer.
TEST_F(RunnerTest, IsNotBelievedMoreThanItsTableAllows) {
  wire::RunnerToAsker hello;
  hello.mutable_hello()->set_protocol_version(kProtocolVersion);
  wire::RunnerToAsker other_version;
  other_version.mutable_hello()->set_protocol_version(kProtocolVersion + 1);
  wire::RunnerToAsker good;
  good.mutable_ended()->set_number(1);
  good.mutable_ended()->set_how(wire::ScriptEnded::HOW_EXITED);
  const auto ended = [&good](const std::function<void(wire::ScriptEnded&)>& change) {
    auto message = good;
    change(*message.mutable_ended());
    return message;
  };
  using Messages = std::vector<wire::RunnerToAsker>;
  const std::vector<Messages> all = {
      {good},
      {hello, hello},
      {other_version},
      {hello, ended([](auto& word) { word.set_number(0); })},
      {hello, ended([](auto& word) { word.set_number(2); })},
      {hello, ended([](auto& word) { word.clear_how(); })},
      {hello, ended([](auto& word) { word.set_code(256); })},
      {hello, ended([](auto& word) { word.set_reason(std::string(513, 'a')); })},
      {hello, ended([](auto& word) { word.set_output(std::string(kOutputBytesMax + 1, 'a')); })},
  };
  for (size_t i = 0; i < all.size(); ++i) {
    GuardedLoop guarded;
    Client client(guarded.loop, directory_.path(), Role::kChecker, refused_hook_);
    std::unique_ptr<FrameChannel> peer;
    FrameListener listener(
        guarded.loop, *listen_frame_socket(directory_.path("runner.app.sock"), 0600), {},
        [&](UniqueFd fd, ucred) {
          peer = std::make_unique<FrameChannel>(
              guarded.loop, std::move(fd),
              FrameChannel::Handlers{.frame = [](auto) {}, .closed = [](const auto&) {}});
          for (const auto& message : all[i]) peer->send(message);
        });
    refused_.clear();
    const auto outcome = ask(client, guarded.loop, {.user = "app", .id = 1});
    EXPECT_EQ(outcome.reason, "the runner of user `app` broke its protocol") << i;
    EXPECT_EQ(refused_.size(), 1U) << i;
  }
}

TEST(Library, TakesNothingOfAFileThatTheCompilerDoesNotWrite) {
  compiled::RunnerConfig good;
  good.set_generation(1);
  good.add_environment("A=b");
  *good.add_scripts() = check_script(1, "true", 1000);
  ASSERT_TRUE(contents_from(good));
  const std::vector<std::function<void(compiled::RunnerConfig&)>> mistakes = {
      [](auto& config) { config.set_environment(0, "A"); },
      [](auto& config) { config.set_environment(0, "=b"); },
      [](auto& config) { config.set_environment(0, std::string("A=\0b", 4)); },
      [](auto& config) { config.mutable_scripts(0)->set_id(0); },
      [](auto& config) { *config.add_scripts() = config.scripts(0); },
      [](auto& config) { config.mutable_scripts(0)->set_timeout_ms(0); },
      [](auto& config) { config.mutable_scripts(0)->clear_asker(); },
      [](auto& config) { config.mutable_scripts(0)->clear_command(); },
      [](auto& config) {
        config.mutable_scripts(0)->mutable_command()->mutable_remote()->set_user("other");
        config.mutable_scripts(0)->mutable_command()->mutable_remote()->set_script_id(1);
      },
      [](auto& config) {
        config.mutable_scripts(0)->mutable_command()->mutable_shell()->clear_script();
      },
  };
  for (size_t i = 0; i < mistakes.size(); ++i) {
    auto config = good;
    mistakes[i](config);
    const auto contents = contents_from(config);
    ASSERT_FALSE(contents) << i;
    EXPECT_THAT(contents.error().text, HasSubstr("holdfast compile")) << i;
  }
}

}  // namespace
}  // namespace holdfast::runner
