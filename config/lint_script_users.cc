// Whether scripts can run as the users that are named for them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/catalogue.h"
#include "config/lint.h"
#include "config/script_users.h"

namespace holdfast::config {
namespace {

using Obstacle = ScriptUser::Obstacle;

constexpr const char* kOwnUserNote = "they run as the unprivileged user of the service instead";

class ScriptUserLinter {
 public:
  ScriptUserLinter(const LintInput& input, Diagnostics& diagnostics)
      : input_(input), diagnostics_(diagnostics) {}

  void run() {
    lint_one(input_.model.global.script_user);
    for (const Script& script : input_.model.scripts) lint_one(script.run_as);
    for (const Instance& instance : input_.model.instances) {
      for (const NotifyCommand& one : instance.notify) lint_one(one.run_as);
    }
  }

 private:
  void lint_one(const RunAs& named) {
    if (!named.user.is_set()) return;
    const ScriptUser user = find_script_user(named.user.value, input_.options);
    if (!user.has_runner()) return report(user.obstacle, named.user);
    users_.insert(user.account.name);
    if (users_.size() > kRunnersMax) {
      diagnostics_.report<kNotThisUser>(named.user.place, in_backticks(named.user.value))
          .note(fmt::format("they run as {} other users already", kRunnersMax))
          .help("let some of them share a user");
    }
    lint_group(named, user.account);
  }

  void report(Obstacle obstacle, const Setting<std::string>& user) {
    const std::string name = in_backticks(user.value);
    if (obstacle == Obstacle::kOwn) {
      diagnostics_.report<kNotThisUser>(user.place, name)
          .note("a script of that user could touch the process of this program that has it")
          .help("name another user, or none");
      return;
    }
    if (obstacle == Obstacle::kNotEnabled) {
      // Once for all scripts: it is one decision.
      if (told_root_) return;
      told_root_ = true;
      diagnostics_.report<kRootNotEnabled>(user.place)
          .note(kOwnUserNote)
          .help(
              "systemctl enable --now holdfast-runner@root.socket && systemctl reload "
              "holdfast-config; or `holdfast run --allow-root-scripts`");
      return;
    }
    if (!told_.insert(user.value).second) return;
    Diagnostic& diagnostic = diagnostics_.report<kCannotRunAs>(user.place, name);
    if (obstacle == Obstacle::kMissing) {
      diagnostic.note("this host has no such user in /etc/passwd");
    } else if (obstacle == Obstacle::kUnfit) {
      diagnostic.note("a user is named by letters, digits, `_` and `-`, not by a number");
    } else {
      diagnostic.note("`holdfast run` without root has no user but its own");
    }
    diagnostic.note(
        fmt::format("{}; keepalived leaves out a check whose user it does not know", kOwnUserNote));
    if (obstacle == Obstacle::kMissing) {
      diagnostic.help(fmt::format("useradd --system --no-create-home {}", user.value));
    }
  }

  void lint_group(const RunAs& named, const Account& account) {
    if (!named.group.is_set() || !input_.options.find_group) return;
    const auto group = input_.options.find_group(named.group.value);
    if (group == account.gid) return;
    Diagnostic& diagnostic = diagnostics_.report<kGroupNotFirst>(
        named.group.place, in_backticks(account.name), in_backticks(named.group.value));
    if (!group) {
      diagnostic.note("this host has no such group in /etc/group");
    } else if (std::ranges::find(account.groups, *group) != account.groups.end()) {
      diagnostic.note("they have it like the user's other groups, but their files do not");
    } else {
      diagnostic.note("the user is not a member of it, so scripts do not have it");
      diagnostic.help(
          fmt::format("usermod --append --groups {} {}", named.group.value, named.user.value));
    }
  }

  const LintInput& input_;
  Diagnostics& diagnostics_;
  std::set<std::string> users_;
  std::set<std::string> told_;
  bool told_root_ = false;
};

}  // namespace

void lint_script_users(const LintInput& input, Diagnostics& diagnostics) {
  ScriptUserLinter(input, diagnostics).run();
}

}  // namespace holdfast::config
