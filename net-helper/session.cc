#include "net-helper/session.h"

#include <fmt/format.h>

#include "common/frame_socket.h"

namespace holdfast::net {
namespace {

HoldRequest to_hold_request(const wire::Hold& hold) {
  return {.priority = static_cast<uint8_t>(hold.priority()),
          .valid_for = std::chrono::milliseconds(hold.valid_for_ms()),
          .advertise_now = hold.advertise_now(),
          .announce_now = hold.announce_now()};
}

}  // namespace

std::optional<std::string> Session::handle(std::span<const std::byte> frame, TimePoint now) {
  wire::EngineToHelper message;
  if (!parse_frame(frame, message)) return "a frame that is not one message";
  if (!is_allowed(phase_, message.body_case())) {
    return fmt::format("message {} while {}", static_cast<int>(message.body_case()),
                       phase_ == Phase::kGreeting ? "greeting" : "serving");
  }
  switch (message.body_case()) {
    case wire::EngineToHelper::kHello:
      return greet(message.hello());
    case wire::EngineToHelper::kRequests:
      return serve(message.requests(), now);
    case wire::EngineToHelper::BODY_NOT_SET:
      break;
  }
  return "an empty message";
}

// The limits of a router that the policy does not hold are nobody's: that request is refused,
// later.
std::optional<std::string> Session::check(const wire::Request& request) const {
  const RouterPolicy* router = requests_.find_router(request.router_id());
  const auto within = [](uint32_t ms, Duration limit) {
    return std::chrono::milliseconds(ms) <= limit;
  };
  switch (request.what_case()) {
    case wire::Request::kHold: {
      const wire::Hold& hold = request.hold();
      if (router == nullptr) return std::nullopt;
      if (hold.priority() < router->priority_min || hold.priority() > router->priority_max) {
        return fmt::format("{}: priority {} is not within {}..{}", router->name, hold.priority(),
                           router->priority_min, router->priority_max);
      }
      if (hold.valid_for_ms() == 0 || !within(hold.valid_for_ms(), router->lease_limit)) {
        return fmt::format("{}: a lease of {} ms", router->name, hold.valid_for_ms());
      }
      return std::nullopt;
    }
    case wire::Request::kResign:
      if (router == nullptr || within(request.resign().linger_ms(), router->linger_limit)) {
        return std::nullopt;
      }
      return fmt::format("{}: a linger of {} ms", router->name, request.resign().linger_ms());
    case wire::Request::kWithdraw:
      return std::nullopt;
    case wire::Request::WHAT_NOT_SET:
      break;
  }
  return fmt::format("a request for router id {} that asks for nothing", request.router_id());
}

std::optional<std::string> Session::greet(const wire::EngineHello& hello) {
  if (hello.protocol_version() != kProtocolVersion) {
    return fmt::format("protocol version {}, not {}", hello.protocol_version(), kProtocolVersion);
  }
  for (const wire::Request& request : hello.active()) {
    if (!request.has_hold()) return "a hello that lists something else than a hold";
    if (auto problem = check(request)) return problem;
  }
  for (const wire::Request& request : hello.active()) {
    if (requests_.find_router(request.router_id()) == nullptr) {
      requests_.refuse(request.router_id(), wire::Refusal::REASON_UNKNOWN_ROUTER, "");
    } else {
      HoldRequest adopted = to_hold_request(request.hold());
      adopted.adopted = true;
      requests_.hold(request.router_id(), adopted);
    }
  }
  phase_ = Phase::kServing;
  requests_.greeted();
  return std::nullopt;
}

std::optional<std::string> Session::serve(const wire::RequestBatch& batch, TimePoint now) {
  for (const wire::Request& request : batch.requests()) {
    if (auto problem = check(request)) return problem;
  }
  for (const wire::Request& request : batch.requests()) {
    if (!rate_.take(now)) {
      requests_.refuse(request.router_id(), wire::Refusal::REASON_RATE, "too many requests");
    } else if (requests_.find_router(request.router_id()) == nullptr) {
      requests_.refuse(request.router_id(), wire::Refusal::REASON_UNKNOWN_ROUTER, "");
    } else {
      carry_out(request);
    }
  }
  return std::nullopt;
}

void Session::carry_out(const wire::Request& request) {
  const uint32_t id = request.router_id();
  switch (request.what_case()) {
    case wire::Request::kHold:
      return requests_.hold(id, to_hold_request(request.hold()));
    case wire::Request::kResign:
      return requests_.resign(id, std::chrono::milliseconds(request.resign().linger_ms()));
    case wire::Request::kWithdraw:
      return requests_.withdraw(id);
    case wire::Request::WHAT_NOT_SET:
      return;
  }
}

}  // namespace holdfast::net
