#include "net-helper/engine_link.h"

#include <utility>

#include "net-helper/messages.h"

namespace holdfast::net {

EngineLink::EngineLink(EventLoop& loop, UniqueFd listening, uid_t engine_user,
                       EngineRequests& requests, Trail& trail)
    : loop_(loop),
      requests_(requests),
      trail_(trail),
      listener_(loop, std::move(listening), {engine_user},
                [this](UniqueFd peer, ucred who) { accept(std::move(peer), who); }) {}

bool EngineLink::is_serving() const {
  return channel_ && channel_->is_open() && session_->phase() == Phase::kServing;
}

void EngineLink::accept(UniqueFd peer, ucred credentials) {
  if (!peer) return record(credentials, kPeerRefused, "not the engine's user");
  if (channel_ && channel_->is_open()) {
    return record(credentials, kPeerRefused, "an engine is connected already");
  }
  session_ = std::make_unique<Session>(requests_);
  const auto gone = [this](auto& why) { record(engine_, kEngineGone, why + "; its leases last"); };
  FrameChannel::Handlers handlers{.frame = [this](auto frame) { on_frame(frame); }, .closed = gone};
  channel_ = std::make_unique<FrameChannel>(loop_, std::move(peer), std::move(handlers));
  engine_ = credentials;
  record(engine_, kEngineConnected, "");
}

void EngineLink::on_frame(std::span<const std::byte> frame) {
  trail_.set_peer(engine_);
  if (const auto problem = session_->handle(frame, BootClock::now())) {
    trail_.record(kBadMessage, "", {}, *problem);
    channel_->drop("it broke the protocol");
  }
  trail_.clear_peer();
}

void EngineLink::send(const wire::HelperToEngine& message) {
  if (!is_serving() || channel_->send(message) == SendResult::kSent) return;
  channel_->drop("it does not read what it is told");
}

bool EngineLink::offer(const wire::HelperToEngine& message) {
  return is_serving() && channel_->queued() < kQueuedOffersMax &&
         channel_->send(message) == SendResult::kSent;
}

void EngineLink::record(ucred peer, const LogMessage& deed, const std::string& detail) {
  trail_.set_peer(peer);
  trail_.record(deed, "", {}, detail);
  trail_.clear_peer();
}

}  // namespace holdfast::net
