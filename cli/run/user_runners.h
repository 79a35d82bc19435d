// The runners of users under `holdfast run`: one for each runner.USER.pb of the configuration that
// is in force, started as that user when somebody connects to its socket, as systemd would.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "cli/run/child.h"
#include "cli/run/identities.h"
#include "cli/run/log_relay.h"
#include "cli/run/notify_socket.h"
#include "cli/run/runtime_directory.h"
#include "common/event_loop.h"
#include "processes.pb.h"

namespace holdfast::cli {

class UserRunners {
 public:
  struct Parts {
    const RuntimeDirectory& directory;
    const Identities& identities;
    std::string executable;
    std::map<std::string, std::string> environment;
    bool allow_root = false;
    std::function<void()> changed;  // what tell() would say
  };
  UserRunners(EventLoop& loop, Parts parts);

  // Listens for the users of the configuration that has just come into force, and for no others.
  void settle();
  bool is_one(pid_t pid) const;
  // No socket any more, SIGTERM to all.
  void stop();
  void kill_all();
  bool all_ended() const;
  void tell(wire::ProcessTable& table) const;

 private:
  struct Runner {
    std::string user;
    ChildPlan plan;
    UniqueFd socket;  // empty: its user has no scripts any more
    Source wanted;
    pid_t pid = 0;
    uint64_t started_unix_ms = 0;
    TimePoint started_at;
    uint32_t restarts = 0;
    std::string last_end;
    std::string status;
    Source ended;
    std::unique_ptr<LogRelay> log;
    std::unique_ptr<NotifySocket> notify;
    Timer pause;
  };

  Result<void> add(const std::string& user);
  void remove(Runner& runner);
  void await(Runner& runner);
  void launch(Runner& runner);
  void on_end(Runner& runner, const siginfo_t& info);
  void on_notify(Runner& runner, const std::string& text);

  EventLoop& loop_;
  Parts parts_;
  std::map<std::string, Runner> runners_;  // by user
};

}  // namespace holdfast::cli
