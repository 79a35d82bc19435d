#include "checker/engine_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checker/messages.h"
#include "common/frame_endpoint.h"

namespace holdfast::checker {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr Duration kBackoffFirst = 20ms;
constexpr Duration kBackoffMax = 1s;
constexpr Duration kRefreshInterval = 5s;
constexpr Duration kFlushAgain = 100ms;
// With causes of at most some 800 bytes (log::printable) far below kFrameBytesMax.
constexpr int kHealthPerBatch = 50;

}  // namespace

EngineLink::EngineLink(EventLoop& loop, std::string path)
    : loop_(loop),
      path_(std::move(path)),
      backoff_(kBackoffFirst),
      retry_(loop.add_timer([this] { connect(); })),
      refresh_(loop.add_timer([this] { tell_all(); })),
      flush_again_(loop.add_timer([this] { flush(); })) {}

void EngineLink::restart(uint64_t generation, const std::vector<wire::Health>& decided) {
  generation_ = generation;
  latest_.clear();
  untold_.clear();
  for (const wire::Health& health : decided) latest_[health.check_id()] = health;
  channel_.reset();
  flush_again_.disarm();
  backoff_ = kBackoffFirst;
  retry_.arm(BootClock::now());
}

void EngineLink::update(const wire::Health& health) {
  latest_[health.check_id()] = health;
  untold_.insert(health.check_id());
  flush();
}

void EngineLink::connect() {
  auto fd = connect_frame_socket(path_);
  if (!fd) {
    if (!std::exchange(outage_logged_, true)) log_line<kNotConnected>(fd.error().text);
    return retry_later();
  }
  greeted_ = false;
  channel_ = std::make_unique<FrameChannel>(
      loop_, std::move(*fd),
      FrameChannel::Handlers{.frame = [this](std::span<const std::byte> frame) { on_frame(frame); },
                             .closed = [this](const std::string& why) { on_closed(why); }});
  wire::CheckerToEngine message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  message.mutable_hello()->set_generation(generation_);
  // The first message on a fresh socket; a failure comes back through `closed`.
  if (channel_->send(message) == SendResult::kSent) tell_all();
}

void EngineLink::retry_later() {
  retry_.arm_after(backoff_);
  backoff_ = std::min(backoff_ * 2, kBackoffMax);
}

void EngineLink::on_frame(std::span<const std::byte> frame) {
  wire::EngineToChecker message;
  if (!parse_frame(frame, message)) return refuse("not a message of this protocol");
  if (!message.has_hello()) return refuse("an empty message");
  if (greeted_) return refuse("a second greeting");
  if (message.hello().protocol_version() != kProtocolVersion) {
    return refuse(fmt::format("it speaks version {}, not {}: install the two from one release",
                              message.hello().protocol_version(), kProtocolVersion));
  }
  greeted_ = true;
  outage_logged_ = false;
  backoff_ = kBackoffFirst;
  log_line<kConnected>();
}

void EngineLink::refuse(const std::string& why) {
  if (!std::exchange(outage_logged_, true)) log_line<kBadEngine>(why);
  channel_.reset();
  retry_later();
}

void EngineLink::on_closed(const std::string& why) {
  if (!std::exchange(outage_logged_, true)) log_line<kDisconnected>(why);
  channel_.reset();
  retry_later();
}

void EngineLink::tell_all() {
  for (const auto& [id, health] : latest_) untold_.insert(id);
  refresh_.arm_after(kRefreshInterval);
  flush();
}

void EngineLink::flush() {
  while (channel_ && !untold_.empty()) {
    wire::CheckerToEngine message;
    auto last = untold_.begin();
    for (int count = 0; count < kHealthPerBatch && last != untold_.end(); ++count, ++last) {
      *message.mutable_health()->add_health() = latest_[*last];
    }
    const SendResult sent = channel_->send(message);
    if (sent == SendResult::kQueueFull) return flush_again_.arm_after(kFlushAgain);
    if (sent == SendResult::kClosed) return;
    untold_.erase(untold_.begin(), last);
  }
}

}  // namespace holdfast::checker
