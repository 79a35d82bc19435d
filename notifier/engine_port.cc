#include "notifier/engine_port.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "common/user_namespace.h"
#include "events.pb.h"
#include "notifier/messages.h"

namespace holdfast::notifier {
namespace {

// False: no state that a router can be in.
bool is_state(wire::RouterState state) {
  return state != wire::ROUTER_STATE_UNSPECIFIED && wire::RouterState_IsValid(state);
}

// INITIALIZE is a state that nobody is told about.
std::optional<State> told_state(wire::RouterState state) {
  switch (state) {
    case wire::ROUTER_STATE_BACKUP:
      return State::kBackup;
    case wire::ROUTER_STATE_ACTIVE:
      return State::kActive;
    case wire::ROUTER_STATE_FAULT:
      return State::kFault;
    case wire::ROUTER_STATE_STOPPED:
      return State::kStopped;
    default:
      return {};
  }
}

}  // namespace

EnginePort::~EnginePort() = default;

EnginePort::EnginePort(EventLoop& loop, UniqueFd listening, uid_t engine_user, Handlers handlers)
    : loop_(loop),
      handlers_(std::move(handlers)),
      listener_(loop, std::move(listening), shown_as(engine_user),
                [this](UniqueFd fd, ucred who) { on_connected(std::move(fd), who); }) {}

void EnginePort::on_connected(UniqueFd fd, const ucred& who) {
  if (!fd) {
    if (!refused_users_.admit(BootClock::now())) return;
    return log_line<kPeerRefused>(who.uid, who.pid, refused_users_.suppressed());
  }
  if (peer_) log_line<kEngineGone>("another connection replaces it");
  greeted_ = false;
  peer_ = std::make_unique<FrameChannel>(
      loop_, std::move(fd),
      FrameChannel::Handlers{.frame = [this](std::span<const std::byte> frame) { on_frame(frame); },
                             .closed =
                                 [this](const std::string& why) {
                                   log_line<kEngineGone>(why);
                                   peer_.reset();
                                   handlers_.disconnected();
                                 }});
  log_line<kEngineConnected>(who.pid);
  wire::NotifierToEngine message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  peer_->send(message);
}

void EnginePort::refuse(const std::string& why) {
  if (refused_messages_.admit(BootClock::now())) {
    log_line<kPeerClosed>(why, refused_messages_.suppressed());
  }
  peer_.reset();
  handlers_.disconnected();
}

void EnginePort::on_frame(std::span<const std::byte> frame) {
  wire::EngineToNotifier message;
  if (!parse_frame(frame, message)) return refuse("a message that cannot be parsed");
  if (message.has_hello()) {
    if (greeted_) return refuse("a second hello");
    const auto version = message.hello().protocol_version();
    if (version != kProtocolVersion) {
      return refuse(
          fmt::format("it speaks protocol version {}, not {}: run the same version of "
                      "every holdfast process",
                      version, kProtocolVersion));
    }
    greeted_ = true;
    accepted_.begin(message.hello().engine_run());
    // After a reconnect: what was accepted while the answer could not arrive.
    wire::NotifierToEngine answer;
    if (accepted_.last() > 0) send(answer);
    return;
  }
  if (!message.has_transitions()) return refuse("an empty message");
  if (!greeted_) return refuse("a message before its hello");
  on_batch(message.transitions());
}

void EnginePort::on_batch(const wire::TransitionBatch& batch) {
  // All or nothing: what follows must not stop at a bad message in the middle.
  for (const wire::Transition& transition : batch.transitions()) {
    if (transition.sequence() == 0 || transition.router_id() == 0 || !is_state(transition.from()) ||
        !is_state(transition.to())) {
      return refuse(fmt::format("transition {} of router {} lacks its sequence, router or states",
                                transition.sequence(), transition.router_id()));
    }
  }
  if (batch.lost() > 0) log_line<kTransitionsLost>(batch.lost());
  if (batch.transitions().empty()) return;
  answer_ = std::make_unique<wire::NotifierToEngine>();
  if (const auto fresh = take(batch); !fresh.empty()) handlers_.transitions(fresh);
  const auto answer = std::move(answer_);
  send(*answer);
}

std::vector<Transition> EnginePort::take(const wire::TransitionBatch& batch) {
  std::vector<Transition> fresh;
  for (const wire::Transition& transition : batch.transitions()) {
    const uint64_t sequence = transition.sequence();
    if (!accepted_.take(sequence)) {
      // The engine has not heard of it: the connection broke.
      if (accepted_.is_settled(sequence)) answer_->mutable_accepted()->add_settled(sequence);
      continue;
    }
    const TransitionId id{.engine_run = accepted_.engine_run(), .sequence = sequence};
    const auto to = told_state(transition.to());
    if (!to) {
      settled(id);
      continue;
    }
    fresh.push_back({.id = id,
                     .router_id = transition.router_id(),
                     .to = *to,
                     .priority = transition.priority(),
                     .cause = transition.cause(),
                     .at_unix_ms = transition.at_unix_ms(),
                     .taken = transition.taken(),
                     .scripts_begun = transition.scripts_begun()});
  }
  return fresh;
}

void EnginePort::settled(const TransitionId& id) {
  if (!accepted_.settle(id)) return;
  wire::NotifierToEngine alone;
  (answer_ ? *answer_ : alone).mutable_accepted()->add_settled(id.sequence);
  if (!answer_) send(alone);
}

void EnginePort::scripts_begun(const TransitionId& id, uint32_t count) {
  if (!accepted_.is_of_run(id)) return;
  wire::NotifierToEngine alone;
  auto& begun = *(answer_ ? *answer_ : alone).mutable_accepted()->add_begun();
  begun.set_sequence(id.sequence);
  begun.set_count(count);
  if (!answer_) send(alone);
}

void EnginePort::send(wire::NotifierToEngine& answer) {
  // Without an engine, or before its hello: it repeats what it was not told of.
  if (!peer_ || !greeted_) return;
  answer.mutable_accepted()->set_sequence(accepted_.last());
  // An engine that takes no answers has to come back: it repeats, and repetitions cost nothing.
  if (peer_->send(answer) == SendResult::kQueueFull) refuse("it does not read its answers");
}

}  // namespace holdfast::notifier
