#include "runner/session.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "runner/bounds.h"

namespace holdfast::runner {
namespace {

using wire::ScriptEnded;

std::optional<Role> role_of(wire::AskerHello::Role role) {
  if (role == wire::AskerHello::ROLE_CHECKER) return Role::kChecker;
  if (role == wire::AskerHello::ROLE_NOTIFIER) return Role::kNotifier;
  return std::nullopt;
}

std::optional<NotifyArguments> arguments_of(const wire::NotifyArguments& in) {
  if (in.priority() > kPriorityMax) return std::nullopt;
  switch (in.state()) {
    case wire::NotifyArguments::STATE_MASTER:
      return NotifyArguments{NotifyState::kMaster, in.priority()};
    case wire::NotifyArguments::STATE_BACKUP:
      return NotifyArguments{NotifyState::kBackup, in.priority()};
    case wire::NotifyArguments::STATE_FAULT:
      return NotifyArguments{NotifyState::kFault, in.priority()};
    case wire::NotifyArguments::STATE_STOP:
      return NotifyArguments{NotifyState::kStop, in.priority()};
    default:
      return std::nullopt;
  }
}

ScriptEnded::How how_of(ScriptOutcome::Kind kind) {
  switch (kind) {
    case ScriptOutcome::Kind::kExited:
      return ScriptEnded::HOW_EXITED;
    case ScriptOutcome::Kind::kSignalled:
      return ScriptEnded::HOW_SIGNALLED;
    case ScriptOutcome::Kind::kTimedOut:
      return ScriptEnded::HOW_TIMED_OUT;
    case ScriptOutcome::Kind::kNotStarted:
      break;
  }
  return ScriptEnded::HOW_NOT_STARTED;
}

// A protobuf string must be UTF-8, and this one holds the names of files.
std::string bounded(const std::string& reason) {
  return log::printable(reason, kReasonBytesMax / 4);
}

}  // namespace

Session::Session(EventLoop& loop, UniqueFd fd, Parts parts)
    : loop_(loop),
      parts_(std::move(parts)),
      channel_(loop, std::move(fd),
               {.frame = [this](std::span<const std::byte> frame) { on_frame(frame); },
                .closed =
                    [this](const std::string& why) {
                      end();
                      parts_.ended(why);
                    }}) {
  wire::RunnerToAsker message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  send(message);
}

void Session::end() {
  channel_.close();
  runs_.clear();  // kills what runs
}

void Session::refuse(const std::string& why) {
  end();
  parts_.refused(why);
}

void Session::on_frame(std::span<const std::byte> frame) {
  if (frame.size() > kRequestBytesMax) {
    return refuse(
        fmt::format("a message of {} bytes, not at most {}", frame.size(), kRequestBytesMax));
  }
  wire::AskerToRunner message;
  if (!parse_frame(frame, message)) return refuse("a message that cannot be parsed");
  if (message.has_hello()) return on_hello(message.hello());
  if (!greeted_as_) return refuse("a message before its hello");
  if (message.has_run()) return on_run(message.run());
  if (!message.has_kill()) return refuse("an empty message");
  const uint64_t number = message.kill().number();
  if (number == 0 || number > last_number_) return refuse("a kill of a run that never was");
  runs_.erase(number);
}

void Session::on_hello(const wire::AskerHello& hello) {
  if (greeted_as_) return refuse("a second hello");
  if (hello.protocol_version() != kProtocolVersion) {
    return refuse(
        fmt::format("it speaks protocol version {}, not {}: run the same version of every "
                    "holdfast process",
                    hello.protocol_version(), kProtocolVersion));
  }
  const auto role = role_of(hello.role());
  if (!role) return refuse("a hello without a role");
  if (parts_.role && parts_.role != role) return refuse("a hello in another user's role");
  greeted_as_ = role;
}

void Session::on_run(const wire::RunScript& wanted) {
  const uint64_t number = wanted.number();
  if (number <= last_number_) return refuse("a run whose number is not the next");
  last_number_ = number;
  NotifyArguments arguments;
  if (wanted.has_arguments() != (greeted_as_ == Role::kNotifier)) {
    return refuse("arguments where none belong, or none where they do");
  }
  if (wanted.has_arguments()) {
    const auto read = arguments_of(wanted.arguments());
    if (!read) return refuse("arguments out of range");
    arguments = *read;
  }
  const auto contents = parts_.library.of_generation(wanted.generation());
  const auto not_started = [&](std::string reason) {
    tell_end(number, {.kind = ScriptOutcome::Kind::kNotStarted,
                      .code = 0,
                      .reason = std::move(reason),
                      .output = {}});
  };
  if (!contents) return not_started(contents.error().text);
  const auto entry = (*contents)->scripts.find(wanted.script_id());
  if (entry == (*contents)->scripts.end() || entry->second.asker != greeted_as_) {
    return refuse(fmt::format("script {} is none that it may ask for", wanted.script_id()));
  }
  if (runs_.size() >= kRunsMax) return not_started("too many scripts run already");
  start(number, entry->second, command_of(**contents, entry->second, arguments));
}

void Session::start(uint64_t number, const Entry& entry, const ScriptCommand& command) {
  Run& run = runs_[number];
  run.order = parts_.next_run();
  const bool keeps_output = entry.asker == Role::kNotifier;
  const auto spawn = [&run, keeps_output](const ScriptCommand& what) {
    auto script = spawn_script(what);
    if (script && keeps_output) {
      run.output.reset(::fcntl(script->output.get(), F_DUPFD_CLOEXEC, 3));
    }
    return script;
  };
  ScriptOptions options{
      .timeout = entry.timeout, .kill_leftovers = entry.asker == Role::kChecker, .at_limit = {}};
  options.at_limit = [this, number](const ScriptOutcome& outcome) { tell_limit(number, outcome); };
  run.script = std::make_unique<ScriptRun>(
      loop_, command, std::move(options),
      [this, number](const ScriptOutcome& outcome) { on_done(number, outcome); }, spawn);
}

void Session::on_done(uint64_t number, const ScriptOutcome& outcome) {
  const auto entry = runs_.find(number);
  Run run = std::move(entry->second);
  runs_.erase(entry);
  run.script.reset();
  parts_.leftovers.keep(std::move(run.output));
  parts_.script_ended();
  tell_end(number, outcome);
}

void Session::tell_runs(checker::StrayReaper::World& world) const {
  for (const auto& [number, run] : runs_) {
    if (!run.script || run.script->pid() <= 0) continue;
    world.awaited.insert(run.script->pid());
    world.runs.oldest = std::min(world.runs.oldest, run.order);
  }
}

void Session::tell_limit(uint64_t number, const ScriptOutcome& outcome) {
  wire::RunnerToAsker message;
  message.mutable_at_limit()->set_number(number);
  message.mutable_at_limit()->set_reason(bounded(outcome.reason));
  message.mutable_at_limit()->set_output(outcome.output);
  send(message);
}

void Session::tell_end(uint64_t number, const ScriptOutcome& outcome) {
  wire::RunnerToAsker message;
  ScriptEnded& ended = *message.mutable_ended();
  ended.set_number(number);
  ended.set_how(how_of(outcome.kind));
  ended.set_code(static_cast<uint32_t>(outcome.code));
  ended.set_reason(bounded(outcome.reason));
  ended.set_output(outcome.output);
  send(message);
}

void Session::send(const wire::RunnerToAsker& message) {
  if (channel_.send(message) == SendResult::kQueueFull) refuse("it does not read its answers");
}

}  // namespace holdfast::runner
