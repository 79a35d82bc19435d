// What one connected engine says: parsed, held against the allow-table and the policy's limits,
// and handed on as requests. Anything that should not be said ends the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "common/token_bucket.h"
#include "net-helper/policy.h"
#include "net.pb.h"

namespace holdfast::net {

enum class Phase : uint8_t {
  kGreeting,  // connected, nothing said yet
  kServing,   // the hellos are exchanged
};

// Which message the engine may send in which phase. Whatever is not allowed closes the peer.
bool is_allowed(Phase phase, wire::EngineToHelper::BodyCase message);

// What an engine may have done. All arguments are within the policy's limits.
class EngineRequests {
 public:
  virtual ~EngineRequests() = default;

  virtual const RouterPolicy* find_router(uint32_t id) const = 0;
  virtual void hold(uint32_t id, const HoldRequest& request) = 0;
  virtual void resign(uint32_t id, Duration linger) = 0;
  virtual void withdraw(uint32_t id) = 0;
  virtual void refuse(uint32_t id, wire::Ended::Reason reason, const std::string& detail) = 0;
  // The hello is over and what it named is held: answer it.
  virtual void greeted() = 0;
};

class Session {
 public:
  explicit Session(EngineRequests& requests) : requests_(requests) {}

  // Nothing, or what was wrong: then none of the frame was carried out, and the peer is to go.
  std::optional<std::string> handle(std::span<const std::byte> frame, TimePoint now);
  Phase phase() const { return phase_; }

 private:
  std::optional<std::string> check(const wire::Request& request) const;
  using Requests = google::protobuf::RepeatedPtrField<wire::Request>;
  std::optional<std::string> greet(const wire::EngineHello& hello, TimePoint now);
  std::optional<std::string> serve(const Requests& batch, TimePoint now);
  void carry_out(const wire::Request& request);

  EngineRequests& requests_;
  Phase phase_ = Phase::kGreeting;
  // Far above what an engine with every router there can be has to say.
  TokenBucket rate_{20'000, 40'000};
};

}  // namespace holdfast::net
