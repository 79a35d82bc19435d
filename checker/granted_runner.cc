#include "checker/granted_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace holdfast::checker {
namespace {

constexpr int kAnswerWithinMs = 2000;

struct RunnerCommand {
  std::array<char*, 5> argv;
  std::array<char*, 2> environment;
};

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become_runner(const char* executable, const RunnerCommand& command, int socket) {
  if (socket == kGrantSocket) {
    ::fcntl(socket, F_SETFD, 0);
  } else {
    ::dup2(socket, kGrantSocket);
  }
  ::syscall(SYS_close_range, static_cast<unsigned>(kGrantSocket) + 1, ~0U, 0U);
  ::execve(executable, command.argv.data(), command.environment.data());
  ::_exit(127);
}

void end(pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace

Result<std::optional<GrantedRunner>> GrantedRunner::start(const std::string& executable,
                                                          const std::string& config_path) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0) {
    return system_failure("socketpair");
  }
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);

  std::string name = "checker";
  std::string flag = "--granted-runner";
  std::string config_flag = "--config";
  std::string path = config_path;
  // Before any thread; tells common/log.h to prefix its lines.
  const char* journal = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe)
  std::string environment = journal != nullptr ? std::string("JOURNAL_STREAM=") + journal : "";
  const RunnerCommand command{
      .argv = {name.data(), flag.data(), config_flag.data(), path.data(), nullptr},
      .environment = {environment.empty() ? nullptr : environment.data(), nullptr}};
  const pid_t pid = ::fork();
  if (pid < 0) return system_failure("fork");
  if (pid == 0) become_runner(executable.c_str(), command, theirs.get());
  theirs.reset();

  GrantedRunner runner(pid, std::move(ours));
  const auto hello = runner.reply();
  if (!hello || hello->error[0] != '\0' || hello->granted == 0) {
    end(pid);
    if (!hello) return std::unexpected(hello.error());
    if (hello->error[0] != '\0') return failure(hello->error.data());
    return std::nullopt;
  }
  return runner;
}

GrantedRunner GrantedRunner::inherited(pid_t pid) {
  ::fcntl(kGrantSocket, F_SETFD, FD_CLOEXEC);  // the scripts are not to have it
  return {pid, UniqueFd(kGrantSocket)};
}

Result<void> GrantedRunner::survive_exec() {
  if (socket_.get() == kGrantSocket) {
    if (::fcntl(kGrantSocket, F_SETFD, 0) == 0) return {};
  } else if (::dup2(socket_.get(), kGrantSocket) == kGrantSocket) {
    return {};
  }
  return system_failure("hand on the granted runner's socket");
}

Result<SpawnedScript> GrantedRunner::spawn(uint64_t generation, uint32_t check_id) {
  auto pipes = make_script_pipes();
  if (!pipes) return std::unexpected(pipes.error());
  const auto asked = request(
      {.kind = GrantKind::kRun, .check_id = check_id, .generation = generation}, &pipes->writing);
  if (!asked) return std::unexpected(asked.error());
  const auto answer = reply();
  if (!answer) return std::unexpected(answer.error());
  if (answer->pid <= 1) return failure(answer->error.data());
  pipes->reading.pid = answer->pid;
  return std::move(pipes->reading);
}

Result<uint64_t> GrantedRunner::reload() {
  const auto asked = request({.kind = GrantKind::kReload, .check_id = 0, .generation = 0}, nullptr);
  if (!asked) return std::unexpected(asked.error());
  const auto answer = reply();
  if (!answer) return std::unexpected(answer.error());
  if (answer->error[0] != '\0') return failure(answer->error.data());
  return answer->generation;
}

Result<void> GrantedRunner::request(const GrantRequest& request, const ScriptWriters* writers) {
  GrantRequest bytes = request;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
  iovec part{&bytes, sizeof bytes};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (writers != nullptr) {
    const std::array<int, 2> fds{writers->output.get(), writers->exec_error.get()};
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(rights), fds.data(), sizeof fds);
  }
  if (::sendmsg(socket_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof bytes) return {};
  broken_ = true;
  return system_failure("the granted runner takes no request");
}

Result<GrantReply> GrantedRunner::reply() {
  GrantReply message{};
  pollfd waiting{socket_.get(), POLLIN, 0};
  const int ready = ::poll(&waiting, 1, kAnswerWithinMs);
  const ssize_t size =
      ready == 1 ? ::recv(socket_.get(), &message, sizeof message, MSG_DONTWAIT) : -1;
  if (size == static_cast<ssize_t>(sizeof message)) {
    message.error.back() = '\0';
    return message;
  }
  broken_ = true;
  return failure(ready == 0 ? "the granted runner does not answer"
                            : "the granted runner has ended");
}

}  // namespace holdfast::checker
