#include "checker/granted_runner_main.h"

#include <linux/capability.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "checker/check_config.h"
#include "checker/grant_protocol.h"
#include "checker/messages.h"
#include "checker/signal_zero_filter.h"
#include "common/privilege.h"
#include "common/script_system_calls.h"

namespace holdfast::checker {
namespace {

constexpr size_t kRunDescriptors = 2;

struct Received {
  GrantRequest request{};
  std::vector<UniqueFd> descriptors;
};

std::vector<UniqueFd> take_descriptors(const msghdr& header) {
  std::vector<UniqueFd> result;
  for (const cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
       part = CMSG_NXTHDR(const_cast<msghdr*>(&header), const_cast<cmsghdr*>(part))) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      result.emplace_back(fd);
    }
  }
  return result;
}

// Nothing: the checker has closed its end. An error: what it sent is not a request.
Result<std::optional<Received>> receive(int socket) {
  Received received;
  // One byte more than a request, so that a longer one shows.
  std::array<char, sizeof(GrantRequest) + 1> bytes{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kRunDescriptors * sizeof(int))> control{};
  iovec part{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t size = -1;
  do {
    size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno != ECONNRESET) return system_failure("receive");
  if (size <= 0) return std::nullopt;
  received.descriptors = take_descriptors(header);
  if (size != sizeof(GrantRequest) || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return failure("wrong size");
  }
  std::memcpy(&received.request, bytes.data(), sizeof received.request);
  return received;
}

class GrantedRunnerLoop {
 public:
  GrantedRunnerLoop(UniqueFd socket, std::string config_path)
      : socket_(std::move(socket)), config_path_(std::move(config_path)) {}

  int run() {
    if (const auto ready = prepare(); !ready) {
      reply(0, ready.error().text);
      return 1;
    }
    reply(0, {});
    if (granted() == 0) return 0;
    for (;;) {
      auto received = receive(socket_.get());
      if (!received) return refuse(received.error());
      std::optional<Received>& message = *received;
      if (!message) return 0;
      const auto answered = answer(std::move(*message));
      if (!answered) return refuse(answered.error());
    }
  }

 private:
  static int refuse(const Error& error) {
    log_line<kRunnerRefused>(error.text);
    return 1;
  }

  Result<void> prepare() {
    constexpr std::array kKeep{CAP_KILL};
    const auto confined =
        confine({.capabilities = kKeep, .limit_system_calls = limit_scripts, .handed_on = true});
    if (!confined) return confined;
    if (const auto filtered = allow_signal_zero_only(); !filtered) return filtered;
    return load();
  }

  Result<void> load() {
    auto setup = read_setup(config_path_);
    if (!setup) return std::unexpected(setup.error());
    setup_ = std::move(*setup);
    return {};
  }

  uint32_t granted() const {
    return static_cast<uint32_t>(
        std::ranges::count_if(setup_.checks, &CheckDefinition::signal_zero));
  }

  // An error is a request outside the protocol: it ends this process.
  Result<void> answer(Received received) {
    switch (received.request.kind) {
      case GrantKind::kRun: {
        if (received.descriptors.size() != kRunDescriptors) return failure("wrong descriptors");
        const ScriptWriters writers{.output = std::move(received.descriptors[0]),
                                    .exec_error = std::move(received.descriptors[1])};
        const auto pid = start(received.request, writers);
        reply(pid.value_or(0), pid ? std::string{} : pid.error().text);
        return {};
      }
      case GrantKind::kReload: {
        if (!received.descriptors.empty()) return failure("wrong descriptors");
        const auto loaded = load();
        reply(0, loaded ? std::string{} : loaded.error().text);
        return {};
      }
    }
    return failure("unknown kind");
  }

  Result<pid_t> start(const GrantRequest& request, const ScriptWriters& writers) const {
    if (request.generation != setup_.generation) {
      return failure("the granted runner holds another configuration: reload the checker again");
    }
    const auto check = std::ranges::find(setup_.checks, request.check_id, &CheckDefinition::id);
    if (check == setup_.checks.end() || !check->signal_zero) {
      return failure("the configuration grants this check nothing");
    }
    return start_script(check->command, writers, ScriptParent::kCallersParent);
  }

  void reply(pid_t pid, const std::string& error) const {
    GrantReply message{
        .pid = pid, .granted = granted(), .generation = setup_.generation, .error = {}};
    error.copy(message.error.data(), message.error.size() - 1);
    // If it does not arrive, the checker is gone and the next receive says so.
    [[maybe_unused]] const ssize_t sent =
        ::send(socket_.get(), &message, sizeof message, MSG_NOSIGNAL);
  }

  UniqueFd socket_;
  std::string config_path_;
  CheckerSetup setup_;
};

}  // namespace

int granted_runner_main(UniqueFd socket, const std::string& config_path) {
  // A stop or a reload is the checker's to hear; the end of the socket is what ends this process.
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) {
    static_cast<void>(std::signal(number, SIG_IGN));
  }
  return GrantedRunnerLoop(std::move(socket), config_path).run();
}

}  // namespace holdfast::checker
