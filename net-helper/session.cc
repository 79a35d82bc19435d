#include "net-helper/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/frame_socket.h"

namespace holdfast::net {

using std::chrono::milliseconds;

bool is_allowed(Phase phase, wire::EngineToHelper::BodyCase message) {
  return (phase == Phase::kGreeting && message == wire::EngineToHelper::kHello) ||
         (phase == Phase::kServing && message == wire::EngineToHelper::kRequests);
}

std::optional<std::string> Session::handle(std::span<const std::byte> frame, TimePoint now) {
  wire::EngineToHelper message;
  if (!parse_frame(frame, message)) return "a frame that is not one message";
  if (!is_allowed(phase_, message.body_case())) {
    return fmt::format("message {} while {}", static_cast<int>(message.body_case()),
                       phase_ == Phase::kGreeting ? "greeting" : "serving");
  }
  return message.has_hello() ? greet(message.hello()) : serve(message.requests(), now);
}

// The limits of a router that the policy does not hold are nobody's: that request is refused,
// later.
std::optional<std::string> Session::check(const wire::Request& request) const {
  if (request.what_case() == wire::Request::WHAT_NOT_SET) {
    return fmt::format("a request for router id {} that asks for nothing", request.router_id());
  }
  const RouterPolicy* router = requests_.find_router(request.router_id());
  if (router == nullptr) return std::nullopt;
  const uint32_t priority = request.hold().priority();
  const uint32_t lease_ms = request.hold().valid_for_ms();
  const uint32_t linger_ms = request.resign().linger_ms();
  if (request.has_hold() && (priority < router->priority_min || priority > router->priority_max)) {
    return fmt::format("{}: priority {} is not within {}..{}", router->name, priority,
                       router->priority_min, router->priority_max);
  }
  if (request.has_hold() && (lease_ms == 0 || milliseconds(lease_ms) > router->lease_limit)) {
    return fmt::format("{}: a lease of {} ms", router->name, lease_ms);
  }
  if (request.has_resign() && milliseconds(linger_ms) > router->linger_limit) {
    return fmt::format("{}: a linger of {} ms", router->name, linger_ms);
  }
  return std::nullopt;
}

std::optional<std::string> Session::greet(const wire::EngineHello& hello) {
  if (hello.protocol_version() != kProtocolVersion) {
    return fmt::format("protocol version {}, not {}", hello.protocol_version(), kProtocolVersion);
  }
  for (const wire::Request& request : hello.active()) {
    if (!request.has_hold()) return "a hello that lists something else than a hold";
    if (auto problem = check(request)) return problem;
  }
  for (const wire::Request& request : hello.active()) carry_out(request);
  phase_ = Phase::kServing;
  requests_.greeted();
  return std::nullopt;
}

std::optional<std::string> Session::serve(const wire::RequestBatch& batch, TimePoint now) {
  for (const wire::Request& request : batch.requests()) {
    if (auto problem = check(request)) return problem;
  }
  for (const wire::Request& request : batch.requests()) {
    if (rate_.take(now)) {
      carry_out(request);
    } else {
      requests_.refuse(request.router_id(), wire::Refusal::REASON_RATE, "too many requests");
    }
  }
  return std::nullopt;
}

void Session::carry_out(const wire::Request& request) {
  const uint32_t id = request.router_id();
  const RouterPolicy* const router = requests_.find_router(id);
  if (router == nullptr) {
    requests_.refuse(id, wire::Refusal::REASON_UNKNOWN_ROUTER, "not in the policy");
  } else if (request.has_hold()) {
    const wire::Hold& hold = request.hold();
    requests_.hold(id, {.priority = static_cast<uint8_t>(hold.priority()),
                        .valid_for = milliseconds(hold.valid_for_ms()),
                        .advertise_now = hold.advertise_now(),
                        .announce = std::min(hold.announce(), router->announce_limit)});
  } else if (request.has_resign()) {
    requests_.resign(id, milliseconds(request.resign().linger_ms()));
  } else {
    requests_.withdraw(id);
  }
}

}  // namespace holdfast::net
