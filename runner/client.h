// The side of those who ask: a connection to the runner of each user whose scripts they start.
//
// Made when a script is to run and let go when none has run for a while, so that a runner that
// nobody needs can end. A runner that is not there, ends, hangs or breaks the protocol is the
// failure of the scripts that were asked of it, in time and with the reason; the next one tries
// again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/child_process.h"
#include "common/event_loop.h"

namespace holdfast::runner {

enum class Role : uint8_t { kChecker, kNotifier };

class Connection;

class Client {
 public:
  // What a runner says that it may not; `why` is printable.
  using Refused = std::function<void(const std::string& user, const std::string& why)>;

  // Runners listen at DIRECTORY/runner.USER.sock.
  Client(EventLoop& loop, std::string directory, Role role, Refused refused);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) = delete;
  Client& operator=(Client&&) = delete;

  // Of the configuration whose scripts are asked for from now on.
  void set_generation(uint64_t generation) { generation_ = generation; }

  // As ScriptRun's constructor: `done` is called exactly once and never from inside this call. The
  // time limit is the runner's; `options.timeout` says how long its answer is waited for.
  std::unique_ptr<ScriptJob> run(const RemoteScript& script, ScriptOptions options,
                                 ScriptRun::Done done);

 private:
  EventLoop& loop_;
  std::string directory_;
  Role role_;
  Refused refused_;
  uint64_t generation_ = 0;
  std::map<std::string, std::shared_ptr<Connection>> connections_;  // by user
};

}  // namespace holdfast::runner
