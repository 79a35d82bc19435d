#include "vrrp-engine/control_port.h"

#include <fmt/format.h>

#include <utility>

#include "vrrp-engine/transition_queue.h"

namespace holdfast::vrrp {

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
  for (const Peer& peer : router.peers()) {
    wire::PeerStatus& out = *status.add_peers();
    out.set_address(peer.address.text());
    out.set_priority(peer.priority);
    out.set_advertisements(peer.advertisements);
    const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - peer.heard_at);
    out.set_heard_ms_ago(ago.count() > 0 ? static_cast<uint64_t>(ago.count()) : 0);
  }
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
                         std::function<void(wire::StatusReply&)> describe)
    : loop_(loop),
      engine_(engine),
      describe_(std::move(describe)),
      listener_(loop, std::move(listening), {},
                [this](UniqueFd fd, ucred) { accept(std::move(fd)); }) {}

void ControlPort::accept(UniqueFd fd) {
  // The one that asked first and never read is the one to go.
  if (operators_.size() >= kOperatorsMax) operators_.pop_front();
  const Place place = operators_.emplace(operators_.end());
  place->channel = std::make_unique<FrameChannel>(
      loop_, std::move(fd),
      FrameChannel::Handlers{
          .frame = [this, place](std::span<const std::byte> frame) { on_frame(place, frame); },
          .closed = [this, place](const std::string&) { operators_.erase(place); }});
}

void ControlPort::on_frame(Place place, std::span<const std::byte> frame) {
  wire::OperatorToEngine request;
  if (!parse_frame(frame, request) || !request.has_status()) {
    operators_.erase(place);
    return;
  }
  if (request.status().protocol_version() != kProtocolVersion) {
    wire::EngineToOperator answer;
    answer.mutable_failure()->set_text(
        "vrrp-engine speaks another version of the protocol than this command: restart it");
    place->channel->send(answer);
    return;
  }
  answer_status(*place->channel);
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
