#include "net-helper/leases.h"

#include <algorithm>

#include "common/vrrp_wire.h"

namespace holdfast::net {
namespace {

// The longest that a peer waits after a priority of 0 (RFC 3768 6.1: less than a second; RFC 9568
// 6.1: less than an interval).
constexpr std::chrono::seconds kSkewMax{1};
// Of the kernel's lease, which has a second to spare; the rest is for a helper that stands still or
// is started anew. Where adverts come less often: each renews.
constexpr std::chrono::milliseconds kRenewalMin{600};

}  // namespace

std::optional<TimePoint> Lease::next_due() const {
  if (phase_ == Phase::kIdle) return std::nullopt;
  return phase_ == Phase::kHeld ? std::min(deadline_, next_advert_) : deadline_;
}

bool Lease::would_change(const HoldRequest& request) const {
  return phase_ != Phase::kHeld || request.priority != priority_ || request.advertise_now ||
         request.announce > 0;
}

Actions Lease::hold(TimePoint now, const HoldRequest& request) {
  const bool fresh = phase_ != Phase::kHeld;
  // We stood still past the deadline: a peer has the addresses by now, so nothing is renewed.
  if (!fresh && deadline_ <= now) return end(Ended::REASON_LEASE_EXPIRED);
  phase_ = Phase::kHeld;
  orphaned_ = false;
  priority_ = request.priority;
  deadline_ = now + request.valid_for;
  Actions actions{.announce = request.announce};
  if (fresh || request.advertise_now) {
    // The advertisement first: it silences the other candidates while the addresses are added.
    actions.advertise = priority_;
    actions.addresses = Addresses::kPut;
    next_advert_ = now + times_.advert_interval;
  }
  return actions;
}

Actions Lease::resign(TimePoint now, Duration linger) {
  if (phase_ != Phase::kHeld) return {};
  if (linger.count() <= 0) return end(Ended::REASON_RESIGNED);
  phase_ = Phase::kResigning;
  deadline_ = now + linger;
  // No more advertisements will renew the addresses.
  return {.advertise = vrrp::kPriorityResign, .addresses = Addresses::kPut};
}

Actions Lease::withdraw() {
  if (phase_ == Phase::kIdle) return {};
  phase_ = Phase::kIdle;
  return {.addresses = Addresses::kRemove};
}

Actions Lease::end(Ended::Reason reason) {
  if (phase_ == Phase::kIdle) return {};
  Actions actions{.addresses = Addresses::kRemove, .ended = reason};
  // A resigned router has said so already; without a link nobody would hear it.
  if (phase_ == Phase::kHeld && reason != Ended::REASON_LINK_LOST) {
    actions.advertise = vrrp::kPriorityResign;
  }
  phase_ = Phase::kIdle;
  return actions;
}

// The engine is silent, the network is not: as in a planned stop the addresses stay until somebody
// else advertises. Whoever noticed so late that a peer may have them by now lets go at once.
Actions Lease::expire(TimePoint now) {
  const Duration linger = deadline_ + std::max<Duration>(kSkewMax, times_.advert_interval) - now;
  if (linger.count() <= 0) return end(Ended::REASON_LEASE_EXPIRED);
  Actions actions = resign(now, linger);
  actions.ended = Ended::REASON_LEASE_EXPIRED;
  orphaned_ = true;
  return actions;
}

Actions Lease::tick(TimePoint now) {
  if (phase_ == Phase::kIdle) return {};
  if (deadline_ <= now) {
    return phase_ == Phase::kHeld ? expire(now) : end(Ended::REASON_RESIGNED);
  }
  Actions actions;
  if (phase_ == Phase::kHeld && next_advert_ <= now) {
    // The kernel's lease with it: the peers count their patience from the last one, and if all of
    // us die the kernel must not give up the addresses before a peer takes them.
    actions.advertise = priority_;
    if (now - renewed_ >= kRenewalMin) {
      actions.addresses = Addresses::kPut;
      renewed_ = now;
    }
    // From the time it was due, so that lateness does not add up; what a stall missed is skipped.
    next_advert_ += times_.advert_interval * (1 + (now - next_advert_) / times_.advert_interval);
  }
  return actions;
}

Actions Lease::change_times(TimePoint now, const LeaseTimes& times) {
  times_ = times;
  if (phase_ == Phase::kIdle) return {};
  next_advert_ = std::min(next_advert_, now + times_.advert_interval);
  return {.addresses = Addresses::kPut};
}

}  // namespace holdfast::net
