#include "cli/run/supervisor.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <utility>

#include "cli/installed.h"  // made by cli/meson.build
#include "cli/run/messages.h"
#include "cli/subcommand.h"
#include "common/maintenance_file.h"
#include "common/service.h"
#include "processes.pb.h"

namespace holdfast::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The first restart is immediate: an address may hang on it. Then doubling, until a process has
// lived long enough to be called healthy.
constexpr milliseconds kFirstDelay{100};
constexpr milliseconds kDelayMax{5000};
constexpr seconds kHealthyAfter{10};
// The engine resigns and waits for its successor, for longer if it says so; the notifier lets its
// scripts end.
constexpr seconds kEnginePatience{3};
constexpr seconds kEnginePatienceMax{60};
constexpr seconds kRestPatience{8};
constexpr seconds kReloadPatience{2};

// What a child may learn of our environment: the sanitizers' options and the time zone.
std::map<std::string, std::string> passed_environment() {
  std::map<std::string, std::string> result{{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TZ"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    if (value != nullptr) result[name] = value;
  }
  return result;
}

std::string own_executable() {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::readlink("/proc/self/exe", buffer.data(), buffer.size() - 1);
  return size > 0 ? std::string(buffer.data(), static_cast<size_t>(size)) : std::string{};
}

}  // namespace

std::string find_executable(const std::string& name) {
  const std::string self = own_executable();
  const std::string tree = self.substr(0, self.rfind("/cli/"));
  std::string built = fmt::format("{0}/{1}/{1}", tree, name);
  return ::access(built.c_str(), X_OK) == 0 ? built : HOLDFAST_LIBEXEC_DIR "/" + name;
}

std::array<std::string, kRoles> find_executables() {
  std::array<std::string, kRoles> result;
  for (size_t i = 0; i < kRoles; ++i) result[i] = find_executable(kRoleNames[i]);
  return result;
}

Supervisor::Supervisor(EventLoop& loop, SupervisorOptions options, RuntimeDirectory directory,
                       Identities identities)
    : loop_(loop),
      options_(std::move(options)),
      directory_(std::move(directory)),
      identities_(identities),
      terminate_(loop.add_signal(SIGTERM, [this] { stop(); })),
      interrupt_(loop.add_signal(SIGINT, [this] { stop(); })),
      hangup_(loop.add_signal(SIGHUP, [this] { reload(); })),
      patience_(loop.add_timer([this] {
        if (phase_ == Phase::kStoppingEngine) return stop_rest();
        kill_all();
      })),
      reload_limit_(loop.add_timer([this] { signal_rest_to_reload(); })) {
  // As a container's first process we inherit every orphan.
  if (::getpid() == 1) child_signal_ = loop.add_signal(SIGCHLD, [this] { reap_orphans(); });
}

Result<void> Supervisor::start() {
  if (const auto compiled = compile_configuration(); !compiled) return compiled;
  if (const auto opened = open_sockets(); !opened) return opened;
  const auto& ids = identities_.ids;
  log_line<kRunStarting>(options_.configuration, directory_.path(), ids[0].uid, ids[1].uid,
                         ids[2].uid, ids[3].uid);
  if (!identities_.separate) log_line<kRunAsOneUser>();
  runners_ = std::make_unique<UserRunners>(
      loop_, UserRunners::Parts{.directory = directory_,
                                .identities = identities_,
                                .executable = options_.runner_executable,
                                .environment = passed_environment(),
                                .allow_root = options_.allow_root_scripts,
                                .changed = [this] { on_runners_changed(); }});
  runners_->settle();
  for (const Role role : {Role::kNetHelper, Role::kNotifier, Role::kEngine, Role::kChecker}) {
    plan(role);
    Process& started = process(role);
    started.restart = loop_.add_timer([this, &started] { launch(started); });
    launch(started);
  }
  return {};
}

// In a process of its own: the only one that reads text, and it gives up everything first.
Result<void> Supervisor::compile_configuration() {
  auto generation = directory_.next_generation();
  if (!generation) return std::unexpected(generation.error());
  std::vector<std::string> words{own_executable(),       "compile", "-c",
                                 options_.configuration, "-o",      *generation};
  if (!options_.config_id.empty()) {
    words.push_back("--config-id=" + options_.config_id);
  }
  if (options_.lenient) words.emplace_back("--lenient");
  words.emplace_back(!identities_.separate         ? "--script-users=none"
                     : options_.allow_root_scripts ? "--script-users=all"
                                                   : "--script-users=named");
  words.push_back(fmt::format("--engine-user={}", identities_.of(Role::kEngine).uid));
  constexpr std::array<const char*, kRoles> kFiles = {"net", "engine", "checker", "notifier"};
  for (size_t i = 0; i < kRoles && identities_.separate; ++i) {
    words.emplace_back("--owner");
    words.push_back(
        fmt::format("{}={}:{}", kFiles[i], identities_.ids[i].uid, identities_.ids[i].gid));
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return system_failure("fork");
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kExitSuccess) {
    directory_.discard(*generation);
    const bool wrong = WIFEXITED(status) && WEXITSTATUS(status) == kExitFailure;
    return failure(options_.configuration +
                   (wrong ? " has errors" : " cannot be compiled: see above"));
  }
  return directory_.activate(*generation);
}

Result<void> Supervisor::open_sockets() {
  const struct {
    const char* name;
    UniqueFd& fd;
    Identities::Id client;
  } sockets[] = {
      {"net.sock", net_socket_, identities_.of(Role::kEngine)},
      {"health.sock", health_socket_, identities_.of(Role::kChecker)},
      {"events.sock", events_socket_, identities_.of(Role::kEngine)},
      {"control.sock", control_socket_, {::geteuid(), ::getegid()}},
  };
  for (const auto& socket : sockets) {
    auto opened = directory_.listen(socket.name, socket.client);
    if (!opened) return std::unexpected(opened.error());
    socket.fd = std::move(*opened);
  }
  for (size_t i = 0; i < kRoles; ++i) {
    auto notify = NotifySocket::bind(directory_.notify_file(kRoleNames[i]), identities_.ids[i]);
    if (!notify) return std::unexpected(notify.error());
    processes_[i].notify = std::make_unique<NotifySocket>(
        loop_, std::move(*notify), [this, i](pid_t sender, const std::string& text) {
          if (sender != 0 && sender == processes_[i].pid) on_notify(processes_[i], text);
        });
  }
  auto spool = directory_.state_directory("spool", identities_.of(Role::kNotifier));
  if (!spool) return std::unexpected(spool.error());
  return {};
}

void Supervisor::plan(Role role) {
  ChildPlan& plan = process(role).plan;
  plan.role = role;
  plan.executable = options_.executables[static_cast<size_t>(role)];
  plan.id = identities_.of(role);
  plan.change_user = identities_.separate;
  plan.environment = passed_environment();
  plan.environment["NOTIFY_SOCKET"] = directory_.notify_file(kRoleNames[static_cast<size_t>(role)]);
  const std::string engine_user = fmt::format("{}", identities_.of(Role::kEngine).uid);
  const auto config = [this](const char* name) { return directory_.file("config/") + name; };
  plan.has_deadlines = role == Role::kNetHelper || role == Role::kEngine;
  switch (role) {
    case Role::kNetHelper:
      plan.arguments = {"--config", config("net.pb")};
      plan.sockets = {{"net.sock", net_socket_.get()}};
      plan.capabilities = {CAP_NET_ADMIN, CAP_NET_RAW};
      break;
    case Role::kEngine:
      plan.arguments = {"--config",        config("engine.pb"),
                        "--net-socket",    directory_.file("net.sock"),
                        "--events-socket", directory_.file("events.sock"),
                        "--maintenance",   directory_.file(std::string(kMaintenanceFile)),
                        "--checker-user",  fmt::format("{}", identities_.of(Role::kChecker).uid)};
      plan.sockets = {{"health.sock", health_socket_.get()},
                      {"control.sock", control_socket_.get()}};
      plan.own_network_namespace = identities_.separate;
      break;
    case Role::kChecker:
      plan.arguments = {"--config",        config("checker.pb"),
                        "--engine-socket", directory_.file("health.sock"),
                        "--runners",       directory_.path()};
      // For its runner of signal-0 checks alone; the checker itself drops it (privileges.md).
      if (identities_.separate) plan.capabilities = {CAP_KILL};
      break;
    case Role::kNotifier:
      plan.arguments = {"--config",  config("notifier.pb"), "--engine-user",
                        engine_user, "--runners",           directory_.path()};
      plan.sockets = {{"events.sock", events_socket_.get()}};
      plan.environment["STATE_DIRECTORY"] = directory_.file("spool");
      break;
  }
}

void Supervisor::launch(Process& process) {
  auto started = start_child(process.plan);
  if (!started) {
    log_line<kProcessNotStarted>(kRoleNames[static_cast<size_t>(process.plan.role)],
                                 started.error().text);
    process.restart.arm_after(kDelayMax);
    return;
  }
  process.pid = started->pid;
  process.started_at = BootClock::now();
  process.started_unix_ms = unix_ms_now();
  process.ready = false;
  process.log = std::make_unique<LogRelay>(loop_, std::move(started->log));
  process.ended = loop_.add_child(
      process.pid, [this, &process](const siginfo_t& info) { on_end(process, info); });
  publish();
}

void Supervisor::on_end(Process& process, const siginfo_t& info) {
  const pid_t pid = std::exchange(process.pid, 0);
  process.log->drain();
  process.ready = false;
  process.last_end = describe_end(info);
  if (phase_ != Phase::kRunning) {
    publish();
    if (phase_ == Phase::kStoppingEngine && process.plan.role == Role::kEngine) return stop_rest();
    return finish_if_all_ended();
  }
  const bool was_healthy = BootClock::now() - process.started_at >= kHealthyAfter;
  const Duration delay = was_healthy || process.restarts == 0 ? Duration{} : process.delay;
  process.delay = was_healthy ? Duration(kFirstDelay)
                              : std::clamp<Duration>(2 * process.delay, kFirstDelay, kDelayMax);
  ++process.restarts;
  log_line<kProcessEnded>(kRoleNames[static_cast<size_t>(process.plan.role)], pid, process.last_end,
                          std::chrono::duration_cast<milliseconds>(delay).count());
  process.restart.arm_after(delay);
  publish();
}

void Supervisor::on_notify(Process& from, const std::string& text) {
  if (const std::string status = notify_value(text, "STATUS"); !status.empty()) {
    from.status = log::printable(status);
    if (from.plan.role == Role::kEngine && announced_) notify("STATUS=" + from.status);
  }
  if (const std::string asked = notify_value(text, "EXTEND_TIMEOUT_USEC"); !asked.empty()) {
    if (from.plan.role == Role::kEngine) extend_engine_patience(asked);
  }
  if (notify_value(text, "READY") == "1") {
    from.ready = true;
    if (reload_ == ReloadStep::kHelper && from.plan.role == Role::kNetHelper) {
      signal_rest_to_reload();
    }
  }
  if (!announced_ && std::ranges::all_of(processes_, &Process::ready)) {
    announced_ = true;
    log_line<kRunReady>();
    notify("READY=1\nSTATUS=" + process(Role::kEngine).status);
  }
  publish();
}

void Supervisor::reload() {
  if (phase_ != Phase::kRunning) return;
  log_line<kRunReloading>(options_.configuration);
  notify_reloading();
  if (const auto compiled = compile_configuration(); !compiled) {
    last_reload_ = compiled.error().text;
    log_line<kRunReloadFailed>(compiled.error().text);
    notify("READY=1\nSTATUS=" + process(Role::kEngine).status);
    return publish();
  }
  last_reload_ = "done";
  runners_->settle();
  log_line<kRunReloaded>();
  // The helper first: the engine must not claim what the helper does not know yet.
  reload_ = ReloadStep::kHelper;
  signal(process(Role::kNetHelper), SIGHUP);
  reload_limit_.arm_after(kReloadPatience);
}

void Supervisor::signal_rest_to_reload() {
  reload_ = ReloadStep::kIdle;
  reload_limit_.disarm();
  for (const Role role : {Role::kEngine, Role::kChecker, Role::kNotifier}) {
    signal(process(role), SIGHUP);
  }
  notify("READY=1\nSTATUS=" + process(Role::kEngine).status);
  publish();
}

void Supervisor::stop() {
  if (phase_ != Phase::kRunning) return;
  log_line<kRunStopping>();
  notify("STOPPING=1");
  phase_ = Phase::kStoppingEngine;
  for (Process& each : processes_) each.restart.disarm();
  if (process(Role::kEngine).pid == 0) return stop_rest();
  signal(process(Role::kEngine), SIGTERM);
  patience_.arm_after(kEnginePatience);
}

void Supervisor::extend_engine_patience(const std::string& text) {
  if (phase_ != Phase::kStoppingEngine) return;
  int64_t asked = 0;
  std::from_chars(text.data(), text.data() + text.size(), asked);
  const auto granted =
      std::clamp<microseconds>(microseconds(asked), kEnginePatience, kEnginePatienceMax);
  patience_.arm_after(granted);
  notify(fmt::format("EXTEND_TIMEOUT_USEC={}", microseconds(granted + kRestPatience).count()));
}

void Supervisor::stop_rest() {
  phase_ = Phase::kStoppingRest;
  for (Process& each : processes_) signal(each, SIGTERM);
  patience_.arm_after(kRestPatience);
  finish_if_all_ended();
}

void Supervisor::kill_all() {
  for (Process& each : processes_) {
    if (each.pid == 0) continue;
    log_line<kProcessKilled>(kRoleNames[static_cast<size_t>(each.plan.role)], each.pid);
    signal(each, SIGKILL);
  }
  runners_->kill_all();
}

void Supervisor::on_runners_changed() {
  if (phase_ == Phase::kStoppingRunners) return finish_if_all_ended();
  publish();
}

void Supervisor::finish_if_all_ended() {
  if (!std::ranges::all_of(processes_, [](const Process& each) { return each.pid == 0; })) return;
  // Last, because the scripts of the notifier end with them.
  if (phase_ != Phase::kStoppingRunners) runners_->stop();
  phase_ = Phase::kStoppingRunners;
  if (!runners_->all_ended()) return;
  directory_.clean_up();
  log_line<kRunStopped>();
  loop_.exit(0);
}

void Supervisor::signal(Process& process, int number) const {
  if (process.pid > 0) ::kill(process.pid, number);
}

void Supervisor::publish() {
  wire::ProcessTable table;
  table.set_launcher_pid(static_cast<uint32_t>(::getpid()));
  table.set_configuration(options_.configuration);
  table.set_last_reload(last_reload_);
  for (size_t i = 0; i < kRoles; ++i) {
    const Process& from = processes_[i];
    wire::Process& to = *table.add_processes();
    to.set_name(kRoleNames[i]);
    to.set_pid(static_cast<uint32_t>(from.pid));
    to.set_started_unix_ms(from.started_unix_ms);
    to.set_restarts(from.restarts);
    to.set_last_end(from.last_end);
    to.set_status(from.status);
    to.set_uid(identities_.ids[i].uid);
  }
  runners_->tell(table);
  // A full disk costs the table, nothing else.
  std::ignore = directory_.write("processes.pb", table.SerializeAsString());
}

void Supervisor::reap_orphans() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0) return;
    // Our own children are waited for by their event sources.
    if (std::ranges::find(processes_, info.si_pid, &Process::pid) != processes_.end()) return;
    if (runners_->is_one(info.si_pid)) return;
    ::waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace holdfast::cli
