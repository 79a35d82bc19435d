// The real checker as a process, against an engine that is played by the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "checker_config.pb.h"
#include "common/compiled_file.h"
#include "common/frame_endpoint.h"
#include "common/frame_socket.h"
#include "health.pb.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::testing {

// Guards against hanging, nothing is measured by it: generous for a loaded machine.
constexpr int kGuardMs = 30'000;

inline bool eventually(const std::function<bool()>& holds) {
  for (int waited = 0; waited < kGuardMs; waited += 10) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return holds();
}

inline std::string file_content(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

// To one process that the test knows: what kill(2) makes of 0, -1 and other negative numbers, or
// of a fork that failed, must not happen to whoever runs the tests.
inline void signal_one(pid_t pid, int number) {
  if (pid > 1) {
    ::kill(pid, number);
  } else {
    ADD_FAILURE() << "no process to signal: " << pid;
  }
}

// The value behind `name:` in /proc/PID/status; empty if the process is gone.
inline std::string status_field(pid_t pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return {};
}

inline std::vector<pid_t> children_of(pid_t pid) {
  const std::string number = std::to_string(pid);
  std::ifstream list("/proc/" + number + "/task/" + number + "/children");
  std::vector<pid_t> result;
  for (pid_t child = 0; list >> child;) result.push_back(child);
  return result;
}

class FakeEngine {
 public:
  explicit FakeEngine(const std::string& path) {
    auto fd = listen_frame_socket(path, 0777);
    if (fd) listening_ = std::move(*fd);
  }

  // Waits for a checker; `version` is what the greeting claims.
  bool accept(uint32_t version = kProtocolVersion) {
    if (!readable(listening_.get())) return false;
    peer_.reset(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    unheard_.clear();
    wire::EngineToChecker message;
    message.mutable_hello()->set_protocol_version(version);
    const std::string bytes = message.SerializeAsString();
    return ::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }

  Result<wire::CheckerToEngine> receive() {
    if (!peer_ || !readable(peer_.get())) return failure("nothing came");
    std::string bytes(kFrameBytesMax, '\0');
    const ssize_t size = ::recv(peer_.get(), bytes.data(), bytes.size(), 0);
    wire::CheckerToEngine message;
    if (size <= 0 || !message.ParseFromArray(bytes.data(), static_cast<int>(size))) {
      return failure("the connection has ended");
    }
    return message;
  }

  // Reads until a word on check `id` satisfies; nothing if the connection ends before. What is said
  // of other checks meanwhile is kept for their turn.
  Result<wire::Health> wait_for(uint32_t id,
                                const std::function<bool(const wire::Health&)>& satisfies) {
    for (;;) {
      auto& words = unheard_[id];
      while (!words.empty()) {
        wire::Health word = words.front();
        words.pop_front();
        if (satisfies(word)) return word;
      }
      const auto message = receive();
      if (!message) return std::unexpected(message.error());
      for (const wire::Health& word : message->health().health()) {
        unheard_[word.check_id()].push_back(word);
      }
    }
  }
  bool passes(uint32_t id) {
    return wait_for(
               id,
               [](const auto& health) { return health.result() == wire::Health::RESULT_PASSING; })
        .has_value();
  }
  // The cause.
  std::string fails(uint32_t id) {
    const auto health = wait_for(
        id, [](const auto& word) { return word.result() == wire::Health::RESULT_FAILING; });
    return health ? health->cause() : "(never failed)";
  }

  void hang_up() { peer_.reset(); }

 private:
  static bool readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, kGuardMs) == 1;
  }

  UniqueFd listening_;
  UniqueFd peer_;
  std::map<uint32_t, std::deque<wire::Health>> unheard_;
};

struct CheckSpec {
  uint32_t id = 1;
  std::string name = "chk";
  std::vector<std::string> argv = {};  // or, if `shell` is set, one word: the script
  std::string shell = {};
  uint32_t interval_ms = 100;
  uint32_t timeout_ms = 20'000;
  uint32_t rise = 1;
  uint32_t fall = 1;
  bool signal_zero = false;
};

class CheckerProcessTest : public ::testing::Test {
 protected:
  // Whatever the checker leaves behind becomes ours, and is found by TearDown.
  void SetUp() override { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
  void TearDown() override {
    if (checker_ > 1) signal_one(checker_, SIGKILL);
    if (checker_ > 1) ::waitpid(checker_, nullptr, 0);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    if (HasFailure()) std::fputs(log().c_str(), stderr);
  }

  void configure(const std::vector<CheckSpec>& specs, uint64_t generation = 1) {
    compiled::CheckerConfig config;
    config.set_generation(generation);
    for (const CheckSpec& spec : specs) {
      compiled::ScriptCheck& check = *config.add_scripts();
      check.set_id(spec.id);
      check.set_name(spec.name);
      if (spec.shell.empty()) {
        for (const auto& word : spec.argv) check.mutable_command()->mutable_exec()->add_argv(word);
      } else {
        check.mutable_command()->mutable_shell()->set_interpreter(spec.shell);
        check.mutable_command()->mutable_shell()->set_script(spec.argv.at(0));
      }
      check.set_interval_ms(spec.interval_ms);
      check.set_timeout_ms(spec.timeout_ms);
      check.set_rise(spec.rise);
      check.set_fall(spec.fall);
      check.set_signal_zero(spec.signal_zero);
    }
    directory_.write("checker.pb", compiled_file_bytes(CompiledKind::kChecker, config), 0644);
  }

  // As the caller; or, as root only, as nobody with or without CAP_KILL, as a unit file starts it.
  enum class As { kCaller, kNobody, kNobodyWithCapKill };

  void start(As as = As::kCaller) {
    std::vector<std::string> words;
    if (as != As::kCaller) {
      const std::string caps = as == As::kNobody ? "-all" : "-all,+kill";
      words = {"/usr/bin/setpriv",      "--reuid=65534",      "--regid=65534",
               "--clear-groups",        "--inh-caps=" + caps, "--ambient-caps=" + caps,
               "--bounding-set=" + caps};
    }
    words.insert(words.end(), {HOLDFAST_CHECKER, "--config", directory_.path("checker.pb"),
                               "--engine-socket", directory_.path("health.sock")});
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string log = directory_.path("log");
    checker_ = ::fork();
    if (checker_ != 0) return;
    // The leak checker traces its own process, which the confinement refuses.
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // NOLINT(concurrency-mt-unsafe)
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (out < 0 || ::dup2(out, STDERR_FILENO) < 0) ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  // The exit status, or 1000 + the signal. Everything it started must be gone with it.
  int wait_for_end() {
    int status = 0;
    ::waitpid(checker_, &status, 0);
    checker_ = 0;
    EXPECT_TRUE(eventually([] { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }))
        << "a process was left behind";
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  int stop() {
    signal_one(checker_, SIGTERM);
    return wait_for_end();
  }
  std::string log() const { return file_content(directory_.path("log")); }
  size_t lines_with(const std::string& text) const {
    const std::string all = log();
    size_t count = 0;
    for (size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
    return count;
  }

  TemporaryDirectory directory_;
  FakeEngine engine_{directory_.path("health.sock")};
  pid_t checker_ = 0;
};

}  // namespace holdfast::testing
