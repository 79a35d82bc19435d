// The audit trail: each privileged act and each refusal is one structured record, to the journal
// (systemd.journal-fields(7)) under systemd, else one line of the log. It never waits for the
// journal. What comes too often is counted, kind by kind, and the count stands in the next record.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/error.h"
#include "common/frame_socket.h"
#include "common/log.h"
#include "common/token_bucket.h"

namespace holdfast::net {

class Trail {
 public:
  // Of each kind, at once and in the long run.
  static constexpr double kBurst = 300;
  static constexpr double kPerSecond = 1;

  // `journal`: its socket; empty: there is none.
  explicit Trail(std::string journal) : journal_(std::move(journal)) {}

  // Who asks for what is recorded from now on; nobody: the helper does it of its own accord.
  void set_peer(const ucred& peer);
  void clear_peer() { peer_.clear(); }
  // `deed`: its format is its name, without arguments; one with "refused" in it is a refusal.
  // `row`: of the policy, which permits it; "": none does. `kernel`: what the kernel made of it.
  void record(const LogMessage& deed, const std::string& row, const Result<void>& kernel,
              const std::string& detail, TimePoint now = BootClock::now());

 private:
  struct Kind {
    TokenBucket bucket{kPerSecond, kBurst};
    uint64_t suppressed = 0;
  };

  std::string journal_;
  std::string peer_;                        // the fields that name it
  std::map<std::string_view, Kind> kinds_;  // by id
};

}  // namespace holdfast::net
