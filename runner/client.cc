#include "runner/client.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "common/frame_endpoint.h"
#include "common/frame_socket.h"
#include "common/log.h"
#include "runner.pb.h"
#include "runner/bounds.h"

namespace holdfast::runner {
namespace {

// Beyond the script's own limit: a runner that says nothing by then hangs.
constexpr std::chrono::seconds kAnswerPatience{2};
// Between a script's limit and the word that it has ended.
constexpr Duration kEndPatience = kKillGrace + kAnswerPatience;
// A connection without a script is let go.
constexpr std::chrono::seconds kIdle{30};

wire::NotifyArguments::State wire_state(NotifyState state) {
  switch (state) {
    case NotifyState::kMaster:
      return wire::NotifyArguments::STATE_MASTER;
    case NotifyState::kBackup:
      return wire::NotifyArguments::STATE_BACKUP;
    case NotifyState::kFault:
      return wire::NotifyArguments::STATE_FAULT;
    case NotifyState::kStop:
      break;
  }
  return wire::NotifyArguments::STATE_STOP;
}

std::optional<ScriptOutcome> outcome_of(const wire::ScriptEnded& ended) {
  using Kind = ScriptOutcome::Kind;
  ScriptOutcome outcome;
  switch (ended.how()) {
    case wire::ScriptEnded::HOW_EXITED:
      outcome.kind = Kind::kExited;
      break;
    case wire::ScriptEnded::HOW_SIGNALLED:
      outcome.kind = Kind::kSignalled;
      break;
    case wire::ScriptEnded::HOW_TIMED_OUT:
      outcome.kind = Kind::kTimedOut;
      break;
    case wire::ScriptEnded::HOW_NOT_STARTED:
      outcome.kind = Kind::kNotStarted;
      break;
    default:
      return std::nullopt;
  }
  if (ended.code() > kCodeMax) return std::nullopt;
  outcome.code = static_cast<int>(ended.code());
  outcome.reason = ended.reason();
  outcome.output = ended.output();
  return outcome;
}

bool fits(const std::string& reason, const std::string& output) {
  return reason.size() <= kReasonBytesMax && output.size() <= kOutputBytesMax;
}

ScriptOutcome not_run(std::string reason) {
  return {.kind = ScriptOutcome::Kind::kNotStarted,
          .code = 0,
          .reason = std::move(reason),
          .output = {}};
}

}  // namespace

// One run. Its connection knows it by its number for as long as both are there.
class RemoteRun final : public ScriptJob {
 public:
  RemoteRun(ScriptOptions options, ScriptRun::Done done)
      : options_(std::move(options)), done_(std::move(done)) {}
  ~RemoteRun() override;

  pid_t pid() const override { return 0; }

  void start(EventLoop& loop, std::shared_ptr<Connection> connection, uint64_t number);
  void fail_later(EventLoop& loop, std::string reason);
  // These call back, which may destroy the run.
  void at_limit(const ScriptOutcome& outcome);
  void end(const ScriptOutcome& outcome);

 private:
  ScriptOptions options_;
  ScriptRun::Done done_;
  std::shared_ptr<Connection> connection_;  // null: not there any more
  uint64_t number_ = 0;
  Timer patience_;
  Timer deferred_;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(EventLoop& loop, std::string user, Role role, Client::Refused refused)
      : loop_(loop), user_(std::move(user)), role_(role), refused_(std::move(refused)) {
    idle_ = loop_.add_timer([this] {
      if (runs_.empty()) channel_.reset();
    });
  }

  std::string in_words(const std::string& what) const {
    return fmt::format("the runner of user `{}` {}", user_, what);
  }

  // Returns the run's number.
  Result<uint64_t> ask(const std::string& path, const wire::RunScript& wanted, RemoteRun& run) {
    SendResult sent = is_open() ? send(wanted) : SendResult::kClosed;
    // Also where it has ended and that has not been heard yet.
    if (sent == SendResult::kClosed) {
      fail_all(in_words("is gone"));
      if (const auto opened = open(path); !opened) return std::unexpected(opened.error());
      sent = send(wanted);
    }
    if (sent != SendResult::kSent) return failure(in_words("takes no more requests"));
    runs_[last_number_] = &run;
    return last_number_;
  }

  void forget(uint64_t number) {
    if (runs_.erase(number) == 0) return;
    idle_.arm_after(kIdle);
    if (!is_open()) return;
    wire::AskerToRunner message;
    message.mutable_kill()->set_number(number);
    channel_->send(message);
  }

  // All runs end here; each may start others, on a connection of its own.
  void fail_all(const std::string& reason) {
    const auto self = shared_from_this();
    channel_.reset();
    while (!runs_.empty()) {
      RemoteRun* run = runs_.begin()->second;
      runs_.erase(runs_.begin());
      run->end(not_run(reason));
    }
  }

 private:
  bool is_open() const { return channel_ != nullptr && channel_->is_open(); }

  Result<void> open(const std::string& path) {
    auto fd = connect_frame_socket(path);
    if (!fd) return failure(in_words("cannot be reached: " + fd.error().text));
    last_number_ = 0;
    greeted_ = false;
    channel_ = std::make_unique<FrameChannel>(
        loop_, std::move(*fd),
        FrameChannel::Handlers{
            .frame = [this](std::span<const std::byte> frame) { on_frame(frame); },
            .closed = [this](const std::string& why) { fail_all(in_words("is gone: " + why)); }});
    wire::AskerToRunner message;
    message.mutable_hello()->set_protocol_version(kProtocolVersion);
    message.mutable_hello()->set_role(role_ == Role::kChecker ? wire::AskerHello::ROLE_CHECKER
                                                              : wire::AskerHello::ROLE_NOTIFIER);
    channel_->send(message);
    return {};
  }

  SendResult send(const wire::RunScript& wanted) {
    wire::AskerToRunner message;
    *message.mutable_run() = wanted;
    message.mutable_run()->set_number(++last_number_);
    return channel_->send(message);
  }

  void refuse(const std::string& why) {
    refused_(user_, log::printable(why));
    fail_all(in_words("broke its protocol"));
  }

  void on_frame(std::span<const std::byte> frame) {
    wire::RunnerToAsker message;
    if (!parse_frame(frame, message)) return refuse("a message that cannot be parsed");
    switch (message.body_case()) {
      case wire::RunnerToAsker::kHello:
        return on_hello(message.hello());
      case wire::RunnerToAsker::kAtLimit:
        return on_at_limit(message.at_limit());
      case wire::RunnerToAsker::kEnded:
        return on_ended(message.ended());
      case wire::RunnerToAsker::BODY_NOT_SET:
        break;
    }
    refuse("an empty message");
  }

  void on_hello(const wire::RunnerHello& hello) {
    if (greeted_) return refuse("a second hello");
    if (hello.protocol_version() != kProtocolVersion) {
      return refuse(
          fmt::format("it speaks protocol version {}, not {}: run the same version of every "
                      "holdfast process",
                      hello.protocol_version(), kProtocolVersion));
    }
    greeted_ = true;
  }

  void on_at_limit(const wire::ScriptAtLimit& limit) {
    if (!is_sound(limit)) return;
    if (const auto run = runs_.find(limit.number()); run != runs_.end()) {
      run->second->at_limit({.kind = ScriptOutcome::Kind::kTimedOut,
                             .code = 0,
                             .reason = limit.reason(),
                             .output = limit.output()});
    }
  }

  void on_ended(const wire::ScriptEnded& ended) {
    if (!is_sound(ended)) return;
    const auto outcome = outcome_of(ended);
    if (!outcome) return refuse("an end of no kind");
    const auto entry = runs_.find(ended.number());
    if (entry == runs_.end()) return;  // we lost interest
    RemoteRun* run = entry->second;
    runs_.erase(entry);
    idle_.arm_after(kIdle);
    run->end(*outcome);
  }

  bool is_sound(const auto& word) {
    const char* wrong = nullptr;
    if (!greeted_) wrong = "a message before its hello";
    if (word.number() == 0 || word.number() > last_number_) wrong = "a run that nobody asked for";
    if (!fits(word.reason(), word.output())) wrong = "more words than it may use";
    if (wrong != nullptr) refuse(wrong);
    return wrong == nullptr;
  }

  EventLoop& loop_;
  std::string user_;
  Role role_;
  Client::Refused refused_;
  std::unique_ptr<FrameChannel> channel_;
  bool greeted_ = false;
  uint64_t last_number_ = 0;
  std::map<uint64_t, RemoteRun*> runs_;
  Timer idle_;
};

RemoteRun::~RemoteRun() {
  if (connection_) connection_->forget(number_);
}

void RemoteRun::start(EventLoop& loop, std::shared_ptr<Connection> connection, uint64_t number) {
  connection_ = std::move(connection);
  number_ = number;
  // Of a runner that hangs all runs fail at once, and the next one finds out anew.
  patience_ = loop.add_timer([this] {
    const auto hung = connection_;
    hung->fail_all(hung->in_words("does not answer"));
  });
  if (options_.timeout.count() > 0) patience_.arm_after(options_.timeout + kAnswerPatience);
}

void RemoteRun::fail_later(EventLoop& loop, std::string reason) {
  deferred_ = loop.add_timer([this, reason = std::move(reason)] { end(not_run(reason)); });
  deferred_.arm(TimePoint{});
}

void RemoteRun::at_limit(const ScriptOutcome& outcome) {
  patience_.arm_after(kEndPatience);
  if (const auto callback = std::exchange(options_.at_limit, nullptr)) callback(outcome);
}

void RemoteRun::end(const ScriptOutcome& outcome) {
  patience_.disarm();
  connection_.reset();
  const auto callback = std::move(done_);
  // The callback may destroy what holds it. NOLINTNEXTLINE(performance-unnecessary-copy-*)
  const ScriptOutcome result = outcome;
  callback(result);
}

Client::Client(EventLoop& loop, std::string directory, Role role, Refused refused)
    : loop_(loop), directory_(std::move(directory)), role_(role), refused_(std::move(refused)) {}

Client::~Client() = default;

std::unique_ptr<ScriptJob> Client::run(const RemoteScript& script, ScriptOptions options,
                                       ScriptRun::Done done) {
  auto run = std::make_unique<RemoteRun>(std::move(options), std::move(done));
  auto& connection = connections_[script.user];
  if (!connection) {
    connection = std::make_shared<Connection>(loop_, script.user, role_, refused_);
  }
  wire::RunScript wanted;
  wanted.set_generation(generation_);
  wanted.set_script_id(script.id);
  if (script.arguments) {
    wanted.mutable_arguments()->set_state(wire_state(script.arguments->state));
    wanted.mutable_arguments()->set_priority(script.arguments->priority);
  }
  const std::string path = fmt::format("{}/runner.{}.sock", directory_, script.user);
  if (const auto number = connection->ask(path, wanted, *run)) {
    run->start(loop_, connection, *number);
  } else {
    run->fail_later(loop_, number.error().text);
  }
  return run;
}

}  // namespace holdfast::runner
