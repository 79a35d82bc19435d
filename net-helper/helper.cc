#include "net-helper/helper.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <utility>

#include "common/overloaded.h"
#include "net-helper/messages.h"

namespace holdfast::net {
namespace {

// How long the addresses of a former helper wait for the engine to say that it holds them.
constexpr std::chrono::seconds kGrace{1};

struct Ending {
  EndReason reason;
  wire::Ended::Reason wire;
  const char* text;
};

constexpr std::array kEndings = {
    Ending{EndReason::kLeaseExpired, wire::Ended::REASON_LEASE_EXPIRED, "the lease expired"},
    Ending{EndReason::kAddressLost, wire::Ended::REASON_ADDRESS_LOST, "an address was lost"},
    Ending{EndReason::kLinkLost, wire::Ended::REASON_LINK_LOST, "the link was lost"},
    Ending{EndReason::kNotConfigured, wire::Ended::REASON_NOT_CONFIGURED, "not configured now"},
    Ending{EndReason::kResigned, wire::Ended::REASON_RESIGNED, "resigned"},
    Ending{EndReason::kKernelRefused, wire::Ended::REASON_KERNEL_REFUSED, "the kernel refused"},
};

// Peers would see both as the same virtual router on the same wire.
bool same_identity(const RouterPolicy& a, const RouterPolicy& b) {
  return a.interface == b.interface && a.vrid == b.vrid && a.group == b.group;
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

Helper::Helper(EventLoop& loop, RouteSocket requests, Neighbours neighbours)
    : loop_(loop),
      requests_(std::move(requests)),
      addresses_(requests_),
      neighbours_(std::move(neighbours)),
      receiver_(loop, [this](wire::HelperToEngine& packets) { deliver(packets); }),
      grace_timer_(loop.add_timer([this] {
        if (in_grace_) reconcile();
      })) {}

Result<std::unique_ptr<Helper>> Helper::start(EventLoop& loop, Policy policy, UniqueFd listening,
                                              uid_t engine_user) {
  auto requests = RouteSocket::open();
  if (!requests) return std::unexpected(requests.error());
  auto neighbours = Neighbours::open();
  if (!neighbours) return std::unexpected(neighbours.error());
  std::unique_ptr<Helper> helper(new Helper(loop, std::move(*requests), std::move(*neighbours)));
  Helper* self = helper.get();
  auto links = Links::open(loop, self->requests_, self->addresses_,
                           [self](const LinkNews& news) { self->on_links(news); });
  if (!links) return std::unexpected(links.error());
  self->links_ = std::move(*links);
  self->policy_ = std::move(policy);
  self->engine_ = std::make_unique<EngineLink>(loop, std::move(listening), engine_user, *self);
  for (const auto& [id, router] : self->policy_.routers) self->manage(router);
  self->watch_policy();
  self->grace_timer_.arm_after(kGrace);
  return helper;
}

void Helper::manage(const RouterPolicy& router) {
  routers_[router.id] = std::make_unique<Managed>(
      Managed{.policy = router,
              .lease = Lease(router.times),
              .timer = loop_.add_timer([this, id = router.id] { on_due(id); }),
              .changes = TokenBucket(kChangesPerSecond, kChangesBurst)});
}

// ---- requests --------------------------------------------------------------------------------

const RouterPolicy* Helper::find_router(uint32_t id) const {
  const auto found = routers_.find(id);
  return found == routers_.end() ? nullptr : &found->second->policy;
}

void Helper::hold(uint32_t id, const HoldRequest& request) {
  Managed& router = *routers_.at(id);
  const bool fresh = router.lease.phase() != Lease::Phase::kHeld;
  // What the kernel said before this claim, above all of addresses removed, is not about it.
  if (fresh) links_->process();
  if (fresh && !links_->get(router.policy.interface).usable()) {
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
  log_line<kClaimed>(router.policy.name, request.adopted ? "taken over again" : "claimed",
                     request.priority, router.policy.addresses.size(), router.policy.interface);
}

void Helper::resign(uint32_t id, Duration linger) {
  Managed& router = *routers_.at(id);
  if (router.lease.phase() == Lease::Phase::kHeld) {
    log_line<kResigning>(router.policy.name, linger / std::chrono::milliseconds(1));
  }
  std::ignore = carry_out(router, router.lease.resign(BootClock::now(), linger));
}

void Helper::withdraw(uint32_t id) {
  Managed& router = *routers_.at(id);
  if (router.lease.phase() != Lease::Phase::kIdle) log_line<kWithdrawn>(router.policy.name);
  std::ignore = carry_out(router, router.lease.withdraw());
}

void Helper::refuse(uint32_t id, wire::Refusal::Reason reason, const std::string& detail) {
  wire::HelperToEngine message;
  wire::Refusal& refusal = *message.mutable_refusal();
  refusal.set_router_id(id);
  refusal.set_reason(reason);
  refusal.set_detail(detail);
  engine_->offer(message);
  if (!refusal_log_.admit(BootClock::now())) return;
  log_line<kRequestRefused>(id, detail.empty() ? "not in the policy" : detail,
                            refusal_log_.suppressed());
}

void Helper::greeted() {
  if (in_grace_) reconcile();
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
  for (const auto& [name, id] : policy_.interface_ids) *hello.add_links() = link_state(name);
  dropped_packets_ = 0;
  engine_->send(message);
}

// ---- actions ---------------------------------------------------------------------------------

Result<void> Helper::carry_out(Managed& router, const Actions& actions, const std::string& detail) {
  Result<void> kernel;
  for (const Action& action : actions) {
    std::visit(
        Overloaded{
            [&](const SendAdvert& advert) { send_advert(router, advert.priority); },
            [&](const PutAddresses&) { kernel = put_addresses(router); },
            [&](const RemoveAddresses&) { remove_addresses(router.policy.addresses); },
            [&](const SendGarpBatch& batch) { send_garp(router.policy.addresses, batch.repeat); },
            [&](const ReportEnded& ended) { report_ended(router, ended.reason, detail); },
        },
        action);
    if (kernel) continue;
    std::ignore =
        carry_out(router, router.lease.end(EndReason::kKernelRefused), kernel.error().text);
    return kernel;
  }
  if (const auto due = router.lease.next_due()) {
    router.timer.arm(*due);
  } else {
    router.timer.disarm();
  }
  return {};
}

Result<void> Helper::put_addresses(const Managed& router) {
  for (const AddressPolicy& address : router.policy.addresses) {
    const InterfaceAddress wanted = locate(address);
    if (wanted.interface_index == 0) {
      return failure(fmt::format("interface {} does not exist", address.interface));
    }
    const auto done = addresses_.put(wanted, router.policy.times.kernel_lease);
    if (!done) return failure(fmt::format("{}: {}", address.interface, done.error().text));
  }
  return {};
}

void Helper::remove_addresses(const std::vector<AddressPolicy>& addresses) {
  for (const AddressPolicy& address : addresses) {
    const InterfaceAddress owned = locate(address);
    if (owned.interface_index == 0) continue;
    const auto done = addresses_.remove(owned);
    if (!done) report_problem(fmt::format("{}: {}", address.interface, done.error().text));
  }
}

void Helper::send_garp(const std::vector<AddressPolicy>& addresses, uint32_t repeat) {
  std::vector<Announcement> announcements;
  for (const AddressPolicy& address : addresses) {
    const Link& link = links_->get(address.interface);
    if (link.arp) announcements.push_back({link.index, link.mac, address.address});
  }
  const auto done = neighbours_.announce(announcements, repeat);
  if (!done) report_problem(done.error().text);
}

void Helper::send_advert(const Managed& router, uint8_t priority) {
  const Link& link = links_->get(router.policy.interface);
  if (!link.usable()) return;
  const auto done = adverts_.send(router.policy, link, priority);
  if (!done) report_problem(done.error().text);
}

void Helper::report_ended(const Managed& router, EndReason reason, const std::string& detail) {
  const auto* const ending = std::ranges::find(kEndings, reason, &Ending::reason);
  if (reason == EndReason::kLeaseExpired) {
    log_line<kLeaseExpired>(router.policy.name);
    orphans_.insert(router.policy.id);
  } else {
    log_line<kEnded>(router.policy.name,
                     fmt::format("{}{}{}", ending->text, detail.empty() ? "" : ": ", detail));
  }
  wire::HelperToEngine message;
  wire::Ended& ended = *message.mutable_ended();
  ended.set_router_id(router.policy.id);
  ended.set_reason(ending->wire);
  ended.set_detail(detail);
  engine_->send(message);
}

void Helper::report_problem(const std::string& text) {
  if (problem_log_.admit(BootClock::now())) {
    log_line<kKernelFailed>(text, problem_log_.suppressed());
  }
}

void Helper::on_due(uint32_t id) {
  Managed& router = *routers_.at(id);
  std::ignore = carry_out(router, router.lease.tick(BootClock::now()));
}

// ---- what the kernel says ---------------------------------------------------------------------

void Helper::on_links(const LinkNews& news) {
  for (const auto& [name, before] : news.changed) {
    const Link& now = links_->get(name);
    const char* const state = now.index == 0 ? "does not exist" : now.running ? "running" : "down";
    log_line<kInterfaceState>(name, state, now.primary.is_unset() ? "none" : now.primary.text());
    send_link_state(name);
    const bool replaced = before.index != 0 && before.index != now.index;
    for (const auto& [id, router] : routers_) {
      const auto& held = router->policy.addresses;
      if (router->policy.interface == name && (replaced || !now.usable())) {
        std::ignore = carry_out(*router, router->lease.end(EndReason::kLinkLost), name);
      } else if (replaced &&
                 std::ranges::find(held, name, &AddressPolicy::interface) != held.end()) {
        std::ignore = carry_out(*router, router->lease.end(EndReason::kAddressLost), name);
      }
    }
  }
  if (!news.changed.empty()) refresh_sockets();
  if (ignore_removals_) return;
  for (const InterfaceAddress& removed : news.removed) on_removed(removed);
  if (news.overrun) reconcile();
}

void Helper::on_removed(const InterfaceAddress& removed) {
  const auto [first, last] = policy_.owners.equal_range(removed.address);
  for (const auto& [address, id] : std::ranges::subrange(first, last)) {
    Managed& router = *routers_.at(id);
    if (router.lease.phase() == Lease::Phase::kIdle) continue;
    const auto lost = std::ranges::find_if(
        router.policy.addresses,
        [this, &removed](const AddressPolicy& held) { return locate(held) == removed; });
    if (lost == router.policy.addresses.end()) continue;
    log_line<kAddressLost>(router.policy.name, address.text(), lost->interface);
    std::ignore = carry_out(router, router.lease.end(EndReason::kAddressLost), address.text());
  }
}

void Helper::reconcile() {
  in_grace_ = false;
  const auto list = addresses_.list();
  if (!list) return report_problem(list.error().text);
  const std::set<InterfaceAddress> present(list->begin(), list->end());
  for (const auto& [id, router] : routers_) {
    for (const AddressPolicy& address : router->policy.addresses) {
      const bool is_there = present.contains(locate(address));
      if (router->lease.phase() != Lease::Phase::kIdle) {
        if (!is_there) on_removed(locate(address));
      } else if (is_there && router->policy.priority_max < vrrp::kPriorityOwner) {
        // Not an owner's: it may be the host's own.
        log_line<kStaleRemoved>(router->policy.name, address.address.text(), address.interface);
        remove_addresses({address});
      }
    }
  }
}

InterfaceAddress Helper::locate(const AddressPolicy& address) const {
  return {links_->get(address.interface).index, address.address, address.prefix_length};
}

void Helper::watch_policy() {
  links_->watch(policy_);
  for (const auto& [name, id] : policy_.interface_ids) {
    if (links_->get(name).index == 0) log_line<kInterfaceMissing>(name);
  }
  refresh_sockets();
}

void Helper::refresh_sockets() {
  receiver_.update(policy_, *links_);
  adverts_.close_sockets();
}

wire::LinkState Helper::link_state(const std::string& interface) const {
  const Link& link = links_->get(interface);
  wire::LinkState state;
  state.set_interface_id(policy_.interface_ids.at(interface));
  state.set_exists(link.index != 0);
  state.set_running(link.running);
  if (!link.primary.is_unset()) state.set_primary_address(link.primary.bytes());
  return state;
}

void Helper::send_link_state(const std::string& interface) {
  wire::HelperToEngine message;
  *message.mutable_link() = link_state(interface);
  engine_->send(message);
}

// The filter of the sockets has seen that these are advertisements, and ours do not come back.
void Helper::hand_over_orphans(const wire::PacketBatch& batch) {
  std::erase_if(orphans_, [this, &batch](uint32_t id) {
    const auto found = routers_.find(id);
    if (found == routers_.end() || !found->second->lease.is_orphaned()) return true;
    const uint32_t here = policy_.interface_ids.at(found->second->policy.interface);
    const bool heard = std::ranges::find(batch.packets(), here, &wire::Packet::interface_id) !=
                       batch.packets().end();
    if (heard) withdraw(id);
    return heard;
  });
}

void Helper::deliver(wire::HelperToEngine& packets) {
  hand_over_orphans(packets.packets());
  if (!engine_->is_serving()) return;
  packets.mutable_packets()->set_dropped(dropped_packets_);
  if (engine_->offer(packets)) {
    dropped_packets_ = 0;
  } else {
    dropped_packets_ += static_cast<uint64_t>(packets.packets().packets_size());
  }
}

// ---- reload and stop ---------------------------------------------------------------------------

void Helper::reload(Policy policy) {
  // First everything that goes, still by the old policy; then what comes.
  std::map<uint32_t, std::vector<AddressPolicy>> added;
  for (auto at = routers_.begin(); at != routers_.end();) {
    Managed& router = *at->second;
    const auto next = policy.routers.find(at->first);
    if (next == policy.routers.end() || !same_identity(next->second, router.policy)) {
      std::ignore = carry_out(router, router.lease.end(EndReason::kNotConfigured));
      at = routers_.erase(at);
      continue;
    }
    if (router.lease.phase() != Lease::Phase::kIdle) {
      remove_addresses(without(router.policy.addresses, next->second.addresses));
      added[at->first] = without(next->second.addresses, router.policy.addresses);
    }
    ++at;
  }
  policy_ = std::move(policy);
  ignore_removals_ = true;
  watch_policy();
  ignore_removals_ = false;
  for (const auto& [id, next] : policy_.routers) {
    const auto found = routers_.find(id);
    if (found == routers_.end()) {
      manage(next);
      continue;
    }
    Managed& router = *found->second;
    if (router.policy == next) continue;
    router.policy = next;
    Actions actions = router.lease.change_times(BootClock::now(), next.times);
    const auto& fresh = added[id];
    if (!fresh.empty() && actions.empty()) actions.emplace_back(PutAddresses{});
    if (carry_out(router, actions)) send_garp(fresh, next.times.garp_repeat);
  }
  for (const auto& [name, id] : policy_.interface_ids) send_link_state(name);
  log_line<kReloaded>(policy_.routers.size());
}

void Helper::stop() {
  log_line<kStopping>();
  for (const auto& [id, router] : routers_) {
    std::ignore = carry_out(*router, router->lease.resign(BootClock::now(), Duration{0}));
    std::ignore = carry_out(*router, router->lease.withdraw());
  }
}

}  // namespace holdfast::net
