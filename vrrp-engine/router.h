// One virtual router: the state machine of RFC 3768 6.4 as a pure function.
//
// Every event comes with its time; what is to be done comes back as values. There is no clock, no
// socket and no timer in here: after each event the caller looks at deadline() and calls
// on_deadline() once that time has come. A call before it changes nothing, so a stale timer is
// harmless.
//
// Where the RFC's Active router has an Adver_Timer, this one renews a lease: the helper advertises
// by its own timer for as long as the lease lasts (docs/architecture.md, "Leases").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "vrrp-engine/announcements.h"
#include "vrrp-engine/receive.h"
#include "vrrp-engine/settings.h"
#include "vrrp-engine/tracking.h"

namespace holdfast::vrrp {

// kFault is the RFC's Initialize with a reason: the router would run, and something prevents it.
// kStopped: somebody wants it down, with the whole engine or by `holdfast maintenance on`.
enum class State : uint8_t { kInitialize, kBackup, kActive, kFault, kStopped };

std::string_view state_name(State state);  // "Backup"

constexpr std::chrono::seconds kLeaseTime{3};
constexpr Duration kRenewalTime = kLeaseTime / 3;

// The longest skew there is (priority 1), and a little for the way: how long a resigned router
// goes on answering for its addresses while it waits for the successor.
constexpr std::chrono::milliseconds kLinger{1050};  // of VRRPv2
// What a successor that has just advertised needs to add the addresses (keepalived and this suite
// advertise first): letting go before that would leave them with nobody.
constexpr std::chrono::milliseconds kSuccessorNeeds{5};

// ---- what the caller is to do --------------------------------------------------------------
// To the helper: claim or renew.
struct HoldAction {
  uint8_t priority = 0;
  bool advertise_now = false;
  uint32_t announce = 0;  // gratuitous ARP, so many frames an address
};
// To the helper: priority 0, then withdraw after `linger`.
struct ResignAction {
  Duration linger{};
};
// To the helper: withdraw now, silently.
struct WithdrawAction {};
// To the notifier and the log.
struct TransitionAction {
  State from = State::kInitialize;
  State to = State::kInitialize;
  uint8_t priority = 0;
  std::string cause;
  // Nothing moved: a former engine of this host had told of it. For the log alone.
  bool resumed = false;
};
// To the log: the priority moved and the state did not.
struct PriorityAction {
  uint8_t from = 0;
  uint8_t to = 0;
  std::string cause;
};
using Action =
    std::variant<HoldAction, ResignAction, WithdrawAction, TransitionAction, PriorityAction>;
using Actions = std::vector<Action>;

struct LinkView {
  bool exists = false;
  bool running = false;
  Ipv4 primary;  // unset: no address yet

  bool operator==(const LinkView&) const = default;
};

enum class LeaseEnd : uint8_t { kExpired, kAddressLost, kLinkLost, kRefused, kOther };

struct Peer {
  Ipv4 address;
  uint8_t priority = 0;
  TimePoint heard_at;
  uint64_t advertisements = 0;
};

class Router {
 public:
  static constexpr size_t kPeersMax = 8;

  Router(RouterSettings settings, const HealthTable& health);

  // ---- events --------------------------------------------------------------------------------
  // The helper is there, with this link. `held_priority`: it still holds the router for an engine
  // that died inside its lease, so this one resumes as Active without a transition on the wire.
  Actions on_start(const LinkView& link, std::optional<uint8_t> held_priority, TimePoint now);
  Actions on_deadline(TimePoint now);
  Actions on_advertisement(const Advertisement& advertisement, TimePoint now);
  Actions on_link(const LinkView& link, TimePoint now);
  // `changed`: the check that moved, for the cause.
  Actions on_health(const HealthTable& health, CheckId changed, TimePoint now);
  // The helper ended the claim by itself.
  // It had granted too many changes already: the claim or its renewal is to be sent again soon.
  Actions on_refused_for_now(TimePoint now);
  Actions on_lease_end(LeaseEnd end, const std::string& detail, TimePoint now);
  Actions on_helper_lost(TimePoint now);
  Actions on_helper_back(const LinkView& link, TimePoint now);
  // A reload changed something that leaves it the same router on the wire.
  Actions on_settings(RouterSettings settings, const HealthTable& health, TimePoint now);
  // Planned stop. The router is finished when is_finished().
  Actions on_shutdown(TimePoint now);
  // Down as in a planned stop, and until this is called with nothing: `order` says who asked.
  // Before on_start() it is taken note of.
  Actions on_maintenance(std::optional<std::string> order, TimePoint now);

  // ---- views ---------------------------------------------------------------------------------
  const RouterSettings& settings() const { return settings_; }
  State state() const { return state_; }
  std::optional<TimePoint> deadline() const;
  uint8_t effective_priority() const { return priority_; }
  // Resigned, and still answering until the successor is heard.
  bool is_lingering() const { return lingering_; }
  const std::optional<std::string>& maintenance() const { return maintenance_; }
  // Who was heard to be Active while this router lingered, or is as this Backup knows.
  const Peer* active_peer() const;
  // Active, and not without the helper for longer than peers wait: the claim is still ours.
  bool keeps_claim(TimePoint now) const;
  // Whether the greeting of a new helper is to name it: then it stays Active when the helper is
  // back, and else it does not.
  bool offer_claim(TimePoint now);
  bool is_finished() const { return state_ == State::kStopped && !lingering_; }
  bool holds() const { return state_ == State::kActive || lingering_; }
  std::string cause() const;
  const std::string& priority_cause() const { return priority_cause_; }
  const std::vector<Peer>& peers() const { return peers_; }
  const LinkView& link() const { return link_; }

  Duration skew_time() const;      // RFC 3768 6.1, RFC 9568 6.1
  Duration down_interval() const;  // Master_Down_Interval, Active_Down_Interval
  // How long a resigned router answers on: the longest skew that a successor can have.
  Duration linger() const;

 private:
  std::optional<std::string> blocked() const;
  Duration skew_of(uint8_t priority) const;
  Duration helper_patience() const;
  void give_up_without_helper(TimePoint now, Actions& actions);
  void enter(State state, std::string cause, Actions& actions);
  void become_active(std::string cause, TimePoint now, Actions& actions);
  void become_backup(std::string cause, TimePoint from, Actions& actions);
  void become_fault(std::string cause, Actions& actions);
  // Make before break: priority 0, and on answering until the successor is heard.
  void step_down(std::string cause, TimePoint now, Actions& actions);
  void await_successor_of_former(TimePoint now, Actions& actions);
  void renew(HoldAction hold, TimePoint now, Actions& actions);
  void take_priority(uint8_t priority, const std::string& why, TimePoint now, Actions& actions);
  // Starts, stops or keeps the router according to maintenance_ and blocked().
  void settle(TimePoint now, Actions& actions);
  void backup_hears(const Advertisement& advertisement, TimePoint now);
  void active_hears(const Advertisement& advertisement, TimePoint now, Actions& actions);
  void remember(const Advertisement& advertisement);
  std::string silence(TimePoint now) const;

  RouterSettings settings_;
  State state_ = State::kInitialize;
  std::optional<TimePoint> deadline_;
  Announcements announcements_;  // runs while Active
  Verdict verdict_;
  uint8_t priority_ = 0;
  Duration active_interval_;  // Active_Adver_Interval: as the Active says, of VRRPv2 our own
  bool started_ = false;      // on_start() has been called
  LinkView link_;
  // Of the state; empty: of a Backup, that it hears this peer with this priority.
  std::string cause_ = "waiting for net-helper";
  Ipv4 heard_from_;
  uint8_t heard_priority_ = 0;
  std::string priority_cause_;
  std::optional<std::string> maintenance_;  // who asked for it
  std::vector<Peer> peers_;
  TimePoint lease_until_;  // Active: when the helper withdraws if we fall silent
  TimePoint active_since_;
  TimePoint answered_at_;              // Active: last answer to a priority of 0
  TimePoint reclaimed_at_;             // Active: last answer to a lower-priority advertisement
  TimePoint announced_reclaiming_at_;  // with gratuitous ARP
  TimePoint waiting_since_;            // Backup: nothing was heard before this
  std::optional<TimePoint> preempt_at_;
  std::optional<TimePoint> helper_lost_at_;
  std::optional<Ipv4> active_peer_;  // Backup: who is Active
  bool claim_offered_ = false;       // in a greeting that is not answered yet
  bool resigned_ = false;            // Backup: that peer said priority 0
  bool late_ = false;                // the expiry came late and is being looked at twice
  bool lingering_ = false;
  bool stopping_ = false;  // on_shutdown() has been called
  bool resumed_ = false;   // priority_ is the former engine's until all checks are known
};

}  // namespace holdfast::vrrp
