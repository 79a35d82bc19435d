#include "notifier/script_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "notifier/messages.h"

namespace holdfast::notifier {
namespace {

void log_output(const std::string& what, std::string_view output) {
  while (!output.empty()) {
    const size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    if (!line.empty()) log_line<kScriptOutput>(what, log::printable(line));
    if (end == std::string_view::npos) return;
    output.remove_prefix(end + 1);
  }
}

}  // namespace

ScriptRunner::ScriptRunner(EventLoop& loop, const std::string& runners, Handlers handlers)
    : loop_(loop),
      handlers_(std::move(handlers)),
      runners_(loop, runners, runner::Role::kNotifier,
               [](const std::string& user, const std::string& why) {
                 log_line<kBadUserRunner>(user, why);
               }),
      leftovers_(loop) {}

void ScriptRunner::add(Notification notification) {
  if (notification.commands.empty()) return handlers_.settled(notification.transition);
  const std::string what = notification.what;
  if (const auto given_up = queue_.add(std::move(notification)); !given_up.empty()) {
    skipped_ += given_up.size();
    log_line<kCoalesced>(what, given_up.size(), skipped_);
    for (const TransitionId& transition : given_up) handlers_.settled(transition);
  }
  start_what_may();
}

void ScriptRunner::start_what_may() {
  while (auto turn = queue_.next()) {
    const TransitionId transition = turn->transition;
    const uint32_t begun = turn->begun;
    const bool is_last = turn->is_last;
    start(std::move(*turn));
    if (is_last) {
      handlers_.settled(transition);
    } else {
      handlers_.begun(transition, begun);
    }
  }
}

void ScriptRunner::start(Turn turn) {
  const uint32_t id = turn.router_id;
  Run& run = runs_[id];
  run.what = std::move(turn.what);
  run.text = turn.command.text;
  ScriptOptions options{.timeout = timeout_, .kill_leftovers = false};
  auto done = [this, id](const ScriptOutcome& outcome) { on_done(id, outcome); };
  if (turn.command.remote) {
    run.script = runners_.run(*turn.command.remote, std::move(options), std::move(done));
    return;
  }
  const auto spawn = [&run](const ScriptCommand& command) {
    auto script = spawn_script(command);
    if (script) run.output.reset(::fcntl(script->output.get(), F_DUPFD_CLOEXEC, 3));
    return script;
  };
  run.script =
      std::make_unique<ScriptRun>(loop_, turn.command, std::move(options), std::move(done), spawn);
}

void ScriptRunner::on_done(uint32_t router_id, const ScriptOutcome& outcome) {
  const auto entry = runs_.find(router_id);
  Run run = std::move(entry->second);
  runs_.erase(entry);
  log_output(run.what, outcome.output);
  if (!outcome.success()) {
    log_line<kScriptFailed>(run.what, log::printable(run.text), log::printable(outcome.reason));
  }
  run.script.reset();
  leftovers_.keep(std::move(run.output));
  queue_.finished(router_id);
  start_what_may();
  if (queue_.idle()) handlers_.idle();
}

}  // namespace holdfast::notifier
