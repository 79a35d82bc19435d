#include "notifier/script_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "notifier/messages.h"

namespace holdfast::notifier {
namespace {

// Daemons whose output is still read, at most; beyond it the longest-held pipe is let go.
constexpr size_t kLeftoversMax = 64;

void log_output(const std::string& what, std::string_view output) {
  while (!output.empty()) {
    const size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    if (!line.empty()) log_line<kScriptOutput>(what, log::printable(line));
    if (end == std::string_view::npos) return;
    output.remove_prefix(end + 1);
  }
}

// True at the end of the output: nobody holds the write end any more.
bool drained(int fd) {
  std::array<char, 4096> buffer{};
  // A bound per turn: a flood must not hold the loop.
  for (int turn = 0; turn < 16; ++turn) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0) return errno != EAGAIN && errno != EINTR;
    if (size == 0) return true;
  }
  return false;
}

}  // namespace

ScriptRunner::ScriptRunner(EventLoop& loop, std::function<void()> idle)
    : loop_(loop), idle_(std::move(idle)) {}

void ScriptRunner::add(Notification notification) {
  const std::string what = notification.what;
  if (const size_t given_up = queue_.add(std::move(notification)); given_up > 0) {
    skipped_ += given_up;
    log_line<kCoalesced>(what, given_up, skipped_);
  }
  start_what_may();
}

void ScriptRunner::start_what_may() {
  while (auto turn = queue_.next()) start(std::move(*turn));
}

void ScriptRunner::start(Turn turn) {
  const uint32_t id = turn.router_id;
  Run& run = runs_[id];
  run.what = std::move(turn.what);
  run.text = turn.command.text;
  const auto spawn = [&run](const ScriptCommand& command) {
    auto script = spawn_script(command);
    if (script) run.output.reset(::fcntl(script->output.get(), F_DUPFD_CLOEXEC, 3));
    return script;
  };
  run.script = std::make_unique<ScriptRun>(
      loop_, turn.command, ScriptOptions{.timeout = timeout_, .kill_leftovers = false},
      [this, id](const ScriptOutcome& outcome) { on_done(id, outcome); }, spawn);
}

void ScriptRunner::on_done(uint32_t router_id, const ScriptOutcome& outcome) {
  const auto entry = runs_.find(router_id);
  Run run = std::move(entry->second);
  runs_.erase(entry);
  log_output(run.what, outcome.output);
  if (outcome.success()) {
    log_line<kScriptDone>(run.what, log::printable(run.text));
  } else {
    log_line<kScriptFailed>(run.what, log::printable(run.text), log::printable(outcome.reason));
  }
  run.script.reset();
  keep_output_open(std::move(run.output));
  queue_.finished(router_id);
  start_what_may();
  if (queue_.idle()) idle_();
}

// A notify script may leave a daemon behind that has its standard output: with the read end gone
// its next line would kill it with SIGPIPE.
void ScriptRunner::keep_output_open(UniqueFd output) {
  if (!output || drained(output.get())) return;
  if (leftovers_.size() >= kLeftoversMax) leftovers_.pop_front();
  const auto leftover = leftovers_.emplace(leftovers_.end());
  leftover->output = std::move(output);
  leftover->source = loop_.add_io(leftover->output.get(), EPOLLIN, [this, leftover](uint32_t) {
    if (drained(leftover->output.get())) leftovers_.erase(leftover);
  });
}

}  // namespace holdfast::notifier
