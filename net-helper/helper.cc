#include "net-helper/helper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net-helper/messages.h"

namespace holdfast::net {
namespace {

// How long the addresses of a former helper wait for the engine to say that it holds them.
constexpr std::chrono::seconds kGrace{1};
// Until notices that come together have come.
constexpr std::chrono::milliseconds kSettled{5};
// What is due so soon is done at one waking: of 250 routers at 10 ms, a dozen.
constexpr std::chrono::microseconds kTogether{500};

// Peers would see both as the same virtual router on the same wire.
bool same_identity(const RouterPolicy& a, const RouterPolicy& b) {
  return a.interface == b.interface && a.vrid == b.vrid && a.group == b.group &&
         a.advertisement[0] == b.advertisement[0];  // the version
}

// What stands in `all` and not in `others`.
std::vector<AddressPolicy> without(const std::vector<AddressPolicy>& all,
                                   const std::vector<AddressPolicy>& others) {
  const std::set<AddressPolicy> excluded(others.begin(), others.end());
  std::vector<AddressPolicy> result = all;
  std::erase_if(result, [&excluded](const auto& address) { return excluded.contains(address); });
  return result;
}

}  // namespace

Helper::Helper(EventLoop& loop, Policy policy, UniqueFd listening, Trail& trail,
               RouteSocket requests, RouteSocket monitor, Sender sender)
    : loop_(loop),
      trail_(trail),
      policy_(std::move(policy)),
      requests_(std::move(requests)),
      sender_(std::move(sender)),
      links_(loop, std::move(monitor), requests_, [this](const LinkNews& news) { on_links(news); }),
      receiver_(loop, trail, [this](wire::HelperToEngine& packets) { deliver(packets); }),
      engine_(loop, std::move(listening), policy_.engine_uid, *this, trail),
      timer_(loop.add_timer([this] { on_due(); })),
      reconciling_(loop.add_timer([this] { reconcile(); })) {
  for (const auto& [id, router] : policy_.routers) std::ignore = manage(router);
  links_.watch(policy_);
  receiver_.update(policy_, links_);
  reconciling_.arm_after(kGrace);
}

Result<std::unique_ptr<Helper>> Helper::start(EventLoop& loop, Policy policy, UniqueFd listening,
                                              Trail& trail) {
  auto requests = RouteSocket::open();
  if (!requests) return std::unexpected(requests.error());
  auto monitor = RouteSocket::open_monitor();
  if (!monitor) return std::unexpected(monitor.error());
  auto sender = Sender::open(trail);
  if (!sender) return std::unexpected(sender.error());
  return std::unique_ptr<Helper>(new Helper(loop, std::move(policy), std::move(listening), trail,
                                            std::move(*requests), std::move(*monitor),
                                            std::move(*sender)));
}

Helper::Managed& Helper::manage(const RouterPolicy& router) {
  auto& managed = routers_[router.id];
  if (managed) return *managed;
  managed = std::make_unique<Managed>(router, Lease(router.times));
  return *managed;
}

// ---- requests --------------------------------------------------------------------------------

const RouterPolicy* Helper::find_router(uint32_t id) const {
  const auto found = routers_.find(id);
  return found == routers_.end() ? nullptr : &found->second->policy;
}

void Helper::hold(uint32_t id, const HoldRequest& request) {
  Managed& router = *routers_.at(id);
  const bool fresh = router.lease.phase() != Lease::Phase::kHeld;
  if (fresh && !links_.get(router.policy.interface).usable()) {
    return refuse(id, wire::Refusal::REASON_LINK_DOWN,
                  fmt::format("{} is down or has no address", router.policy.interface));
  }
  const TimePoint now = BootClock::now();
  if (router.lease.would_change(request) && !router.changes.take(now)) {
    return refuse(id, wire::Refusal::REASON_RATE, "too many changes");
  }
  const auto done = carry_out(router, router.lease.hold(now, request));
  if (!done) return refuse(id, wire::Refusal::REASON_KERNEL, done.error().text);
  if (!fresh) return;
  trail_.record(kClaimed, router.policy.row(), {}, fmt::format("priority {}", request.priority));
}

void Helper::resign(uint32_t id, Duration linger) {
  Managed& router = *routers_.at(id);
  if (router.lease.phase() == Lease::Phase::kHeld) {
    trail_.record(kResigned, router.policy.row(), {},
                  fmt::format("addresses stay for {} ms", linger / std::chrono::milliseconds(1)));
  }
  std::ignore = carry_out(router, router.lease.resign(BootClock::now(), linger));
}

void Helper::withdraw(uint32_t id) {
  Managed& router = *routers_.at(id);
  if (router.lease.phase() != Lease::Phase::kIdle) {
    trail_.record(kWithdrawn, router.policy.row(), {}, "");
  }
  std::ignore = carry_out(router, router.lease.withdraw());
}

void Helper::refuse(uint32_t id, wire::Refusal::Reason reason, const std::string& detail) {
  wire::HelperToEngine message;
  wire::Refusal& refusal = *message.mutable_refusal();
  refusal.set_router_id(id);
  refusal.set_reason(reason);
  refusal.set_detail(detail);
  engine_.offer(message);
  const RouterPolicy* router = find_router(id);
  trail_.record(kRequestRefused, router == nullptr ? "" : router->row(), {},
                fmt::format("router id {}: {}", id, detail));
}

void Helper::greeted() {
  if (in_doubt_) reconcile();
  wire::HelperToEngine message;
  wire::HelperHello& hello = *message.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  hello.set_generation(policy_.generation);
  const TimePoint now = BootClock::now();
  for (const auto& [id, router] : routers_) {
    if (router->lease.phase() != Lease::Phase::kHeld) continue;
    wire::Held& held = *hello.add_held();
    held.set_router_id(id);
    held.set_priority(router->lease.priority());
    const Duration remaining = std::max(router->lease.deadline() - now, Duration{0});
    held.set_remaining_ms(static_cast<uint32_t>(remaining / std::chrono::milliseconds(1)));
  }
  for (const auto& name : policy_.interfaces) *hello.add_links() = link_state(name);
  dropped_packets_ = 0;
  engine_.send(message);
}

// ---- actions ---------------------------------------------------------------------------------

Result<void> Helper::carry_out(Managed& router, const Actions& actions, const std::string& detail) {
  for (const auto& [kind, value] : actions) {
    if (kind == Action::Kind::kSendAdvert) send_advert(router, static_cast<uint8_t>(value));
    if (kind == Action::Kind::kRemoveAddresses) {
      remove_addresses(router, router.policy.addresses);
      router.in_place = false;
      router.advertised = 0;
    }
    if (kind == Action::Kind::kSendGarpBatch) send_garp(router, router.policy.addresses, value);
    if (kind == Action::Kind::kReportEnded) report_ended(router, value, detail);
    if (kind != Action::Kind::kPutAddresses) continue;
    if (auto kernel = put_addresses(router); !kernel) {
      std::ignore =
          carry_out(router, router.lease.end(Ended::REASON_KERNEL_REFUSED), kernel.error().text);
      return kernel;
    }
  }
  schedule_.erase({router.due, router.policy.id});
  if (const auto due = router.lease.next_due()) {
    router.due = *due;
    schedule_.emplace(*due, router.policy.id);
    timer_.arm(schedule_.begin()->first);
  }
  return {};
}

void Helper::on_due() {
  const TimePoint now = BootClock::now();
  while (!schedule_.empty() && schedule_.begin()->first <= now + kTogether) {
    const auto [due, id] = *schedule_.begin();
    Managed& router = *routers_.at(id);
    std::ignore = carry_out(router, router.lease.tick(std::max(due, now)));
  }
}

Result<void> Helper::put_addresses(Managed& router) {
  for (const AddressPolicy& address : router.policy.addresses) {
    const InterfaceAddress wanted = locate(address);
    Result<void> done = failure("interface does not exist");
    if (wanted.interface_index != 0) {
      done = requests_.put(wanted, router.policy.times.kernel_lease);
    }
    if (!done || !router.in_place) {
      trail_.record(kAddressAdded, router.policy.row(address), done, "");
    }
    if (!done) return failure(fmt::format("{}: {}", address.interface, done.error().text));
  }
  router.in_place = true;
  return {};
}

void Helper::remove_addresses(const Managed& router, const std::vector<AddressPolicy>& addresses) {
  for (const AddressPolicy& address : addresses) {
    const InterfaceAddress owned = locate(address);
    if (owned.interface_index == 0) continue;
    trail_.record(kAddressRemoved, router.policy.row(address), requests_.remove(owned), "");
    removed_ours_ = true;
  }
}

void Helper::send_garp(const Managed& router, const std::vector<AddressPolicy>& addresses,
                       uint32_t repeat) {
  Result<void> done;
  for (uint32_t turn = 0; turn < repeat; ++turn) {
    for (const AddressPolicy& address : addresses) {
      const Link& link = links_.get(address.interface);
      if (!link.arp) continue;
      if (auto sent = sender_.announce(link, address.address); !sent) done = std::move(sent);
    }
  }
  trail_.record(kAnnounced, router.policy.row(), done, fmt::format("{} times", repeat));
}

void Helper::send_advert(Managed& router, uint8_t priority) {
  const Link& link = links_.get(router.policy.interface);
  if (!link.usable()) return;
  const auto done = sender_.advertise(router.policy, link, priority);
  if (done && router.advertised == priority) return;
  trail_.record(kAdvertises, router.policy.row(), done, fmt::format("priority {}", priority));
  router.advertised = priority;
}

void Helper::report_ended(const Managed& router, uint32_t reason, const std::string& detail) {
  wire::HelperToEngine message;
  Ended& ended = *message.mutable_ended();
  ended.set_router_id(router.policy.id);
  ended.set_reason(static_cast<Ended::Reason>(reason));
  ended.set_detail(detail);
  const bool expired = ended.reason() == Ended::REASON_LEASE_EXPIRED;
  if (expired) orphans_.insert(router.policy.id);
  const std::string why = Ended::Reason_Name(ended.reason());
  trail_.record(expired ? kExpired : kEnded, router.policy.row(), {},
                detail.empty() ? why : why + ": " + detail);
  engine_.send(message);
}

// ---- what the kernel says ---------------------------------------------------------------------

void Helper::on_links(const LinkNews& news) {
  for (const auto& [name, before] : news.changed) {
    const Link& now = links_.get(name);
    const char* const state = now.index == 0 ? "does not exist" : now.running ? "running" : "down";
    log_line<kInterfaceState>(name, state, now.primary.is_unset() ? "none" : now.primary.text());
    send_link_state(name);
    const bool replaced = before.index != 0 && before.index != now.index;
    for (const auto& [id, router] : routers_) {
      if (router->policy.interface != name || (now.usable() && !replaced)) continue;
      std::ignore = carry_out(*router, router->lease.end(Ended::REASON_LINK_LOST), name);
    }
  }
  if (!news.changed.empty()) receiver_.update(policy_, links_);
  // Not here and now: this may be the middle of a reload.
  if (in_doubt_ || (!news.overrun && !news.removed && news.changed.empty())) return;
  in_doubt_ = true;
  reconciling_.arm_after(kSettled);
}

void Helper::reconcile() {
  const auto list = requests_.list();
  if (!list) {
    reconciling_.arm_after(kGrace);
    return log_line<kKernelFailed>(list.error().text);
  }
  in_doubt_ = false;
  const bool was_ours = std::exchange(removed_ours_, false);
  const std::set<InterfaceAddress> present(list->begin(), list->end());
  for (const auto& [id, router] : routers_) {
    for (const AddressPolicy& address : router->policy.addresses) {
      const bool is_there = present.contains(locate(address));
      if (router->lease.phase() != Lease::Phase::kIdle) {
        if (is_there) continue;
        // The kernel takes a subnet's other addresses away with its first, which we removed.
        if (was_ours && put_addresses(*router)) break;
        const std::string text = address.address.text();
        log_line<kAddressLost>(router->policy.name, text, address.interface);
        std::ignore = carry_out(*router, router->lease.end(Ended::REASON_ADDRESS_LOST), text);
        break;
      }
      if (is_there && router->policy.priority_max < vrrp::kPriorityOwner) {
        // Not an owner's: it may be the host's own.
        log_line<kStaleRemoved>(router->policy.name, address.address.text(), address.interface);
        remove_addresses(*router, {address});
      }
    }
  }
}

InterfaceAddress Helper::locate(const AddressPolicy& address) const {
  return {links_.get(address.interface).index, address.address, address.prefix_length};
}

wire::LinkState Helper::link_state(const std::string& interface) const {
  const Link& link = links_.get(interface);
  wire::LinkState state;
  state.set_interface(interface);
  state.set_exists(link.index != 0);
  state.set_running(link.running);
  if (!link.primary.is_unset()) state.set_primary_address(link.primary.bytes());
  return state;
}

void Helper::send_link_state(const std::string& interface) {
  wire::HelperToEngine message;
  *message.mutable_link() = link_state(interface);
  engine_.send(message);
}

// The filter of the sockets has seen that these are advertisements, and ours do not come back.
void Helper::hand_over_orphans(const std::string& interface) {
  std::erase_if(orphans_, [this, &interface](uint32_t id) {
    const auto found = routers_.find(id);
    if (found == routers_.end() || !found->second->lease.is_orphaned()) return true;
    const bool heard = found->second->policy.interface == interface;
    if (heard) withdraw(id);
    return heard;
  });
}

void Helper::deliver(wire::HelperToEngine& message) {
  wire::PacketBatch& batch = *message.mutable_packets();
  hand_over_orphans(batch.interface());
  if (!engine_.is_serving()) return;
  batch.set_dropped(dropped_packets_);
  const auto lost = dropped_packets_ + static_cast<uint64_t>(batch.packets_size());
  dropped_packets_ = engine_.offer(message) ? 0 : lost;
}

// ---- reload and stop ---------------------------------------------------------------------------

void Helper::reload(Policy policy) {
  // First everything that goes, still by the old policy; then what comes.
  std::erase_if(routers_, [this, &policy](const auto& entry) {
    Managed& router = *entry.second;
    const auto next = policy.routers.find(entry.first);
    const bool stays = next != policy.routers.end() && same_identity(next->second, router.policy);
    if (!stays) {
      std::ignore = carry_out(router, router.lease.end(Ended::REASON_NOT_CONFIGURED));
    } else if (router.lease.phase() != Lease::Phase::kIdle) {
      remove_addresses(router, without(router.policy.addresses, next->second.addresses));
    }
    return !stays;
  });
  policy_ = std::move(policy);
  links_.watch(policy_);
  receiver_.update(policy_, links_);
  for (const auto& [id, next] : policy_.routers) {
    Managed& router = manage(next);
    if (router.policy == next) continue;
    const auto fresh = without(next.addresses, router.policy.addresses);
    router.policy = next;
    router.in_place = router.in_place && fresh.empty();
    std::ignore = carry_out(router, router.lease.change_times(BootClock::now(), next.times));
    if (router.in_place && !fresh.empty()) send_garp(router, fresh, next.announce_limit);
  }
  for (const auto& name : policy_.interfaces) send_link_state(name);
  trail_.record(kReloaded, policy_.row(), {}, "");
}

void Helper::stop() {
  log_line<kStopping>();
  for (const auto& [id, router] : routers_) {
    std::ignore = carry_out(*router, router->lease.resign(BootClock::now(), Duration{0}));
    std::ignore = carry_out(*router, router->lease.withdraw());
  }
}

}  // namespace holdfast::net
