#include "config/lint_script_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "config/command.h"
#include "config/shell_text.h"

namespace holdfast::config {
namespace {

using Names = std::span<const std::string_view>;
constexpr size_t kWordsShown = 6;
constexpr size_t kCommandsAhead = 8;      // that may belong to one pipeline
constexpr size_t kCommandNameBytes = 15;  // what the kernel keeps of a process's name

bool is_one_of(std::string_view word, Names names) {
  return std::ranges::find(names, word) != names.end();
}

bool has_any(const SimpleCommand& command, Names names) {
  const auto one = [&](std::string_view word) { return is_one_of(word, names); };
  return std::any_of(command.words.begin() + 1, command.words.end(), one);
}

std::string shown(const SimpleCommand& command) {
  const size_t size = std::min(command.words.size(), kWordsShown);
  return fmt::format("{}{}",
                     fmt::join(command.words.begin(),
                               command.words.begin() + static_cast<std::ptrdiff_t>(size), " "),
                     size < command.words.size() ? " ..." : "");
}

// ---- what needs root

constexpr std::array<std::string_view, 31> kAlwaysRoot = {"ipvsadm",
                                                          "iptables",
                                                          "ip6tables",
                                                          "iptables-restore",
                                                          "ebtables",
                                                          "arptables",
                                                          "nft",
                                                          "tc",
                                                          "modprobe",
                                                          "insmod",
                                                          "rmmod",
                                                          "umount",
                                                          "arping",
                                                          "brctl",
                                                          "conntrack",
                                                          "conntrackd",
                                                          "reboot",
                                                          "shutdown",
                                                          "halt",
                                                          "poweroff",
                                                          "chroot",
                                                          "drbdadm",
                                                          "exportfs",
                                                          "ufw",
                                                          "firewall-cmd",
                                                          "su",
                                                          "ip6tables-restore",
                                                          "ipset",
                                                          "send_arp",
                                                          "swapoff",
                                                          "swapon"};
constexpr std::array<std::string_view, 13> kServiceVerbs = {
    "start",        "stop",   "restart",           "reload",  "try-restart", "condrestart",
    "force-reload", "enable", "reload-or-restart", "disable", "kill",        "mask",
    "isolate"};
constexpr std::array<std::string_view, 8> kChanges = {"add",    "del", "delete", "replace",
                                                      "change", "set", "flush",  "append"};
constexpr std::array<std::string_view, 6> kServiceTools = {"systemctl", "service",     "rc-service",
                                                           "initctl",   "invoke-rc.d", "chkconfig"};
constexpr std::array<std::string_view, 4> kSignalTools = {"kill", "killall", "pkill", "skill"};

bool sends_zero(const SimpleCommand& command) {
  constexpr std::array<std::string_view, 7> kZero = {"-0", "-s0", "-n0",   "--signal=0",
                                                     "-l", "-L",  "--list"};
  if (has_any(command, kZero)) return true;
  for (size_t i = 1; i + 1 < command.words.size(); ++i) {
    const std::string& word = command.words[i];
    if ((word == "-s" || word == "-n" || word == "--signal") && command.words[i + 1] == "0") {
      return true;
    }
  }
  return false;
}

bool is_service_script(std::string_view program) {
  return program.starts_with("/etc/init.d/") || program.starts_with("/etc/rc.d/init.d/");
}

bool changes_service(const SimpleCommand& command) {
  const std::string_view program = command.words.front();
  const bool tool = is_one_of(base_name(program), kServiceTools) || is_service_script(program);
  return tool && has_any(command, kServiceVerbs);
}

bool writes_kernel_settings(const SimpleCommand& command) {
  for (size_t i = 0; i < command.words.size(); ++i) {
    std::string_view word = command.words[i];
    if (!word.starts_with('>')) continue;
    while (word.starts_with('>')) word.remove_prefix(1);
    if (word.empty() && i + 1 < command.words.size()) word = command.words[i + 1];
    if (word.starts_with("/proc/sys/") || word.starts_with("/sys/")) return true;
  }
  return false;
}

bool needs_root(const SimpleCommand& command) {
  const std::string_view program = base_name(command.words.front());
  const auto& words = command.words;
  if (command.as_root || is_one_of(program, kAlwaysRoot) || changes_service(command)) return true;
  if (is_one_of(program, kSignalTools)) return words.size() > 1 && !sends_zero(command);
  if (program == "ip" || program == "bridge" || program == "route") {
    return has_any(command, kChanges);
  }
  if (program == "ifconfig") return words.size() > 2;
  if (program == "mount") return words.size() > 1;
  if (program == "sysctl") {
    return std::ranges::any_of(words, [](std::string_view word) {
      return word == "-w" || word == "-p" || word == "--system" ||
             word.find('=') != std::string_view::npos;
    });
  }
  return writes_kernel_settings(command);
}

bool names_suite(std::string_view word) {
  return word.find("keepalived") != std::string_view::npos ||
         word.find("holdfast") != std::string_view::npos;
}

// `kill $(pidof keepalived)`: what it kills stands in the commands behind it on its line.
bool stops_suite(const std::vector<SimpleCommand>& commands, size_t index) {
  const SimpleCommand& command = commands[index];
  constexpr std::array<std::string_view, 4> kEnding = {"stop", "restart", "kill", "try-restart"};
  if (changes_service(command)) {
    return has_any(command, kEnding) && std::ranges::any_of(command.words, names_suite);
  }
  if (!is_one_of(base_name(command.words.front()), kSignalTools) || sends_zero(command)) {
    return false;
  }
  const size_t end = std::min(commands.size(), index + kCommandsAhead);
  for (size_t i = index; i < end && commands[i].line == command.line; ++i) {
    if (i > index && !commands[i].substituted) break;
    if (std::any_of(commands[i].words.begin() + 1, commands[i].words.end(), names_suite)) {
      return true;
    }
  }
  return false;
}

// ---- fetching

// `-f`, also within `-sf`; `--fail...`.
bool has_option(const SimpleCommand& command, char letter, std::string_view name) {
  return std::any_of(command.words.begin() + 1, command.words.end(), [&](std::string_view word) {
    if (word.starts_with("--")) return word.starts_with(name);
    return word.starts_with('-') && word.find(letter) != std::string_view::npos;
  });
}

void add_fetch(const SimpleCommand& command, std::vector<Deed>& deeds) {
  const std::string_view program = base_name(command.words.front());
  if (program != "curl" && program != "wget") return;
  const bool curl = program == "curl";
  Deed deed{.kind = Deed::Kind::kTakesErrors,
            .command = shown(command),
            .program = std::string(program),
            .line = command.line};
  // Whoever reads its output may well look at the status there.
  const bool looked_at =
      command.piped || command.substituted || has_option(command, 'w', "--write-out");
  if (curl && !looked_at && !has_option(command, 'f', "--fail")) deeds.push_back(deed);
  const bool bounded =
      curl ? has_option(command, 'm', "--max-time") : has_option(command, 'T', "--timeout");
  deed.kind = Deed::Kind::kMayHang;
  if (!bounded) deeds.push_back(deed);
}

}  // namespace

std::vector<Deed> deeds_of(std::string_view text) {
  std::vector<Deed> deeds;
  const auto commands = simple_commands(text);
  for (size_t i = 0; i < commands.size(); ++i) {
    const SimpleCommand& command = commands[i];
    const std::string& program = command.words.front();
    const auto add = [&](Deed::Kind kind) {
      deeds.push_back({.kind = kind,
                       .command = shown(command),
                       .program = command.as_root              ? "sudo"
                                  : is_service_script(program) ? program
                                                               : std::string(base_name(program)),
                       .line = command.line});
    };
    add_fetch(command, deeds);
    if (stops_suite(commands, i)) {
      add(Deed::Kind::kStop);
    } else if (needs_root(command)) {
      add(Deed::Kind::kRoot);
    }
  }
  return deeds;
}

std::string finds_itself(std::string_view text, std::string_view file_name) {
  const auto commands = simple_commands(text);
  for (size_t i = 0; i < commands.size(); ++i) {
    const SimpleCommand& command = commands[i];
    const std::string_view program = base_name(command.words.front());
    const auto& words = command.words;
    const bool by_name =
        is_one_of(program, kSignalTools) || program == "pidof" || program == "pgrep";
    if (!file_name.empty() && by_name && words.size() > 1 &&
        words.back() == file_name.substr(0, kCommandNameBytes)) {
      return words.back();
    }
    // `sh -c` carries the pattern on its own command line.
    const bool whole_line =
        (program == "pgrep" || program == "pkill") && has_option(command, 'f', "--full");
    if (file_name.empty() && whole_line && words.back().find('[') == std::string::npos &&
        !words.back().starts_with('-')) {
      return words.back();
    }
    if (program != "ps" || !command.piped || i + 1 == commands.size()) continue;
    const SimpleCommand& filter = commands[i + 1];
    const std::string_view name = base_name(filter.words.front());
    if ((name != "grep" && name != "egrep") || filter.words.size() < 2) continue;
    const auto ahead =
        std::span(commands).subspan(i + 1).first(std::min(kCommandsAhead, commands.size() - i - 1));
    const bool excluded = std::ranges::any_of(ahead, [](const auto& one) {
      return base_name(one.words.front()).ends_with("grep") && has_option(one, 'v', "--invert");
    });
    const std::string& pattern = filter.words.back();
    if (excluded || pattern.find('[') != std::string::npos || pattern.starts_with('-')) continue;
    return pattern;
  }
  return {};
}

bool always_passes(std::string_view text, bool is_file) {
  const auto commands = simple_commands(text);
  if (commands.size() < 2 || text.find("exec ") != std::string_view::npos) return false;
  const auto passes = [](const SimpleCommand& one) {
    const auto& words = one.words;
    return words == std::vector<std::string>{"true"} || words == std::vector<std::string>{":"} ||
           words == std::vector<std::string>{"exit", "0"};
  };
  const auto fails = [](const SimpleCommand& one) {
    const auto& words = one.words;
    return words.front() == "false" || words.front() == "set" || words.front() == "trap" ||
           (words.front() == "exit" && (words.size() == 1 || words[1] != "0"));
  };
  const std::string_view before = text.substr(0, commands.back().at);
  const size_t end = before.find_last_not_of(" \t\n");
  const bool last =
      is_file && commands.back().words.front() == "exit" &&
      before.substr(std::min(end + 1, before.size())).find('\n') != std::string_view::npos;
  const bool whatever = end != std::string_view::npos &&
                        (last || before[end] == ';' || before.substr(0, end + 1).ends_with("||"));
  return whatever && passes(commands.back()) && std::ranges::none_of(commands, fails);
}

bool may_wait(std::string_view text) {
  // A redirection that makes bash connect.
  if (text.find("/dev/tcp/") != std::string_view::npos) return true;
  constexpr std::array<std::string_view, 17> kQuick = {
      "[",    "[[",      "]",     "]]",    "test",  "exit", "true", "false", ":",
      "kill", "killall", "pidof", "pgrep", "pkill", "grep", "ps",   "echo"};
  const auto quick = [&](const SimpleCommand& one) {
    return is_one_of(base_name(one.words.front()), kQuick);
  };
  return !std::ranges::all_of(simple_commands(text), quick);
}

Bashism bashism_of(std::string_view text) {
  const std::string bare = bare_shell(text);
  uint32_t line = 1;
  for (size_t at = 0; at < bare.size();) {
    const size_t end = std::min(bare.find('\n', at), bare.size());
    std::string what = bash_reason(std::string_view(bare).substr(at, end - at));
    if (!what.empty()) return {.line = line, .what = std::move(what)};
    const auto raw = text.substr(at, std::min(end + 1, text.size()) - at);
    line += static_cast<uint32_t>(std::ranges::count(raw, '\n'));
    at = end + 1;
  }
  return {};
}

}  // namespace holdfast::config
