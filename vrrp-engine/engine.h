// All routers of this host: finds the router that an event concerns and hands on what it wants
// done. Pure like the router: time comes in, requests go out through EnginePort.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "common/rate_limit.h"
#include "vrrp-engine/announcement_pacer.h"
#include "vrrp-engine/receive.h"
#include "vrrp-engine/router.h"
#include "vrrp-engine/settings.h"

namespace holdfast::vrrp {

// Where the engine's decisions go. Production: sockets; tests: a record.
class EnginePort {
 public:
  EnginePort() = default;
  virtual ~EnginePort() = default;
  EnginePort(const EnginePort&) = delete;
  EnginePort& operator=(const EnginePort&) = delete;

  virtual void hold(RouterId router, const HoldAction& action) = 0;
  virtual void resign(RouterId router, Duration linger) = 0;
  virtual void withdraw(RouterId router) = 0;
  virtual void transition(const RouterSettings& router, const TransitionAction& action) = 0;
  virtual void priority_changed(const RouterSettings& router, const PriorityAction& action) = 0;
  // A rate-limited remark about packets that were refused, with how many more there were.
  virtual void packet_refused(const RouterSettings& router, Ipv4 source, Rung rung,
                              uint64_t suppressed) = 0;
  virtual void other_addresses(const RouterSettings& router, Ipv4 source, uint64_t suppressed) = 0;
  // Of VRRPv3, where a Backup learns it.
  virtual void other_interval(const RouterSettings& router, const Advertisement& heard,
                              uint64_t suppressed) = 0;
};

// What the helper still holds for an engine that died inside its lease.
using HeldPriorities = std::map<RouterId, uint8_t>;
using LinkTable = std::map<std::string, LinkView>;

// Who asked for the maintenance of what, in words for operators.
struct MaintenanceOrders {
  std::optional<std::string> host;             // every router, one that a reload adds too
  std::map<std::string, std::string> routers;  // by name, configured or not

  std::optional<std::string> of(const std::string& router) const;
};

// A router with what is counted and logged about it.
struct RouterEntry {
  explicit RouterEntry(Router router_in) : router(std::move(router_in)) {}

  Router router;
  std::optional<TimePoint> looked_at;  // when next; no later than its deadline
  uint64_t since_unix_ms = 0;          // kept by the shell
  uint32_t transitions = 0;
  RungCounters refused{};
  uint64_t accepted = 0;
  uint64_t other_addresses = 0;
  uint64_t other_interval = 0;
  std::array<uint64_t, 2> checksums{};  // of VRRPv3, by ChecksumForm
  std::map<size_t, RateLimit> remarks;  // those that were made, by rung and what follows the rungs

  RateLimit& remark(size_t about) {
    constexpr std::chrono::seconds kInterval{10};
    return remarks.try_emplace(about, kInterval).first->second;
  }
};

class Engine {
 public:
  Engine(EngineSettings settings, EnginePort& port);

  // The helper said hello: links, and what it holds for us. The first time starts the routers.
  void on_helper_ready(const LinkTable& links, const HeldPriorities& held, TimePoint now);
  void on_helper_lost(TimePoint now);
  void on_packet(const std::string& interface, const ReceivedPacket& packet, TimePoint now);
  void on_link(const std::string& interface, const LinkView& link, TimePoint now);
  // False: no such check, or a batch for another configuration.
  bool on_health(CheckId check, const CheckHealth& health, TimePoint now);
  // The checker has been silent for too long: its results are no longer believed.
  void on_health_stale(TimePoint now);
  void on_refused_for_now(RouterId router, TimePoint now);
  void on_lease_end(RouterId router, LeaseEnd end, const std::string& detail, TimePoint now);
  void on_deadline(TimePoint now);
  void on_shutdown(TimePoint now);
  // Who is named steps down and stays down, who is named no more comes back.
  void on_maintenance(MaintenanceOrders orders, TimePoint now);
  size_t in_maintenance() const;
  // Replaces the configuration: unchanged routers go on as they are.
  void reconfigure(EngineSettings settings, TimePoint now);

  // When on_deadline() is to be called; it may find nothing to do then.
  std::optional<TimePoint> next_deadline();
  bool is_finished() const;
  // Without the routers: each has its own.
  const EngineSettings& settings() const { return settings_; }
  const std::map<RouterId, RouterEntry>& routers() const { return routers_; }
  RouterEntry* find(RouterId id);
  const HealthTable& health() const { return health_; }
  uint64_t unmatched_packets() const { return unmatched_packets_; }
  // The holds that go with the greeting when the helper was restarted.
  std::map<RouterId, uint8_t> offer_claims(TimePoint now);

 private:
  RouterEntry& add(RouterSettings settings);
  void index(RouterEntry& entry);
  // After each event of a router: it may have another deadline now.
  void perform(RouterEntry& entry, const Actions& actions, TimePoint now);
  void schedule(RouterEntry& entry);
  void stop_at_once(RouterEntry& entry, TimePoint now);
  LinkView link_of(const std::string& interface) const;
  void remark(RouterEntry& entry, const Advertisement& heard, TimePoint now);
  void remark_refusal(RouterEntry& entry, Ipv4 source, Rung rung, TimePoint now);

  EngineSettings settings_;
  EnginePort& port_;
  MaintenanceOrders maintenance_;
  HealthTable health_;
  LinkTable links_;
  std::map<RouterId, RouterEntry> routers_;
  std::set<std::pair<TimePoint, RouterId>> schedule_;  // by RouterEntry::looked_at
  // Those of an interface and a group, by VRID.
  std::map<std::pair<std::string, Ipv4>, std::vector<RouterEntry*>> by_vrid_;
  AnnouncementPacer pacer_;
  uint64_t unmatched_packets_ = 0;
  bool helper_ready_ = false;
};

}  // namespace holdfast::vrrp
