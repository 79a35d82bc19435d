// The helper put together: requests become leases, leases become actions, actions go to the
// kernel. Decisions are in leases.h and policy.h; here is only who is told what.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/event_loop.h"
#include "net-helper/engine_link.h"
#include "net-helper/links.h"
#include "net-helper/receiver.h"
#include "net-helper/sender.h"

namespace holdfast::net {

class Helper final : public EngineRequests {
 public:
  // Opens the kernel's interfaces; from here on virtual addresses without a lease are removed.
  static Result<std::unique_ptr<Helper>> start(EventLoop& loop, Policy policy, UniqueFd listening,
                                               Trail& trail);
  // Applies the difference. Routers that did not change are not touched.
  void reload(Policy policy);
  // Gives up everything that is held, in words (priority 0) and deeds.
  void stop();

  const RouterPolicy* find_router(uint32_t id) const override;
  void hold(uint32_t id, const HoldRequest& request) override;
  void resign(uint32_t id, Duration linger) override;
  void withdraw(uint32_t id) override;
  void refuse(uint32_t id, Ended::Reason reason, const std::string& detail) override;
  void greeted() override;

 private:
  struct Managed {
    explicit Managed(const RouterPolicy& router) : policy(&router), lease(router.times) {}

    const RouterPolicy* policy;  // in policy_
    Lease lease;
    TimePoint due;  // its place in schedule_
    TokenBucket changes{kChangesPerSecond, kChangesBurst};
    // What has been recorded of it: that its addresses are there, and the priority advertised.
    bool in_place = false;
    uint8_t advertised = 0;
  };
  Helper(EventLoop& loop, Policy policy, UniqueFd listening, Trail& trail, RouteSocket requests,
         RouteSocket monitor, Sender sender);

  // Does what is due and what was put off. After every request, so that thousands of them delay no
  // advertisement.
  void catch_up();
  // Ends the claim if the kernel refuses the addresses.
  void carry_out(Managed& router, const Actions& actions, const std::string& detail = {});
  Result<void> put_addresses(Managed& router);
  void doubt();  // reconcile() soon
  void remove_addresses(const Managed& router, const std::vector<AddressPolicy>& addresses);
  void send_garp(const Managed& router, const std::vector<AddressPolicy>& addresses,
                 uint32_t repeat);
  void send_advert(Managed& router, uint8_t priority, bool announces);
  void end(Managed& router, Ended::Reason reason, const std::string& detail);
  void report(uint32_t id, Ended::Reason reason, const std::string& detail);

  void on_links(const Links::Changed& changed);
  // Removes virtual addresses that no lease covers, ends leases whose addresses are not there.
  void reconcile();
  InterfaceAddress locate(const AddressPolicy& address) const;
  void send_links();
  void deliver(wire::HelperToEngine& message);

  EventLoop& loop_;
  Trail& trail_;
  Policy policy_;
  std::map<uint32_t, Managed> routers_;
  std::set<std::pair<TimePoint, uint32_t>> schedule_;  // when a router has something to do
  RouteSocket requests_;
  Sender sender_;
  Links links_;
  Receiver receiver_;
  EngineLink engine_;
  Timer timer_;
  Timer reconciling_;
  bool in_doubt_ = true;  // reconciling_ is armed; first: a former helper's may be claimed yet
  bool removed_ours_ = false;
  bool has_orphans_ = false;    // perhaps: whose lease ran out and that linger still
  wire::HelperToEngine ended_;  // not yet sent
  uint64_t dropped_packets_ = 0;
};

}  // namespace holdfast::net
