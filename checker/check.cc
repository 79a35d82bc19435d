#include "checker/check.h"

#include <fmt/format.h>

#include <utility>

#include "checker/messages.h"

namespace holdfast::checker {
namespace {

// SIGTERM at the limit, SIGKILL after the grace, and this long to be gone.
constexpr std::chrono::seconds kDeathPatience{1};
constexpr std::chrono::seconds kPendingLinesInterval{10};

// `: "first line"` for a log line, or nothing.
std::string quoted_first_line(const std::string& output) {
  const size_t start = output.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return {};
  const size_t end = output.find_first_of("\r\n", start);
  return fmt::format(": \"{}\"", log::printable(std::string_view(output).substr(
                                     start, end == std::string::npos ? end : end - start)));
}

}  // namespace

Check::Check(EventLoop& loop, CheckDefinition definition, const Hooks& hooks)
    : definition_(std::move(definition)),
      hooks_(hooks),
      state_(definition_.thresholds),
      first_start_(BootClock::now()),
      pending_lines_(kPendingLinesInterval),
      tick_(loop.add_timer([this] { on_tick(); })) {
  tick_.arm(first_start_);
}

std::optional<Check::ActiveRun> Check::active_run() const {
  if (!run_ || run_->pid() <= 0) return std::nullopt;
  return ActiveRun{run_->pid(), run_number_};
}

void Check::on_tick() {
  const TimePoint now = BootClock::now();
  tick_.arm(next_start(first_start_, definition_.interval, now));
  if (run_) return skip(now);
  start();
}

void Check::start() {
  run_start_ = BootClock::now();
  run_number_ = hooks_.next_run_number();
  limit_counted_ = false;
  skip_logged_ = false;
  ScriptOptions options{.timeout = definition_.timeout, .kill_leftovers = true, .at_limit = {}};
  options.at_limit = [this](const ScriptOutcome& outcome) { on_limit(outcome); };
  run_ = hooks_.run(definition_, std::move(options),
                    [this](const ScriptOutcome& outcome) { on_done(outcome); });
}

void Check::skip(TimePoint now) {
  const auto age = std::chrono::duration<double>(now - run_start_).count();
  if (!skip_logged_ && !limit_counted_) {
    skip_logged_ = true;
    log_line<kStillRunning>(definition_.name, fmt::format("started {:.1f} s ago", age));
  }
  if (!limit_counted_ || now < run_start_ + definition_.timeout + kKillGrace + kDeathPatience) {
    return;
  }
  record(false, "its process cannot be killed", {});
}

void Check::on_limit(const ScriptOutcome& outcome) {
  limit_counted_ = true;
  record(false, outcome.reason, outcome.output);
}

void Check::on_done(const ScriptOutcome& outcome) {
  run_.reset();
  const bool killed_with_us = outcome.kind == ScriptOutcome::Kind::kSignalled && hooks_.stopping();
  if (!limit_counted_ && !killed_with_us) {
    record(outcome.success(), outcome.reason, outcome.output);
  }
  hooks_.run_ended();
}

void Check::record(bool success, const std::string& cause, const std::string& output) {
  const std::string shown = log::printable(cause);
  const std::string& name = definition_.name;
  switch (state_.record(success, shown)) {
    case CheckState::Effect::kNone:
      return;
    case CheckState::Effect::kPending:
      if (std::exchange(pending_cause_, shown) == shown) return;
      if (!pending_lines_.admit(BootClock::now())) return;
      log_line<kPending>(name, state_.streak(), state_.needed(), shown, quoted_first_line(output));
      return;
    case CheckState::Effect::kCause:
      if (pending_lines_.admit(BootClock::now())) {
        log_line<kOtherCause>(name, shown, quoted_first_line(output));
      }
      break;
    case CheckState::Effect::kTurned:
      pending_cause_.clear();
      if (success) {
        log_line<kPasses>(name, state_.consecutive(), shown, quoted_first_line(output));
      } else {
        log_line<kFails>(name, state_.consecutive(), shown, quoted_first_line(output));
      }
      break;
  }
  hooks_.changed(*this);
}

}  // namespace holdfast::checker
