#include "cli/run/user_runners.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "cli/run/messages.h"
#include "common/runner_user.h"

namespace holdfast::cli {
namespace {

// One that ends so soon, and not by itself for want of work, is not started again at once.
constexpr std::chrono::seconds kHealthyAfter{10};
constexpr std::chrono::seconds kPause{1};
constexpr mode_t kSocketMode = 0660;

std::string socket_name(const std::string& user) {
  return fmt::format("runner.{}.sock", user);
}

std::set<std::string> users_of(const std::string& directory) {
  std::set<std::string> users;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("runner.") || entry.path().extension() != ".pb") continue;
    users.insert(entry.path().stem().string().substr(std::string("runner.").size()));
  }
  return users;
}

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// The process has one thread.
std::optional<Account> account_of(const std::string& user) {
  const passwd* entry = ::getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (entry == nullptr) return std::nullopt;
  Account account{.uid = entry->pw_uid, .gid = entry->pw_gid, .groups = {}};
  int count = 0;
  ::getgrouplist(user.c_str(), account.gid, nullptr, &count);
  account.groups.resize(static_cast<size_t>(std::max(count, 1)));
  if (::getgrouplist(user.c_str(), account.gid, account.groups.data(), &count) < 0) {
    return std::nullopt;
  }
  account.groups.resize(static_cast<size_t>(count));
  return account;
}

}  // namespace

UserRunners::UserRunners(EventLoop& loop, Parts parts) : loop_(loop), parts_(std::move(parts)) {}

void UserRunners::settle() {
  const auto users = parts_.identities.separate ? users_of(parts_.directory.file("config"))
                                                : std::set<std::string>{};
  for (auto& [user, runner] : runners_) {
    if (!users.contains(user)) remove(runner);
  }
  std::erase_if(runners_,
                [](const auto& entry) { return !entry.second.socket && entry.second.pid == 0; });
  for (const std::string& user : users) {
    if (const auto known = runners_.find(user); known != runners_.end() && known->second.socket) {
      continue;
    }
    if (const auto added = add(user); !added) log_line<kNoUserRunner>(user, added.error().text);
  }
}

Result<void> UserRunners::add(const std::string& user) {
  const auto account = is_runner_user(user) ? account_of(user) : std::nullopt;
  if (!account) return failure("there is no such user");
  if (account->uid == 0 && !parts_.allow_root) {
    return failure("scripts run as root with --allow-root-scripts alone");
  }
  // Its scripts could touch that process, which is the same user to the kernel.
  const auto is_ours = [&](const Identities::Id& id) { return id.uid == account->uid; };
  if (std::ranges::any_of(parts_.identities.ids, is_ours)) {
    return failure("it is the user of one of our own processes");
  }
  const Identities::Id clients{.uid = parts_.identities.of(Role::kChecker).uid,
                               .gid = parts_.identities.of(Role::kNotifier).gid};
  auto socket = parts_.directory.listen(socket_name(user), clients, kSocketMode);
  if (!socket) return std::unexpected(socket.error());
  const std::string notify_file = parts_.directory.notify_file("runner." + user);
  auto notify = NotifySocket::bind(notify_file, {.uid = account->uid, .gid = account->gid});
  if (!notify) return std::unexpected(notify.error());
  Runner& runner = runners_[user];
  runner.user = user;
  runner.socket = std::move(*socket);
  runner.notify = std::make_unique<NotifySocket>(
      loop_, std::move(*notify), [this, &runner](pid_t sender, const std::string& text) {
        if (sender != 0 && sender == runner.pid) on_notify(runner, text);
      });
  ChildPlan& plan = runner.plan;
  plan.executable = parts_.executable;
  plan.arguments = {
      "--config",        parts_.directory.file(fmt::format("config/runner.{}.pb", user)),
      "--checker-user",  fmt::format("{}", parts_.identities.of(Role::kChecker).uid),
      "--notifier-user", fmt::format("{}", parts_.identities.of(Role::kNotifier).uid)};
  plan.sockets = {{"runner.sock", runner.socket.get()}};
  plan.change_user = true;
  plan.keeps_rights = account->uid == 0;
  plan.id = {account->uid, account->gid};
  plan.groups = account->groups;
  plan.environment = parts_.environment;
  plan.environment["NOTIFY_SOCKET"] = notify_file;
  runner.pause = loop_.add_timer([this, &runner] { await(runner); });
  if (runner.pid == 0) await(runner);
  return {};
}

void UserRunners::remove(Runner& runner) {
  runner.wanted.reset();
  runner.pause.disarm();
  runner.socket.reset();
  std::error_code ignored;
  for (const std::string& path : {parts_.directory.file(socket_name(runner.user)),
                                  parts_.directory.notify_file("runner." + runner.user)}) {
    std::filesystem::remove(path, ignored);
  }
  if (runner.pid > 0) ::kill(runner.pid, SIGTERM);
}

void UserRunners::await(Runner& runner) {
  if (!runner.socket) return;
  runner.wanted = loop_.add_io(runner.socket.get(), EPOLLIN, [this, &runner] { launch(runner); });
}

void UserRunners::launch(Runner& runner) {
  runner.wanted.reset();
  auto started = start_child(runner.plan);
  if (!started) {
    log_line<kProcessNotStarted>("runner of " + runner.user, started.error().text);
    return runner.pause.arm_after(kPause);
  }
  runner.pid = started->pid;
  runner.started_at = BootClock::now();
  runner.started_unix_ms = unix_ms_now();
  runner.log = std::make_unique<LogRelay>(loop_, std::move(started->log));
  runner.ended =
      loop_.add_child(runner.pid, [this, &runner](const siginfo_t& info) { on_end(runner, info); });
  parts_.changed();
}

void UserRunners::on_end(Runner& runner, const siginfo_t& info) {
  const pid_t pid = std::exchange(runner.pid, 0);
  runner.log->drain();
  runner.status.clear();
  runner.last_end = describe_end(info);
  const bool by_itself = info.si_code == CLD_EXITED && info.si_status == 0;
  if (runner.socket && !by_itself) {
    ++runner.restarts;
    log_line<kUserRunnerEnded>(runner.user, pid, runner.last_end);
  }
  const bool pauses = !by_itself && BootClock::now() - runner.started_at < kHealthyAfter;
  if (runner.socket && pauses) {
    runner.pause.arm_after(kPause);
  } else {
    await(runner);
  }
  parts_.changed();
}

void UserRunners::on_notify(Runner& runner, const std::string& text) {
  const std::string status = notify_value(text, "STATUS");
  if (!status.empty()) runner.status = log::printable(status);
  parts_.changed();
}

bool UserRunners::is_one(pid_t pid) const {
  return std::ranges::any_of(runners_,
                             [pid](const auto& entry) { return entry.second.pid == pid; });
}

void UserRunners::stop() {
  for (auto& [user, runner] : runners_) remove(runner);
}

void UserRunners::kill_all() {
  for (auto& [user, runner] : runners_) {
    if (runner.pid == 0) continue;
    log_line<kProcessKilled>("runner of " + user, runner.pid);
    ::kill(runner.pid, SIGKILL);
  }
}

bool UserRunners::all_ended() const {
  return std::ranges::all_of(runners_, [](const auto& entry) { return entry.second.pid == 0; });
}

void UserRunners::tell(wire::ProcessTable& table) const {
  for (const auto& [user, runner] : runners_) {
    if (runner.pid == 0) continue;  // nobody asks for it
    wire::Process& to = *table.add_processes();
    to.set_name("runner");
    to.set_pid(static_cast<uint32_t>(runner.pid));
    to.set_started_unix_ms(runner.started_unix_ms);
    to.set_restarts(runner.restarts);
    to.set_last_end(runner.last_end);
    to.set_status(runner.status);
    to.set_uid(runner.plan.id.uid);
  }
}

}  // namespace holdfast::cli
