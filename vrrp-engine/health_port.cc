#include "vrrp-engine/health_port.h"

#include <utility>

#include "vrrp-engine/messages.h"

namespace holdfast::vrrp {
namespace {

constexpr size_t kCauseBytesMax = 200;

}  // namespace

HealthPort::HealthPort(EventLoop& loop, UniqueFd listening, std::vector<uid_t> allowed,
                       Engine& engine, std::function<void()> after_event)
    : loop_(loop),
      engine_(engine),
      after_event_(std::move(after_event)),
      stale_(loop.add_timer([this] {
        if (engine_.settings().checks.empty()) return;
        log_line<kHealthStale>(kHealthHold.count());
        engine_.on_health_stale(BootClock::now());
        after_event_();
      })),
      listener_(loop, std::move(listening), std::move(allowed), [this](UniqueFd fd, ucred who) {
        if (!fd) return log_line<kPeerRefused>(who.uid, who.pid, "health.sock");
        accept(std::move(fd));
      }) {
  // A checker that never comes is as silent as one that went.
  stale_.arm_after(kHealthHold);
}

// A checker that was restarted may be back before the end of the old one has been noticed.
void HealthPort::accept(UniqueFd fd) {
  greeted_ = false;
  channel_ = std::make_unique<FrameChannel>(
      loop_, std::move(fd),
      FrameChannel::Handlers{.frame = [this](std::span<const std::byte> frame) { on_frame(frame); },
                             .closed = [this](const std::string& why) { lose(why); }});
}

void HealthPort::lose(const std::string& why) {
  if (std::exchange(greeted_, false)) log_line<kCheckerLost>(why, kHealthHold.count());
  channel_.reset();
}

void HealthPort::on_frame(std::span<const std::byte> frame) {
  wire::CheckerToEngine message;
  std::string fault;
  if (!parse_frame(frame, message)) {
    fault = "an unreadable message";
  } else if (message.has_hello() && !greeted_) {
    if (message.hello().protocol_version() == kProtocolVersion) {
      greeted_ = true;
      log_line<kCheckerReady>();
      wire::EngineToChecker answer;
      answer.mutable_hello()->set_protocol_version(kProtocolVersion);
      channel_->send(answer);
      return;
    }
    fault = "another version of the protocol";
  } else if (message.has_health() && greeted_) {
    if (on_health(message.health())) return;
    fault = "a result without a verdict";
  } else {
    fault = "a message out of order";
  }
  if (bad_peer_.admit(BootClock::now())) {
    log_line<kBadPeer>("the checker", fault, bad_peer_.suppressed());
  }
  lose(fault);
}

bool HealthPort::on_health(const wire::HealthBatch& batch) {
  const TimePoint now = BootClock::now();
  stale_.arm(now + kHealthHold);
  for (const wire::Health& health : batch.health()) {
    if (health.result() != wire::Health::RESULT_PASSING &&
        health.result() != wire::Health::RESULT_FAILING) {
      return false;
    }
    // An unknown check belongs to a configuration that one of us has not read yet: passed over.
    engine_.on_health(health.check_id(),
                      {.passing = health.result() == wire::Health::RESULT_PASSING,
                       .consecutive = health.consecutive(),
                       .cause = log::printable(health.cause(), kCauseBytesMax)},
                      now);
  }
  after_event_();
  return true;
}

}  // namespace holdfast::vrrp
