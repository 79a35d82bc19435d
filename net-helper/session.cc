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
  return message.has_hello() ? greet(message.hello(), now)
                             : serve(message.requests().requests(), now);
}

// The limits of a router that the policy does not hold are nobody's: that request is refused,
// later.
std::optional<std::string> Session::check(const wire::Request& request) const {
  if (request.what_case() == wire::Request::WHAT_NOT_SET) {
    return fmt::format("a request for router id {} that asks for nothing", request.router_id());
  }
  const RouterPolicy* router = requests_.find_router(request.router_id());
  if (router == nullptr) return std::nullopt;
  const wire::Hold& hold = request.hold();
  const auto checked =
      request.has_hold()
          ? check_ranges({{"priority", hold.priority(), router->priority_min, router->priority_max},
                          {"valid_for_ms", hold.valid_for_ms(), 1, router->lease_limit_ms}})
          : check_ranges({{"linger_ms", request.resign().linger_ms(), 0, router->linger_limit_ms}});
  if (checked) return std::nullopt;
  return router->name + ": " + checked.error().text;
}

std::optional<std::string> Session::greet(const wire::EngineHello& hello, TimePoint now) {
  if (hello.protocol_version() != kProtocolVersion) {
    return fmt::format("protocol version {}, not {}", hello.protocol_version(), kProtocolVersion);
  }
  for (const wire::Request& request : hello.active()) {
    if (!request.has_hold()) return "a hello that lists something else than a hold";
  }
  if (auto problem = serve(hello.active(), now)) return problem;
  if (hello.more()) return std::nullopt;
  phase_ = Phase::kServing;
  requests_.greeted();
  return std::nullopt;
}

std::optional<std::string> Session::serve(const Requests& batch, TimePoint now) {
  for (const wire::Request& request : batch) {
    if (auto problem = check(request)) return problem;
  }
  for (const wire::Request& request : batch) {
    if (rate_.take(now)) {
      carry_out(request);
    } else {
      requests_.refuse(request.router_id(), wire::Ended::REASON_RATE, "too many requests");
    }
  }
  return std::nullopt;
}

void Session::carry_out(const wire::Request& request) {
  const uint32_t id = request.router_id();
  const RouterPolicy* const router = requests_.find_router(id);
  if (router == nullptr) {
    requests_.refuse(id, wire::Ended::REASON_UNKNOWN_ROUTER, "not in the policy");
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
