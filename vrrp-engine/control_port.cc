#include "vrrp-engine/control_port.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vrrp-engine/transition_queue.h"

namespace holdfast::vrrp {

namespace {

// What may come on top of what the routers themselves may take.
constexpr std::chrono::seconds kGraceTime{1};
// Thousands of routers move one by one: looked at together, so that it costs the election nothing.
constexpr std::chrono::milliseconds kTogether{20};

wire::PeerStatus describe_peer(const Peer& peer, TimePoint now) {
  wire::PeerStatus out;
  out.set_address(peer.address.text());
  out.set_priority(peer.priority);
  out.set_advertisements(peer.advertisements);
  const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - peer.heard_at);
  out.set_heard_ms_ago(ago.count() > 0 ? static_cast<uint64_t>(ago.count()) : 0);
  return out;
}

uint64_t whole_ms(Duration value) {
  return static_cast<uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(value).count());
}

// It still answers for its addresses, or waits for the helper to be able to give them away.
bool is_leaving(const Router& router) {
  return router.is_lingering() || (router.maintenance() && router.state() == State::kActive);
}

wire::MaintenanceOutcome describe_outcome(const Router& router, State before, TimePoint asked_at,
                                          TimePoint now) {
  wire::MaintenanceOutcome outcome;
  outcome.set_router(router.settings().name);
  outcome.set_begun(router.maintenance().has_value());
  outcome.set_before(wire_state(before));
  outcome.set_state(wire_state(router.state()));
  outcome.set_cause(router.cause());
  if (before != State::kActive) return outcome;
  const Peer* successor = router.active_peer();
  const Duration took = successor == nullptr ? router.linger() : successor->heard_at - asked_at;
  outcome.set_took_ms(whole_ms(std::max(took, Duration{})));
  if (successor != nullptr) *outcome.mutable_successor() = describe_peer(*successor, now);
  return outcome;
}

}  // namespace

wire::RouterStatus describe_router(const RouterEntry& entry, TimePoint now) {
  const Router& router = entry.router;
  const RouterSettings& settings = router.settings();
  wire::RouterStatus status;
  status.set_name(settings.name);
  status.set_state(wire_state(router.state()));
  status.set_since_unix_ms(entry.since_unix_ms);
  status.set_cause(router.cause());
  status.set_priority_cause(router.priority_cause());
  status.set_base_priority(settings.priority);
  status.set_effective_priority(router.effective_priority());
  status.set_interface(settings.interface);
  status.set_vrid(settings.vrid);
  status.set_version(settings.version);
  status.set_transitions(entry.transitions);
  for (const AddressSettings& address : settings.addresses) {
    status.add_addresses(fmt::format("{}/{} dev {}", address.address.text(), address.prefix_length,
                                     address.interface));
  }
  status.set_holds_addresses(router.holds());
  for (const Peer& peer : router.peers()) *status.add_peers() = describe_peer(peer, now);
  status.set_in_maintenance(router.maintenance().has_value());
  const auto count = [&status](std::string_view name, uint64_t value) {
    if (value == 0) return;
    wire::Counter& counter = *status.add_counters();
    counter.set_name(std::string(name));
    counter.set_value(value);
  };
  count("accepted", entry.accepted);
  count("other_addresses", entry.other_addresses);
  count("other_interval", entry.other_interval);
  count("checksum_rfc5798", entry.checksums[static_cast<size_t>(ChecksumForm::kRfc5798)]);
  count("checksum_rfc9568", entry.checksums[static_cast<size_t>(ChecksumForm::kRfc9568)]);
  for (size_t i = 0; i < kRungs; ++i) count(rung_name(static_cast<Rung>(i)), entry.refused[i]);
  return status;
}

ControlPort::ControlPort(EventLoop& loop, UniqueFd listening, const Engine& engine,
                         Describe describe, ReadMaintenance read_maintenance)
    : loop_(loop),
      engine_(engine),
      describe_(std::move(describe)),
      read_maintenance_(std::move(read_maintenance)),
      soon_(loop.add_timer([this] {
        soon_is_armed_ = false;
        for (Operator& one : operators_) {
          if (!one.undecided.empty()) tell_outcomes(one, false);
        }
      })),
      listener_(loop, std::move(listening), {},
                [this](UniqueFd fd, const ucred& who) { accept(std::move(fd), who); }) {}

void ControlPort::accept(UniqueFd fd, const ucred& who) {
  // The one that asked first and never read is the one to go.
  if (operators_.size() >= kOperatorsMax) operators_.pop_front();
  const Place place = operators_.emplace(operators_.end());
  place->who = who;
  place->channel = std::make_unique<FrameChannel>(
      loop_, std::move(fd),
      FrameChannel::Handlers{
          .frame = [this, place](std::span<const std::byte> frame) { on_frame(place, frame); },
          .closed = [this, place](const std::string&) { operators_.erase(place); }});
}

void ControlPort::on_frame(Place place, std::span<const std::byte> frame) {
  wire::OperatorToEngine request;
  // One maintenance at a time: the answers to two could not be told apart.
  if (!parse_frame(frame, request) || request.body_case() == wire::OperatorToEngine::BODY_NOT_SET ||
      !place->undecided.empty()) {
    operators_.erase(place);
    return;
  }
  const uint32_t version = request.has_status() ? request.status().protocol_version()
                                                : request.maintenance().protocol_version();
  if (version != kProtocolVersion) {
    wire::EngineToOperator answer;
    answer.mutable_failure()->set_text(
        "vrrp-engine speaks another version of the protocol than this command: restart it");
    place->channel->send(answer);
    return;
  }
  if (request.has_status()) return answer_status(*place->channel);
  answer_maintenance(*place);
}

void ControlPort::answer_maintenance(Operator& one) {
  struct Before {
    State state;
    bool in_maintenance;
  };
  std::map<RouterId, Before> before;
  for (const auto& [id, entry] : engine_.routers()) {
    before[id] = {entry.router.state(), entry.router.maintenance().has_value()};
  }
  one.asked_at = BootClock::now();
  if (const auto done = read_maintenance_(one.who); !done) {
    wire::EngineToOperator answer;
    answer.mutable_failure()->set_text(done.error().text);
    one.channel->send(answer);
    return;
  }
  for (const auto& [id, entry] : engine_.routers()) {
    const Before& was = before.at(id);
    if (was.in_maintenance == entry.router.maintenance().has_value()) continue;
    one.undecided.push_back({.router = id, .before = was.state});
  }
  tell_outcomes(one, true);
}

void ControlPort::after_event() {
  if (soon_is_armed_ ||
      std::ranges::all_of(operators_, [](const Operator& one) { return one.undecided.empty(); })) {
    return;
  }
  soon_is_armed_ = true;
  soon_.arm_after(kTogether);
}

void ControlPort::tell_outcomes(Operator& one, bool always) {
  const TimePoint now = BootClock::now();
  std::vector<Moved> decided;
  Duration longest{};
  std::erase_if(one.undecided, [&](const Moved& moved) {
    const auto found = engine_.routers().find(moved.router);
    if (found == engine_.routers().end()) return true;  // a reload took it away
    const Router& router = found->second.router;
    if (is_leaving(router)) longest = std::max(longest, router.linger());
    if (is_leaving(router)) return false;
    decided.push_back(moved);
    return true;
  });
  if (decided.empty() && !always && !one.undecided.empty()) return;
  auto next = decided.begin();
  bool sent = true;
  do {
    wire::EngineToOperator answer;
    wire::MaintenanceReply& reply = *answer.mutable_maintenance();
    reply.set_protocol_version(kProtocolVersion);
    for (; next != decided.end() && reply.outcomes_size() < kRoutersPerPacket; ++next) {
      const Router& router = engine_.routers().at(next->router).router;
      *reply.add_outcomes() = describe_outcome(router, next->before, one.asked_at, now);
    }
    reply.set_more(next != decided.end() || !one.undecided.empty());
    reply.set_wait_ms(whole_ms(longest + kGraceTime));
    sent = one.channel->send(answer) == SendResult::kSent;
  } while (sent && next != decided.end());
}

void ControlPort::answer_status(FrameChannel& channel) const {
  const TimePoint now = BootClock::now();
  wire::EngineToOperator answer;
  wire::StatusReply* reply = answer.mutable_status();
  reply->set_protocol_version(kProtocolVersion);
  reply->set_generation(engine_.settings().generation);
  reply->set_system_name(engine_.settings().system_name);
  describe_(*reply);
  for (const CheckSettings& check : engine_.settings().checks) {
    wire::CheckStatus& out = *reply->add_checks();
    out.set_name(check.name);
    const auto health = engine_.health().find(check.id);
    if (health == engine_.health().end()) continue;
    out.set_known(true);
    out.set_passing(health->second.passing);
    out.set_cause(health->second.cause);
  }
  for (const auto& [id, entry] : engine_.routers()) {
    if (reply->routers_size() >= kRoutersPerPacket) {
      reply->set_more(true);
      if (channel.send(answer) != SendResult::kSent) return;
      answer.Clear();
      reply = answer.mutable_status();
      reply->set_protocol_version(kProtocolVersion);
    }
    *reply->add_routers() = describe_router(entry, now);
  }
  channel.send(answer);
}

}  // namespace holdfast::vrrp
