#include "net-helper/engine_link.h"

#include <utility>

#include "net-helper/messages.h"

namespace holdfast::net {

EngineLink::EngineLink(EventLoop& loop, UniqueFd listening, uid_t engine_user,
                       EngineRequests& requests)
    : loop_(loop),
      requests_(requests),
      listener_(
          loop, std::move(listening), {engine_user},
          {.accepted = [this](UniqueFd peer, PeerCredentials who) { accept(std::move(peer), who); },
           .refused =
               [this](PeerCredentials who) { log_refused_peer(who, "not the engine's user"); }}) {}

bool EngineLink::is_serving() const {
  return channel_ && channel_->is_open() && session_->phase() == Phase::kServing;
}

void EngineLink::accept(UniqueFd peer, PeerCredentials credentials) {
  if (channel_ && channel_->is_open()) {
    return log_refused_peer(credentials, "an engine is connected already");
  }
  session_ = std::make_unique<Session>(requests_);
  channel_ = std::make_unique<FrameChannel>(
      loop_, std::move(peer),
      FrameChannel::Handlers{.frame = [this](std::span<const std::byte> frame) { on_frame(frame); },
                             .closed = [this](const std::string& why) { on_closed(why); }});
  ++connections_;
  logged_connection_ = connection_log_.take(BootClock::now());
  if (logged_connection_) log_line<kEngineConnected>(connections_);
}

void EngineLink::on_frame(std::span<const std::byte> frame) {
  const TimePoint now = BootClock::now();
  const auto problem = session_->handle(frame, now);
  if (!problem) return;
  if (violation_log_.admit(now)) log_line<kBadMessage>(*problem, violation_log_.suppressed());
  drop("it broke the protocol");
}

void EngineLink::send(const wire::HelperToEngine& message) {
  if (!is_serving() || channel_->send(message) == SendResult::kSent) return;
  drop("it does not read what it is told");
}

bool EngineLink::offer(const wire::HelperToEngine& message) {
  return is_serving() && channel_->queued() < kQueuedOffersMax &&
         channel_->send(message) == SendResult::kSent;
}

void EngineLink::drop(const std::string& why) {
  channel_->close();
  on_closed(why);
}

void EngineLink::on_closed(const std::string& why) {
  if (logged_connection_) log_line<kEngineGone>(why);
}

void EngineLink::log_refused_peer(PeerCredentials credentials, const char* why) {
  if (!refused_log_.admit(BootClock::now())) return;
  log_line<kPeerRefused>(credentials.uid, why, refused_log_.suppressed());
}

}  // namespace holdfast::net
