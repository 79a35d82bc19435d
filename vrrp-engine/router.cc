#include "vrrp-engine/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::vrrp {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;

// An expiry this late, or a whole interval, means that this process, or the machine, stood still:
// advertisements may be waiting unread, so they get this long to be heard before the expiry counts.
constexpr milliseconds kLateBy{100};
constexpr milliseconds kSecondLook{20};

// One answer to a lower-priority router in half an interval, or in this time, is enough to end a
// dispute, and the dispute must not become a flood (RFC 9568 8.2.2 has the same worry).
constexpr milliseconds kReclaimInterval{500};
// The helper grants 20 changes a second: half of them for answers to others, and what it refused is
// asked for again when it can grant the next.
constexpr milliseconds kAnswerInterval{100};
constexpr milliseconds kRetryInterval{50};

constexpr std::chrono::seconds kSkewMax{1};  // of VRRPv2, whatever the interval

double seconds(Duration value) {
  return duration<double>(value).count();
}

}  // namespace

std::string_view state_name(State state) {
  switch (state) {
    case State::kInitialize:
      return "Initialize";
    case State::kBackup:
      return "Backup";
    case State::kActive:
      return "Active";
    case State::kFault:
      return "Fault";
    case State::kStopped:
      return "Stopped";
  }
  return "?";
}

Router::Router(RouterSettings settings, const HealthTable& health)
    : settings_(std::move(settings)),
      announcements_(settings_.garp),
      verdict_(judge(settings_.priority, settings_.trackers, health)),
      priority_(verdict_.priority),
      active_interval_(settings_.advert_interval) {}

Duration Router::skew_time() const {
  return skew_of(priority_);
}

Duration Router::skew_of(uint8_t priority) const {
  const Duration whole = settings_.version == 2 ? kSkewMax : active_interval_;
  return whole * (256 - priority) / 256;
}

Duration Router::linger() const {
  constexpr milliseconds kForTheWay{50};
  if (settings_.version == 2) return kLinger;
  return std::max<Duration>(kLinger, settings_.advert_interval + kForTheWay);
}

Duration Router::down_interval() const {
  return settings_.down_timer_adverts * active_interval_ + skew_time();
}

std::optional<TimePoint> Router::deadline() const {
  const auto announcement = announcements_.next();
  // Without the helper nothing can be announced: what comes due meanwhile waits for it.
  if (!announcement || helper_lost_at_) return deadline_;
  return std::min(*announcement, deadline_.value_or(*announcement));
}

bool Router::keeps_claim(TimePoint now) const {
  if (state_ != State::kActive) return false;
  return !helper_lost_at_ || now - *helper_lost_at_ < helper_patience();
}

bool Router::offer_claim(TimePoint now) {
  claim_offered_ = keeps_claim(now);
  // The helper claims it now, and will say so; if it does not, its lease is over by then.
  if (claim_offered_) deadline_ = now + kLeaseTime;
  return claim_offered_;
}

// Peers wait at least this long for us, from an advertisement that may be an interval old; beyond
// that somebody else may hold the addresses.
Duration Router::helper_patience() const {
  return std::max(settings_.down_timer_adverts - 1, 1U) * settings_.advert_interval;
}

std::optional<std::string> Router::blocked() const {
  if (!link_.exists) {
    return fmt::format("interface {} does not exist yet", settings_.interface);
  }
  if (!link_.running) return fmt::format("interface {} is down", settings_.interface);
  if (link_.primary.is_unset()) {
    return fmt::format("interface {} has no IPv4 address", settings_.interface);
  }
  return verdict_.fault;
}

void Router::enter(State state, std::string cause, Actions& actions) {
  cause_ = cause;
  if (state == state_) return;
  const State from = std::exchange(state_, state);
  if (from == State::kActive) announcements_.stop();
  actions.emplace_back(TransitionAction{from, state, priority_, std::move(cause)});
}

void Router::renew(HoldAction hold, TimePoint now, Actions& actions) {
  hold.priority = priority_;
  lease_until_ = now + kLeaseTime;
  deadline_ = now + kRenewalTime;
  actions.emplace_back(hold);
}

void Router::become_active(std::string cause, TimePoint now, Actions& actions) {
  preempt_at_.reset();
  active_peer_.reset();
  active_interval_ = settings_.advert_interval;
  active_since_ = now;
  resigned_ = late_ = false;
  renew({.announce = announcements_.start(now)}, now, actions);
  enter(State::kActive, std::move(cause), actions);
}

void Router::become_backup(std::string cause, TimePoint from, Actions& actions) {
  preempt_at_.reset();
  resigned_ = late_ = false;
  waiting_since_ = from;
  deadline_ = from + down_interval();
  enter(State::kBackup, std::move(cause), actions);
}

void Router::become_fault(std::string cause, Actions& actions) {
  if (state_ == State::kActive) actions.emplace_back(ResignAction{});
  deadline_.reset();
  preempt_at_.reset();
  enter(State::kFault, std::move(cause), actions);
}

void Router::step_down(std::string cause, TimePoint now, Actions& actions) {
  deadline_.reset();
  preempt_at_.reset();
  if (state_ == State::kActive && !helper_lost_at_) {
    actions.emplace_back(ResignAction{linger()});
    lingering_ = true;
    deadline_ = now + linger();
  }
  enter(State::kStopped, std::move(cause), actions);
}

void Router::settle(TimePoint now, Actions& actions) {
  // Whoever lingers has the addresses for a moment more, whatever is wanted of it next.
  if (!started_ || helper_lost_at_ || stopping_ || lingering_) return;
  if (maintenance_) {
    if (state_ != State::kStopped) step_down("in maintenance " + *maintenance_, now, actions);
    return;
  }
  if (auto reason = blocked()) return become_fault(std::move(*reason), actions);
  if (state_ == State::kBackup || state_ == State::kActive) return;
  if (verdict_.waiting) {
    if (state_ == State::kStopped) enter(State::kInitialize, *verdict_.waiting, actions);
    cause_ = *verdict_.waiting;
    return;
  }
  if (priority_ == kPriorityOwner && settings_.starts_eager) {
    return become_active("priority 255: this router owns the addresses", now, actions);
  }
  const bool recovered = state_ == State::kFault || state_ == State::kStopped;
  active_interval_ = settings_.advert_interval;
  become_backup(state_ == State::kStopped ? "the maintenance is over"
                : recovered               ? "the fault is gone: " + cause_
                                          : "started",
                now, actions);
  // keepalived's `state MASTER`: wait for one advertisement only, with the smallest skew.
  if (settings_.starts_eager && !recovered) {
    deadline_ = now + settings_.advert_interval + skew_of(kPriorityOwner);
  }
}

Actions Router::on_start(const LinkView& link, std::optional<uint8_t> held_priority,
                         TimePoint now) {
  Actions actions;
  started_ = true;
  link_ = link;
  if (held_priority && !blocked()) {
    resumed_ = !verdict_.all_known;
    if (resumed_) priority_ = *held_priority;
    become_active("resumed: a former engine of this host held it", now, actions);
    for (Action& action : actions) {
      if (auto* transition = std::get_if<TransitionAction>(&action)) transition->resumed = true;
      // The former engine has announced it; whether a second time, nobody knows.
      if (auto* hold = std::get_if<HoldAction>(&action)) hold->announce = 0;
    }
    settle(now, actions);  // the maintenance may have begun while nobody was there to hear of it
    return actions;
  }
  if (held_priority) actions.emplace_back(ResignAction{});
  settle(now, actions);
  if (maintenance_) await_successor_of_former(now, actions);
  return actions;
}

// In maintenance since before this engine: that was told. The former engine may have ended while it
// lingered, which the helper does not tell: it is to let go as soon as the successor is heard.
void Router::await_successor_of_former(TimePoint now, Actions& actions) {
  for (Action& action : actions) {
    if (auto* transition = std::get_if<TransitionAction>(&action)) transition->resumed = true;
  }
  lingering_ = true;
  deadline_ = now + linger();
}

Actions Router::on_maintenance(std::optional<std::string> order, TimePoint now) {
  Actions actions;
  maintenance_ = std::move(order);
  settle(now, actions);
  return actions;
}

Actions Router::on_link(const LinkView& link, TimePoint now) {
  Actions actions;
  if (std::exchange(link_, link) != link) settle(now, actions);
  return actions;
}

void Router::take_priority(uint8_t priority, const std::string& why, TimePoint now,
                           Actions& actions) {
  if (priority == priority_) return;
  priority_cause_ = fmt::format("{}: priority {} -> {}", why, priority_, priority);
  actions.emplace_back(PriorityAction{priority_, priority, priority_cause_});
  priority_ = priority;
  if (state_ == State::kActive && !helper_lost_at_) renew({}, now, actions);
}

Actions Router::on_health(const HealthTable& health, CheckId changed, TimePoint now) {
  Actions actions;
  verdict_ = judge(settings_.priority, settings_.trackers, health);
  if (resumed_ && !verdict_.all_known) return actions;
  resumed_ = false;
  const auto tracker = std::ranges::find(settings_.trackers, changed, &TrackerSettings::check);
  const auto result = health.find(changed);
  std::string why = "the checks changed";
  if (tracker != settings_.trackers.end() && result != health.end()) {
    why = describe_change(tracker->name, result->second);
  }
  take_priority(verdict_.priority, why, now, actions);
  settle(now, actions);
  return actions;
}

Actions Router::on_settings(RouterSettings settings, const HealthTable& health, TimePoint now) {
  Actions actions;
  if (settings.advert_interval != settings_.advert_interval) {
    active_interval_ = settings.advert_interval;  // until the Active says another one
  }
  settings_ = std::move(settings);
  verdict_ = judge(settings_.priority, settings_.trackers, health);
  resumed_ = false;
  announcements_.change(settings_.garp, now);
  take_priority(verdict_.priority, "the configuration changed", now, actions);
  settle(now, actions);
  return actions;
}

Actions Router::on_deadline(TimePoint now) {
  Actions actions;
  const auto due = deadline();
  if (!due || now < *due) return actions;
  if (helper_lost_at_) {
    give_up_without_helper(now, actions);
    return actions;
  }
  if (lingering_) {
    lingering_ = false;
    deadline_.reset();
    actions.emplace_back(WithdrawAction{});
    settle(now, actions);
    return actions;
  }
  if (state_ == State::kActive) {
    if (now < lease_until_) {
      renew({.announce = announcements_.take_due(now)}, now, actions);
    } else {
      // The helper has given the addresses back already; renewing now would claim them a second
      // time, beside the peer that took over.
      become_backup(fmt::format("this process stood still for {:.2f} s and its lease ended",
                                seconds(now - (lease_until_ - kLeaseTime))),
                    now, actions);
    }
    return actions;
  }
  if (state_ != State::kBackup) return actions;
  if (!late_ && now - *deadline_ > std::min<Duration>(kLateBy, active_interval_)) {
    late_ = true;
    deadline_ = now + std::min<Duration>(kSecondLook, active_interval_ / 2);
    return actions;
  }
  become_active(silence(now), now, actions);
  return actions;
}

std::string Router::silence(TimePoint now) const {
  if (!active_peer_) {
    return fmt::format("no advertisement heard for {:.2f} s", seconds(now - waiting_since_));
  }
  const auto peer = std::ranges::find(peers_, *active_peer_, &Peer::address);
  const Duration quiet = peer == peers_.end() ? Duration{} : now - peer->heard_at;
  if (resigned_) {
    return fmt::format("{} resigned (priority 0) {:.2f} s ago", active_peer_->text(),
                       seconds(quiet));
  }
  if (peer != peers_.end() && peer->priority < priority_ && quiet < down_interval()) {
    return fmt::format("{} advertises priority {}, ours is {}", active_peer_->text(),
                       peer->priority, priority_);
  }
  return fmt::format("no advertisement from {} for {:.2f} s", active_peer_->text(), seconds(quiet));
}

void Router::remember(const Advertisement& advertisement) {
  auto peer = std::ranges::find(peers_, advertisement.source, &Peer::address);
  if (peer == peers_.end()) {
    if (peers_.size() >= kPeersMax)
      peers_.erase(std::ranges::min_element(peers_, {}, &Peer::heard_at));
    peers_.push_back({.address = advertisement.source});
    peer = std::prev(peers_.end());
  }
  peer->priority = advertisement.priority;
  peer->heard_at = advertisement.received_at;
  ++peer->advertisements;
}

Actions Router::on_advertisement(const Advertisement& advertisement, TimePoint now) {
  Actions actions;
  if (!started_ || helper_lost_at_) return actions;
  remember(advertisement);
  if (lingering_) {
    if (advertisement.priority == kPriorityResign) return actions;
    deadline_ = std::min(deadline_.value_or(now), now + kSuccessorNeeds);
    active_peer_ = advertisement.source;
    cause_ = fmt::format("{}; {} took over",
                         maintenance_ ? "in maintenance " + *maintenance_ : "stopped",
                         advertisement.source.text());
  } else if (state_ == State::kBackup) {
    backup_hears(advertisement, now);
  } else if (state_ == State::kActive) {
    active_hears(advertisement, now, actions);
  }
  return actions;
}

// RFC 3768 6.4.2, with keepalived's preempt_delay: while it runs, Preempt_Mode is false.
void Router::backup_hears(const Advertisement& advertisement, TimePoint now) {
  active_peer_ = advertisement.source;
  // Counted from when the packet came, not from when we got to it.
  const TimePoint heard = std::min(advertisement.received_at, now);
  if (advertisement.priority == kPriorityResign) {
    resigned_ = true;
    deadline_ = heard + skew_time();
    return;
  }
  resigned_ = false;
  bool accept = advertisement.priority >= priority_;
  if (accept) {
    preempt_at_.reset();
  } else if (!settings_.preempt) {
    accept = true;
  } else if (settings_.preempt_delay.count() > 0) {
    if (!preempt_at_) preempt_at_ = now + settings_.preempt_delay;
    accept = now < *preempt_at_;
  }
  if (!accept) return;
  late_ = false;
  active_interval_ = advertisement.interval;
  deadline_ = heard + down_interval();
  cause_.clear();  // in words only when somebody asks: there may be thousands a second
  heard_from_ = advertisement.source;
  heard_priority_ = advertisement.priority;
}

std::string Router::cause() const {
  if (!cause_.empty()) return cause_;
  return fmt::format("{} is Active with priority {}", heard_from_.text(), heard_priority_);
}

// RFC 3768 6.4.3.
void Router::active_hears(const Advertisement& advertisement, TimePoint now, Actions& actions) {
  if (now >= lease_until_) {
    deadline_ = now;  // on_deadline() says what a lost lease means
    actions = on_deadline(now);
    if (state_ == State::kBackup) backup_hears(advertisement, now);
    return;
  }
  if (advertisement.priority == kPriorityResign) {
    if (now - answered_at_ < kAnswerInterval) return;
    answered_at_ = now;
    return renew({.advertise_now = true}, now, actions);
  }
  const bool better = advertisement.priority > priority_ ||
                      (advertisement.priority == priority_ && advertisement.source > link_.primary);
  if (better) {
    actions.emplace_back(WithdrawAction{});
    active_peer_ = advertisement.source;
    active_interval_ = advertisement.interval;
    become_backup(advertisement.priority == priority_
                      ? fmt::format("{} advertises our priority {} and has the higher address",
                                    advertisement.source.text(), priority_)
                      : fmt::format("{} advertises priority {}, ours is {}",
                                    advertisement.source.text(), advertisement.priority, priority_),
                  std::min(advertisement.received_at, now), actions);
    return;
  }
  // RFC 3768 discards it; RFC 9568 and keepalived answer at once, which ends a split brain in one
  // packet instead of one interval. The announcement repairs what the other one told the switches.
  const auto pause =
      std::clamp<Duration>(settings_.advert_interval / 2, kAnswerInterval, kReclaimInterval);
  if (now - reclaimed_at_ < pause) return;
  reclaimed_at_ = now;
  const bool announces = now - announced_reclaiming_at_ >= kReclaimInterval;
  if (announces) announced_reclaiming_at_ = now;
  renew({.advertise_now = true, .announce = announces ? settings_.garp.repeat : 0}, now, actions);
}

Actions Router::on_refused_for_now(TimePoint now) {
  if (state_ != State::kActive || helper_lost_at_) return {};
  const TimePoint again = now + kRetryInterval;
  deadline_ = std::min(deadline_.value_or(again), again);
  // It may have been the claim itself, with the announcement that goes with it.
  if (now - active_since_ < kRenewalTime) announcements_.again(again);
  return {};
}

Actions Router::on_lease_end(LeaseEnd end, const std::string& detail, TimePoint now) {
  Actions actions;
  if (lingering_) {
    lingering_ = false;
    deadline_.reset();
    settle(now, actions);
    return actions;
  }
  if (state_ != State::kActive) return actions;
  // A renewal may have been on its way, and claimed anew.
  actions.emplace_back(WithdrawAction{});
  const auto with_detail = [&detail](std::string text) {
    return detail.empty() ? text : fmt::format("{}: {}", text, detail);
  };
  switch (end) {
    case LeaseEnd::kExpired:
      become_backup("the lease ran out at net-helper", now, actions);
      break;
    case LeaseEnd::kAddressLost:
      become_backup(with_detail("somebody removed a virtual address"), now, actions);
      break;
    case LeaseEnd::kLinkLost:
      become_backup(with_detail("the interface was lost"), now, actions);
      break;
    case LeaseEnd::kRefused:
      become_backup(with_detail("net-helper could not hold it"), now, actions);
      break;
    case LeaseEnd::kOther:
      become_backup(with_detail("net-helper ended it"), now, actions);
      break;
  }
  return actions;
}

Actions Router::on_helper_lost(TimePoint now) {
  if (!helper_lost_at_) helper_lost_at_ = now;
  claim_offered_ = false;
  // Deaf and mute: no expiry counts until the helper is back, but that of our own claim.
  deadline_.reset();
  if (state_ == State::kActive) deadline_ = *helper_lost_at_ + helper_patience();
  lingering_ = false;
  return {};
}

// The kernel takes the addresses away about now: status and notifications are to say so.
void Router::give_up_without_helper(TimePoint now, Actions& actions) {
  if (state_ == State::kActive) {
    become_backup(fmt::format("net-helper is away for {:.2f} s",
                              seconds(now - helper_lost_at_.value_or(now))),
                  now, actions);
  }
  deadline_.reset();
}

Actions Router::on_helper_back(const LinkView& link, TimePoint now) {
  Actions actions;
  if (!helper_lost_at_) return on_start(link, std::nullopt, now);
  const bool keep = std::exchange(claim_offered_, false);
  const Duration away = now - *helper_lost_at_;
  helper_lost_at_.reset();
  link_ = link;
  if (state_ == State::kActive && !blocked()) {
    if (keep) {
      // A helper that was stopped in good order gave the addresses up: somebody may have announced
      // them meanwhile.
      renew({.announce = settings_.garp.repeat}, now, actions);
    } else {
      become_backup(fmt::format("net-helper was away for {:.2f} s", seconds(away)), now, actions);
    }
    settle(now, actions);  // what was asked for meanwhile
    return actions;
  }
  if (state_ == State::kBackup) {
    waiting_since_ = now;
    deadline_ = now + down_interval();
  }
  settle(now, actions);
  return actions;
}

Actions Router::on_shutdown(TimePoint now) {
  Actions actions;
  stopping_ = true;
  if (state_ != State::kStopped) step_down("stopped by request", now, actions);
  return actions;
}

const Peer* Router::active_peer() const {
  if (!active_peer_) return nullptr;
  const auto peer = std::ranges::find(peers_, *active_peer_, &Peer::address);
  return peer == peers_.end() ? nullptr : &*peer;
}

}  // namespace holdfast::vrrp
