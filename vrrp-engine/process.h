// vrrp-engine as a process: the pure engine between its three sockets and one timer.
#pragma once

#include <memory>
#include <string>

#include "common/event_loop.h"
#include "common/service.h"
#include "vrrp-engine/control_port.h"
#include "vrrp-engine/engine.h"
#include "vrrp-engine/health_port.h"
#include "vrrp-engine/helper_link.h"
#include "vrrp-engine/transition_log.h"
#include "vrrp-engine/transition_queue.h"

namespace holdfast::vrrp {

struct ProcessOptions {
  std::string config;         // engine.pb
  std::string net_socket;     // net-helper listens there
  std::string events_socket;  // the notifier listens there
  uid_t checker_user = 0;     // who may connect to health.sock
  std::string maintenance;    // which routers are kept down; empty: none can be
};

class EngineProcess : private EnginePort {
 public:
  static Result<EngineSettings> read_settings(const std::string& path);

  EngineProcess(EventLoop& loop, ProcessOptions options, EngineSettings settings,
                UniqueFd health_socket, UniqueFd control_socket);
  void start();

 private:
  void hold(RouterId router, const HoldAction& action) override;
  void resign(RouterId router, Duration linger) override;
  void withdraw(RouterId router) override;
  void transition(const RouterSettings& router, const TransitionAction& action) override;
  void priority_changed(const RouterSettings& router, const PriorityAction& action) override;
  void packet_refused(const RouterSettings& router, Ipv4 source, Rung rung,
                      uint64_t suppressed) override;
  void other_addresses(const RouterSettings& router, Ipv4 source, uint64_t suppressed) override;
  void other_interval(const RouterSettings& router, const Advertisement& heard,
                      uint64_t suppressed) override;

  void after_event();
  void reload();
  void stop();
  void finish_if_done();
  Result<void> read_maintenance(const ucred& who);
  void tell_moves();
  void tell_status();
  void end();
  void tell_ready();

  EventLoop& loop_;
  ProcessOptions options_;
  HelperLink helper_;
  TransitionLog transition_log_;
  TransitionQueue transitions_;
  Engine engine_;
  HealthPort health_;
  ControlPort control_;
  Timer deadline_;
  Timer stop_limit_;
  Timer ready_limit_;
  Timer status_rest_;
  Source terminate_;
  Source hand_over_;
  Source hangup_;
  bool stopping_ = false;
  bool ready_ = false;
  struct Move {
    RouterId router = 0;
    std::string name;
    TransitionAction action;
  };
  std::vector<Move> moves_;  // since the helper was told
  bool moved_ = true;        // a router has another state, or there are others
  bool status_rests_ = false;
  std::string status_;
};

}  // namespace holdfast::vrrp
