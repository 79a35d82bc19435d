// The notifier as a whole: transitions in, scripts and mail out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "common/log.h"
#include "common/rate_limit.h"
#include "notifier/engine_port.h"
#include "notifier/mailer.h"
#include "notifier/script_runner.h"
#include "notifier/settings.h"

namespace holdfast::notifier {

class Service {
 public:
  struct Parts {
    UniqueFd events_socket;
    uid_t engine_user = 0;
    std::string config;
    std::string state_directory;
    std::string runners;  // where those of other users listen
  };
  // An error in the configuration or the spool at start ends the process.
  static Result<std::unique_ptr<Service>> start(EventLoop& loop, Parts parts);

  // SIGHUP: a bad file is logged and the running configuration stays.
  void reload();
  // SIGTERM: takes what a stopping engine still has to say, lets scripts and the mail that can go
  // now finish, and ends the loop after kStopLimit at the latest. The spool stays.
  void stop();

 private:
  Service(EventLoop& loop, Parts parts, Settings settings, Spool spool);
  void on_transitions(const std::vector<Transition>& transitions);
  void send_mail(const Router& router, const Transition& transition);
  void on_mail_changed();
  void end_if_done();

  EventLoop& loop_;
  std::string config_;
  Settings settings_;
  ScriptRunner scripts_;
  size_t mails_told_ = 0;  // in the last STATUS=
  uint64_t mails_made_ = 0;
  Mailer mailer_;
  EnginePort engine_;
  Timer engine_grace_;
  Timer stop_limit_;
  bool stopping_ = false;
  bool engine_may_speak_ = true;
  RateLimit unknown_routers_{std::chrono::seconds(10)};
};

}  // namespace holdfast::notifier
