// The life of one claim, as a pure function of (state, request or time) to actions: no clock, no
// socket. See net.proto for what the engine may ask, design.md section 4 for why.
//
//   idle --hold--> held --resign--> resigning --linger over--> idle
//                  held --deadline--> resigning (orphaned) --successor heard--> idle
//                  held --withdraw, end--> idle
#pragma once

#include <cstdint>
#include <optional>

#include "common/clock.h"
#include "net.pb.h"

namespace holdfast::net {

using wire::Ended;

// What is done about a router's: kPut adds them, or renews the kernel's lease on them.
enum class Addresses : uint8_t { kLeave, kPut, kRemove };

// To be carried out in this order. Nothing is allocated: there are some for each advertisement.
struct Actions {
  std::optional<uint8_t> advertise;  // a priority
  Addresses addresses = Addresses::kLeave;
  uint32_t announce = 0;  // gratuitous ARP frames an address
  std::optional<Ended::Reason> ended;
  bool operator==(const Actions&) const = default;
};

struct LeaseTimes {
  Duration advert_interval{};
  std::chrono::seconds kernel_lease{};  // valid_lft of the addresses: longer than the interval

  bool operator==(const LeaseTimes&) const = default;
};

struct HoldRequest {
  uint8_t priority = 0;
  Duration valid_for{};
  bool advertise_now = false;
  uint32_t announce = 0;  // gratuitous ARP frames an address
};

class Lease {
 public:
  enum class Phase : uint8_t { kIdle, kHeld, kResigning };

  explicit Lease(const LeaseTimes& times) : times_(times) {}

  Phase phase() const { return phase_; }
  uint8_t priority() const { return priority_; }
  TimePoint deadline() const { return deadline_; }
  // Resigning because the engine fell silent: nobody but the helper can see the successor.
  bool is_orphaned() const { return phase_ == Phase::kResigning && orphaned_; }
  // When tick() has something to do; nothing while idle.
  std::optional<TimePoint> next_due() const;
  // True if the request does more than move the deadline.
  bool would_change(const HoldRequest& request) const;

  // A claim, or the renewal of one.
  Actions hold(TimePoint now, const HoldRequest& request);
  Actions resign(TimePoint now, Duration linger);
  Actions withdraw();
  // Ends it on the helper's side; nothing while idle.
  Actions end(Ended::Reason reason);
  Actions tick(TimePoint now);
  // After a reload. What is claimed is put there again: the addresses may be others.
  Actions change_times(TimePoint now, const LeaseTimes& times);

 private:
  Actions expire(TimePoint now);

  LeaseTimes times_;
  Phase phase_ = Phase::kIdle;
  bool orphaned_ = false;
  uint8_t priority_ = 0;
  TimePoint deadline_{};  // of the lease, or of the linger
  TimePoint next_advert_{};
  TimePoint renewed_{};  // the kernel's lease, by a tick
};

}  // namespace holdfast::net
