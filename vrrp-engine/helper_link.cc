#include "vrrp-engine/helper_link.h"

#include <utility>

#include "vrrp-engine/messages.h"

namespace holdfast::vrrp {
namespace {

// Small enough that the helper gets to its packets and adverts between two frames.
constexpr int kRequestsPerBatch = 64;
constexpr std::chrono::milliseconds kHelperBusy{1};

uint32_t milliseconds(Duration value) {
  return static_cast<uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(value).count());
}

LinkView link_view(const wire::LinkState& state) {
  return {.exists = state.exists(),
          .running = state.running(),
          .primary = Ipv4::from_bytes(state.primary_address()).value_or(Ipv4{})};
}

LeaseEnd lease_end(wire::Ended::Reason reason) {
  switch (reason) {
    case wire::Ended::REASON_LEASE_EXPIRED:
      return LeaseEnd::kExpired;
    case wire::Ended::REASON_ADDRESS_LOST:
      return LeaseEnd::kAddressLost;
    case wire::Ended::REASON_LINK_LOST:
      return LeaseEnd::kLinkLost;
    case wire::Ended::REASON_KERNEL_REFUSED:
    case wire::Ended::REASON_UNKNOWN_ROUTER:
    case wire::Ended::REASON_RATE:
    case wire::Ended::REASON_LINK_DOWN:
      return LeaseEnd::kRefused;
    default:
      return LeaseEnd::kOther;
  }
}

}  // namespace

HelperLink::HelperLink(EventLoop& loop, const std::string& path, std::function<void()> after_event)
    : channel_(loop, path,
               {.connected = [this] { greet(); },
                .frame = [this](std::span<const std::byte> frame) { on_frame(frame); },
                .lost = [this](const std::string& why) { on_lost(why); }}),
      again_(loop.add_timer([this] { flush(); })),
      after_event_(std::move(after_event)) {}

void HelperLink::start(Engine& engine) {
  engine_ = &engine;
  channel_.start();
}

void HelperLink::greet() {
  wire::EngineToHelper message;
  wire::EngineHello& hello = *message.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  for (const auto& [router, priority] : engine_->offer_claims(BootClock::now())) {
    if (hello.active_size() >= kRequestsPerBatch) {
      hello.set_more(true);
      channel_.send(message);
      hello.clear_active();
    }
    wire::Request& request = *hello.add_active();
    request.set_router_id(router);
    request.mutable_hold()->set_priority(priority);
    request.mutable_hold()->set_valid_for_ms(milliseconds(kLeaseTime));
  }
  hello.set_more(false);
  channel_.send(message);
}

wire::Request& HelperLink::request(RouterId router) {
  wire::Request& request = pending_.emplace_back();
  request.set_router_id(router);
  return request;
}

void HelperLink::hold(RouterId router, const HoldAction& action) {
  wire::Hold& hold = *request(router).mutable_hold();
  hold.set_priority(action.priority);
  hold.set_valid_for_ms(milliseconds(kLeaseTime));
  hold.set_advertise_now(action.advertise_now);
  hold.set_announce(action.announce);
}

void HelperLink::resign(RouterId router, Duration linger) {
  request(router).mutable_resign()->set_linger_ms(milliseconds(linger));
}

void HelperLink::withdraw(RouterId router) {
  request(router).mutable_withdraw();
}

void HelperLink::flush() {
  // Before the greeting is answered nothing is claimed; what is asked after a loss of the helper
  // is asked again when it is back.
  if (!greeted_) pending_.clear();
  // While the helper is busy they gather here, and go together when it has taken the last.
  while (!pending_.empty() && channel_.queued() == 0) {
    wire::EngineToHelper message;
    auto& requests = *message.mutable_requests()->mutable_requests();
    while (!pending_.empty() && requests.size() < kRequestsPerBatch) {
      requests.Add()->Swap(&pending_.front());
      pending_.pop_front();
    }
    channel_.send(message);
  }
  if (!pending_.empty()) again_.arm_after(kHelperBusy);
}

// The greeting is hellos and then the links.
bool HelperLink::in_order(wire::HelperToEngine::BodyCase message) const {
  if (message == wire::HelperToEngine::kHello) return !greeted_;
  return greeted_ || (greeting_ && message == wire::HelperToEngine::kLinks);
}

void HelperLink::on_frame(std::span<const std::byte> frame) {
  wire::HelperToEngine message;
  if (!parse_frame(frame, message)) return channel_.drop("it sent something unreadable");
  if (!in_order(message.body_case())) return channel_.drop("it sent a message out of order");
  switch (message.body_case()) {
    case wire::HelperToEngine::kHello:
      on_hello(message.hello());
      break;
    case wire::HelperToEngine::kPackets:
      on_packets(message.packets());
      break;
    case wire::HelperToEngine::kLinks:
      on_links(message.links());
      break;
    case wire::HelperToEngine::kEnded:
      for (const wire::Ended& ended : message.ended().ended()) on_ended(ended);
      break;
    case wire::HelperToEngine::BODY_NOT_SET:
      return channel_.drop("it sent an empty message");
  }
  after_event_();
}

void HelperLink::on_hello(const wire::HelperHello& hello) {
  if (hello.protocol_version() != kProtocolVersion) {
    return channel_.drop("it speaks another version of the protocol: restart it");
  }
  greeting_ = true;
  for (const wire::Held& one : hello.held()) {
    held_[one.router_id()] = static_cast<uint8_t>(one.priority() & 0xff);
  }
}

void HelperLink::on_links(const wire::LinkBatch& batch) {
  const LinkTable before = std::exchange(links_, {});
  for (const wire::LinkState& link : batch.links()) links_[link.interface()] = link_view(link);
  for (const auto& [name, link] : links_) {
    const auto known = before.find(name);
    if (known != before.end() && known->second == link) continue;
    const char* const state = !link.exists ? "does not exist" : link.running ? "running" : "down";
    log_line<kInterfaceState>(name, state, link.primary.is_unset() ? "none" : link.primary.text());
    if (greeted_) engine_->on_link(name, link, BootClock::now());
  }
  if (std::exchange(greeted_, true)) return;
  const HeldPriorities held = std::exchange(held_, {});
  log_line<kHelperReady>(links_.size(), held.size());
  engine_->on_helper_ready(links_, held, BootClock::now());
}

void HelperLink::on_packets(const wire::PacketBatch& batch) {
  const TimePoint now = BootClock::now();
  const auto wall_now = std::chrono::system_clock::now().time_since_epoch();
  dropped_ += batch.dropped();
  if (dropped_ > 0 && dropped_remark_.admit(now)) {
    log_line<kPacketsDropped>(std::exchange(dropped_, 0));
  }
  for (const wire::Packet& packet : batch.packets()) {
    const std::chrono::nanoseconds stamp(packet.received_at_ns());
    const std::string& datagram = packet.datagram();
    engine_->on_packet(batch.interface(),
                       {.received_at = to_boot_time(stamp, wall_now, now),
                        .datagram = std::as_bytes(std::span(datagram.data(), datagram.size()))},
                       now);
  }
}

void HelperLink::on_ended(const wire::Ended& ended) {
  const LeaseEnd end = lease_end(ended.reason());
  const RouterEntry* entry = engine_->find(ended.router_id());
  if (entry == nullptr) return;
  const std::string& name = entry->router.settings().name;
  const TimePoint now = BootClock::now();
  if (end == LeaseEnd::kRefused) {
    if (refusal_log_.admit(now)) {
      log_line<kHelperRefused>(name, ended.detail(), refusal_log_.suppressed());
    }
  } else if (end != LeaseEnd::kOther && end_log_.admit(now)) {
    log_line<kLeaseEnded>(name, ended.detail().empty() ? "it ran out" : ended.detail(),
                          end_log_.suppressed());
  }
  if (ended.reason() == wire::Ended::REASON_RATE) {
    return engine_->on_refused_for_now(ended.router_id(), now);
  }
  engine_->on_lease_end(ended.router_id(), end, ended.detail(), now);
}

void HelperLink::on_lost(const std::string& why) {
  greeting_ = greeted_ = false;
  held_.clear();
  pending_.clear();
  log_line<kHelperLost>(why);
  engine_->on_helper_lost(BootClock::now());
  after_event_();
}

}  // namespace holdfast::vrrp
