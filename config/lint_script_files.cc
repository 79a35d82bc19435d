#include "config/lint_script_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "config/catalogue.h"
#include "config/shell_text.h"

namespace holdfast::config {
namespace {

using Kind = FileStatus::Kind;
constexpr uint32_t kAnyExecute = 0111;
constexpr uint32_t kSticky = 01000;
constexpr size_t kDeedsShown = 3;
constexpr size_t kFilesMax = 8;  // of one command line

bool is_interpreter(std::string_view program) {
  constexpr std::array<std::string_view, 10> kNames = {"sh",  "bash",   "dash",    "ash",  "ksh",
                                                       "zsh", "python", "python3", "perl", "ruby"};
  return std::ranges::find(kNames, base_name(program)) != kNames.end();
}

bool is_plain_path(std::string_view word) {
  return word.starts_with('/') && word.size() > 1 &&
         word.find_first_of("$*?[]{}~<>") == std::string_view::npos;
}

// Whether somebody who is neither root nor known may do it; a group of its own may be theirs.
bool is_allowed(const FileStatus& status, uint32_t others_bit) {
  return (status.mode & others_bit) != 0 ||
         (status.group != 0 && (status.mode & (others_bit << 3U)) != 0);
}

// Whether the one who runs it may; the kernel asks the same way.
bool may(const FileStatus& status, uint32_t others_bit, const std::optional<Account>& account) {
  if (!account) return is_allowed(status, others_bit);
  if (account->uid == 0) return true;
  if (status.owner == account->uid) return (status.mode & (others_bit << 6U)) != 0;
  const bool member = status.group == account->gid ||
                      std::ranges::find(account->groups, status.group) != account->groups.end();
  return (status.mode & (member ? others_bit << 3U : others_bit)) != 0;
}

// "/", "/etc", "/etc/keepalived" of "/etc/keepalived/x".
std::vector<std::string> directories_of(const std::string& path) {
  std::vector<std::string> result = {"/"};
  for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    result.push_back(path.substr(0, at));
  }
  return result;
}

// The first that only some may enter; empty: none.
std::string closed_directory(const std::string& path, const StatFile& stat_file,
                             const std::optional<Account>& account) {
  for (const std::string& directory : directories_of(path)) {
    const FileStatus status = stat_file(directory);
    if (status.kind == Kind::kDirectory && !may(status, 01, account)) return directory;
  }
  return {};
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// The program of a `#!` line: "/bin/sh", or what /usr/bin/env is to find: "bash".
std::string interpreter_of(std::string_view line) {
  line.remove_prefix(2);
  const size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  line.remove_prefix(start);
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

bool is_shell_script(std::string_view text) {
  if (!text.starts_with("#!")) return true;
  return first_line(text).find("sh") != std::string::npos;
}

bool is_run_by_sh(std::string_view text) {
  if (!text.starts_with("#!")) return true;
  const std::string line = first_line(text);
  const std::string interpreter = interpreter_of(line);
  const auto name = base_name(interpreter);
  return name == "sh" || name == "dash" || name == "ash" || line.ends_with("env sh");
}

// What keepalived does with a check that cannot run: one that it sees at its start, and one whose
// child cannot exec, which then exits with 0.
constexpr std::string_view kDropped = "drops such a check and goes on as if it passed";
constexpr std::string_view kCountsAsPassed = "takes that for success, so the check always passes";

// Whom keepalived runs it as.
std::string runs_as(const CommandUse& use) {
  if (use.user.empty()) return "keepalived runs it as root by default";
  return fmt::format("keepalived runs it as {}, as the configuration says",
                     is_root(use.user) ? "root" : in_backticks(use.user));
}

std::string line_note(const CommandUse& use, const Deed& deed) {
  const std::string command = in_backticks(deed.command);
  return use.file.empty() ? fmt::format("it says {}", command)
                          : fmt::format("line {} of {}: {}", deed.line, use.file, command);
}

}  // namespace

bool is_root(std::string_view user) {
  return user == "root" || user == "0";
}

std::vector<NamedFile> files_of(std::string_view command_line) {
  std::vector<NamedFile> files;
  for (const SimpleCommand& command : simple_commands(command_line)) {
    if (files.size() >= kFilesMax) break;
    const std::string& program = command.words.front();
    if (is_plain_path(program)) files.push_back({.path = program});
    if (!is_interpreter(program)) continue;
    const auto argument = std::find_if(command.words.begin() + 1, command.words.end(),
                                       [](std::string_view word) { return word[0] != '-'; });
    if (argument != command.words.end() && is_plain_path(*argument)) {
      files.push_back({.path = *argument, .is_argument = true});
    }
  }
  return files;
}

std::string FileReporter::consequence(const CommandUse& use,
                                      std::string_view with_keepalived) const {
  if (use.script == nullptr) return "the notification is lost, as it is with keepalived";
  const bool weighted = use.script->weight.value != 0;
  return fmt::format("the check fails here, {}; keepalived {}",
                     weighted ? "and its weight counts" : "and the router stays in FAULT",
                     with_keepalived);
}

bool FileReporter::report_file(const CommandUse& use, const NamedFile& named,
                               const CompileOptions& options) {
  if (!options.stat_file) return true;
  const FileStatus status = options.stat_file(named.path);
  const std::string name = in_backticks(named.path);
  if (status.kind == Kind::kMissing) {
    diagnostics_.report<kScriptMissing>(use.place, name)
        .note(consequence(use, kDropped))
        .help("put it there, or correct the path; for the file of another host this says nothing");
    return false;
  }
  if (status.kind == Kind::kDirectory || status.kind == Kind::kOther) {
    // /dev/tcp and its like are names that only a shell knows.
    if (named.path.starts_with("/dev/")) return false;
    diagnostics_.report<kScriptNotAFile>(use.place, name).note(consequence(use, kDropped));
    return false;
  }
  const std::string closed = closed_directory(named.path, options.stat_file, use.account);
  const uint32_t needed = named.is_argument ? 04 : 01;
  if (status.kind == Kind::kRegular && !named.is_argument && (status.mode & kAnyExecute) == 0) {
    diagnostics_.report<kScriptNotExecutable>(use.place, name)
        .note(fmt::format("its mode is {:04o}", status.mode))
        .note(consequence(use, kDropped))
        .help(fmt::format("chmod 755 {}", named.path));
    return false;
  }
  if (!closed.empty() || (status.kind == Kind::kRegular && !may(status, needed, use.account))) {
    diagnostics_.report<kScriptNotForUs>(use.place, name)
        .note(closed.empty() ? fmt::format("its mode is {:04o}", status.mode)
                             : fmt::format("only some may enter {}", closed))
        .note(use.account ? fmt::format("it runs as {}", in_backticks(use.account->name))
                          : runs_as(use) + "; here it runs as the unprivileged user of the service")
        .help(fmt::format("chmod 755 {}", closed.empty() ? named.path : closed));
    return false;
  }
  if (status.kind == Kind::kRegular) report_writable(use, options, status);
  return true;
}

void FileReporter::report_writable(const CommandUse& use, const CompileOptions& options,
                                   const FileStatus& status) {
  std::string which;
  if (is_allowed(status, 02)) which = use.file;
  for (const std::string& directory : directories_of(use.file)) {
    const FileStatus around = options.stat_file(directory);
    if (!which.empty() || around.kind != Kind::kDirectory) continue;
    // In a sticky directory they cannot replace what is not theirs.
    if (is_allowed(around, 02) && (around.mode & kSticky) == 0) which = directory;
  }
  if (which.empty()) return;
  diagnostics_.report<kScriptWritable>(use.place, in_backticks(use.file))
      .note(fmt::format("{} is writable for a group or for everybody", which))
      .help(fmt::format("chmod go-w {}", which));
}

bool FileReporter::report_interpreter(const CommandUse& use, std::string_view text,
                                      const CompileOptions& options) {
  const std::string name = in_backticks(use.file);
  if (!text.starts_with("#!")) {
    diagnostics_.report<kNoShebang>(use.place, name)
        .note("it is run by /bin/sh, whatever it was written for")
        .help("begin it with `#!/bin/sh` or `#!/bin/bash`");
    return true;
  }
  const std::string interpreter = interpreter_of(first_line(text));
  const bool foreign_end = interpreter.ends_with('\r');
  const bool missing = foreign_end || (options.stat_file && interpreter.starts_with('/') &&
                                       options.stat_file(interpreter).kind == Kind::kMissing);
  if (!missing) return true;
  Diagnostic& diagnostic =
      diagnostics_.report<kNoInterpreter>(use.place, in_backticks(interpreter), name)
          .note(consequence(use, kCountsAsPassed));
  if (foreign_end) {
    diagnostic.note("its lines end with CR LF, and the CR becomes part of the name")
        .help("convert it with dos2unix(1)");
  }
  return false;
}

void FileReporter::report_text(const CommandUse& use, const NamedFile& named, std::string_view text,
                               const CompileOptions& options) {
  if (!named.is_argument && !report_interpreter(use, text, options)) return;
  if (!is_shell_script(text)) return;
  const std::string name = in_backticks(named.path);
  const Bashism bashism = !named.is_argument && is_run_by_sh(text) ? bashism_of(text) : Bashism{};
  if (bashism.line != 0) {
    diagnostics_.report<kBashismInSh>(use.place, name)
        .note(fmt::format("line {}: {}", bashism.line, bashism.what))
        .note(
            "where /bin/sh is dash, as on Debian and Ubuntu, that line fails or does something "
            "else")
        .help("begin the script with `#!/bin/bash`");
  }
  report_deeds(use, deeds_of(text));
  if (use.script == nullptr) return;
  if (const auto found = finds_itself(text, base_name(named.path)); !found.empty()) {
    diagnostics_.report<kFindsItself>(use.place, in_backticks(found))
        .note(fmt::format("the script {} runs under that name, or has it on a command line",
                          named.path))
        .help("use `pidof` or `pgrep -x` from a script with another name");
  }
  if (always_passes(text, true)) {
    diagnostics_.report<kAlwaysPasses>(use.place)
        .note(fmt::format("{} ends with `exit 0`, and nothing in it exits otherwise", named.path))
        .help("let it end with the status of what it tests");
  }
}

void FileReporter::report_deeds(const CommandUse& use, const std::vector<Deed>& deeds) {
  report_root(use, deeds);
  if (use.script == nullptr) return;
  for (const Deed& deed : deeds) {
    if (deed.kind == Deed::Kind::kStop) {
      diagnostics_.report<kStopsSuite>(use.place)
          .note(line_note(use, deed))
          .note("it has no right to, and a check that fails moves the addresses anyway")
          .help("let the script exit with 1 instead");
    } else if (deed.kind == Deed::Kind::kTakesErrors) {
      diagnostics_.report<kCurlTakesErrors>(use.place)
          .note(line_note(use, deed))
          .note("without --fail its exit status is 0 for a 404 or a 500, too")
          .help("add --fail");
    } else if (deed.kind == Deed::Kind::kMayHang) {
      const bool curl = deed.program == "curl";
      diagnostics_.report<kFetchMayHang>(use.place, deed.program)
          .note(line_note(use, deed))
          .help(curl ? "add --max-time with the seconds that a healthy answer never takes"
                     : "add --timeout and --tries=1");
    }
  }
}

// One message for a command line or a file, however much it does.
void FileReporter::report_root(const CommandUse& use, const std::vector<Deed>& deeds) {
  // A user that is named is the same with keepalived.
  if (use.account || (!use.user.empty() && !is_root(use.user))) return;
  std::vector<const Deed*> rooted;
  for (const Deed& deed : deeds) {
    const bool stops = deed.kind == Deed::Kind::kStop && use.script == nullptr;
    if (stops || deed.kind == Deed::Kind::kRoot) rooted.push_back(&deed);
  }
  if (rooted.empty()) return;
  Diagnostic& diagnostic =
      diagnostics_.report<kNeedsRoot>(use.place, in_backticks(rooted.front()->program));
  for (size_t i = 0; i < std::min(rooted.size(), kDeedsShown); ++i) {
    diagnostic.note(line_note(use, *rooted[i]));
  }
  if (rooted.size() > kDeedsShown) {
    diagnostic.note(fmt::format("and {} more", rooted.size() - kDeedsShown));
  }
  diagnostic.note(runs_as(use) +
                  "; here only if its user is root and that is enabled (`holdfast explain "
                  "HF0341`)");
  diagnostic.help(
      "let a systemd unit do that part, and a polkit rule let the service's user start "
      "the unit");
}

}  // namespace holdfast::config
