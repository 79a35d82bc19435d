// The runner as a whole: who may ask, and when it is needed no more.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "checker/stray_reaper.h"
#include "common/event_loop.h"
#include "common/frame_socket.h"
#include "common/leftover_output.h"
#include "common/rate_limit.h"
#include "runner/library.h"
#include "runner/session.h"

namespace holdfast::runner {

class Server {
 public:
  struct Parts {
    UniqueFd listening;
    uid_t checker_user = 0;
    uid_t notifier_user = 0;
    std::string config;
    Duration idle{};  // without a connection or a process for so long: ends the loop
  };

  Server(EventLoop& loop, Parts parts);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  Server(Server&&) = delete;
  Server& operator=(Server&&) = delete;

  // "3 scripts of user `app`", or why there are none.
  std::string status() const;

 private:
  struct Peer {
    pid_t pid = 0;
    bool over = false;
    std::unique_ptr<Session> session;
  };

  void on_connected(UniqueFd fd, const ucred& who);
  std::optional<Role> role_of(uid_t user) const;
  void drop(Peer& peer);
  void sweep();
  void on_idle();
  checker::StrayReaper::World world() const;

  EventLoop& loop_;
  Parts parts_;
  Library library_;
  Result<void> loaded_;
  LeftoverOutput leftovers_;
  checker::StrayReaper reaper_;
  uint64_t runs_started_ = 0;
  std::list<Peer> peers_;
  Timer cleanup_;
  Timer idle_;
  RateLimit refused_users_{std::chrono::seconds(10)};
  RateLimit refused_messages_{std::chrono::seconds(10)};
  FrameListener listener_;
};

}  // namespace holdfast::runner
