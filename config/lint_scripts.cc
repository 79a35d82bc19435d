// Check and notify commands: how they are set up, and what they do.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "common/child_process.h"
#include "config/catalogue.h"
#include "config/interpret.h"
#include "config/lint.h"
#include "config/lint_script_files.h"
#include "config/lint_script_text.h"
#include "config/script_users.h"
#include "config/shell_text.h"

namespace holdfast::config {
namespace {

// What is not supported yet has been read all the same: nothing of the other blocks is lost.
bool has_lost_something(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics.all(), [](const Diagnostic& one) {
    return one.finding.severity == Severity::kError && one.finding.id != kUnsupported.id;
  });
}

class ScriptLinter {
 public:
  ScriptLinter(const LintInput& input, Diagnostics& diagnostics)
      : input_(input),
        diagnostics_(diagnostics),
        complete_(!diagnostics.has_errors()),
        has_all_settings_(!has_lost_something(diagnostics)),
        reporter_(diagnostics) {}

  void run() {
    for (const Instance& instance : input_.model.instances) {
      for (const TrackedScript& tracked : instance.tracked) note_tracked(tracked);
    }
    for (const Script& script : input_.model.scripts) {
      // One that never runs has its own message.
      const bool runs = tracked_.contains(script.name.value) || !complete_;
      if (runs && script.command.is_set()) lint_check(script);
    }
    for (const Instance& instance : input_.model.instances) {
      for (const NotifyCommand& one : instance.notify)
        lint_command(one.command, nullptr, one.run_as);
    }
  }

 private:
  void note_tracked(const TrackedScript& tracked) {
    bool& has_weight = tracked_[tracked.name.value];
    has_weight = has_weight || tracked.weight.is_set();
  }

  void lint_check(const Script& script) {
    const Command& command = script.command.value;
    const bool is_tracked = tracked_.contains(script.name.value);
    if (is_tracked && has_all_settings_) lint_missing_settings(script);
    if (always_passes(command.text, false)) report_always_passes(script.command.place);
    const bool under_shell = command.runner != Command::Runner::kExec;
    const std::string found = under_shell ? finds_itself(command.text, {}) : "";
    if (!found.empty()) {
      diagnostics_.report<kFindsItself>(script.command.place, in_backticks(found))
          .note("the shell that runs this line has it on its own command line")
          .help("use `pidof` or `pgrep -x` with the name of the process");
    }
    const auto [before, first] = commands_.emplace(command.text, &script);
    // Two of one name are an error already.
    if (!first && before->second->name.value != script.name.value) {
      diagnostics_
          .report<kSameCheck>(script.command.place, in_backticks(before->second->name.value),
                              in_backticks(script.name.value))
          .also(before->second->command.place, "it also runs here")
          .help("track one of them in both places: track_script can give it another weight");
    }
    lint_command(script.command, &script, script.run_as);
  }

  void lint_missing_settings(const Script& script) {
    const std::string name = in_backticks(script.name.value);
    const bool waits = may_wait(script.command.value.text);
    if (waits && lacks(script.contents, "timeout")) {
      const double seconds = std::chrono::duration<double>(script.interval.value).count();
      diagnostics_.report<kNoTimeout>(script.name.place, name)
          .note(fmt::format("a run that hangs is ended after the interval, {} s", seconds))
          .help("write `timeout N`, with the seconds that a healthy run never takes");
    }
    if (waits && lacks(script.contents, "fall")) {
      diagnostics_.report<kNoFall>(script.name.place, name)
          .note("one slow answer moves the addresses, and the next run moves them back")
          .help("write `fall 2` and `rise 2`, or more");
    }
    const bool weighted = !lacks(script.contents, "weight") || tracked_[script.name.value];
    if (weighted) return;
    diagnostics_.report<kNoWeight>(script.name.place, name)
        .note("if it fails on all hosts, nobody holds the addresses")
        .help(
            "write `weight -N`, with an N larger than the difference of the priorities, so that "
            "the last host keeps them; or `weight 0` if FAULT is meant");
  }

  void report_always_passes(Place place) {
    diagnostics_.report<kAlwaysPasses>(place)
        .note("whatever fails in it, its exit status is 0")
        .help("let it end with the status of what it tests");
  }

  const RunAs& effective(const RunAs& run_as) const {
    return run_as.user.is_set() ? run_as : input_.model.global.script_user;
  }

  std::optional<Account> account_of(const std::string& user) {
    const auto [found, is_new] = users_.try_emplace(user);
    if (is_new) found->second = find_script_user(user, input_.options);
    if (!found->second.has_runner()) return std::nullopt;
    return found->second.account;
  }

  void lint_command(const Setting<Command>& command, const Script* script, const RunAs& run_as) {
    const std::string& user = effective(run_as).user.value;
    const CommandUse use{.place = command.place,
                         .script = script,
                         .file = {},
                         .user = user,
                         .account = account_of(user)};
    reporter_.report_deeds(use, deeds_of(command.value.text));
    lint_bare_name(command);
    for (const NamedFile& named : files_of(command.value.text)) {
      CommandUse of_file = use;
      of_file.file = named.path;
      // The notify lines of many routers name one file.
      if (files_.insert({named.path, script != nullptr}).second) lint_file(of_file, named);
    }
  }

  void lint_bare_name(const Setting<Command>& command) {
    if (command.value.argv.empty()) return;
    const std::string& program = command.value.argv.front();
    if (program.find('/') != std::string::npos || program.find('.') == std::string::npos) return;
    diagnostics_.report<kBareScript>(command.place, in_backticks(program))
        .note(
            fmt::format("they are {}; the directory of this file is not one of them", kScriptPath))
        .help("write its absolute path");
  }

  void lint_file(const CommandUse& use, const NamedFile& named) {
    if (!reporter_.report_file(use, named, input_.options) || !input_.options.read_script) return;
    const auto text = input_.options.read_script(named.path, kScriptBytesMax);
    const bool binary = !text || text->find('\0') != std::string::npos;
    if (binary) return;
    reporter_.report_text(use, named, *text, input_.options);
  }

  const LintInput& input_;
  Diagnostics& diagnostics_;
  bool complete_;
  bool has_all_settings_;
  FileReporter reporter_;
  std::map<std::string_view, bool> tracked_;  // and whether a tracker gives a weight
  std::map<std::string_view, const Script*> commands_;
  std::set<std::pair<std::string, bool>> files_;
  std::map<std::string, ScriptUser> users_;
};

}  // namespace

void lint_scripts(const LintInput& input, Diagnostics& diagnostics) {
  ScriptLinter(input, diagnostics).run();
}

}  // namespace holdfast::config
