#include "net-helper/helper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net-helper/messages.h"

namespace holdfast::net {
namespace {

// How long the addresses of a former helper wait for the engine to say that it holds them.
constexpr std::chrono::seconds kSweepDelay{1};
constexpr double kChangesPerSecond = 20;
constexpr double kChangesBurst = 40;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

wire::Ended::Reason to_wire(EndReason reason) {
  switch (reason) {
    case EndReason::kLeaseExpired:
      return wire::Ended::REASON_LEASE_EXPIRED;
    case EndReason::kAddressLost:
      return wire::Ended::REASON_ADDRESS_LOST;
    case EndReason::kLinkLost:
      return wire::Ended::REASON_LINK_LOST;
    case EndReason::kNotConfigured:
      return wire::Ended::REASON_NOT_CONFIGURED;
    case EndReason::kResigned:
      return wire::Ended::REASON_RESIGNED;
    case EndReason::kKernelRefused:
      return wire::Ended::REASON_KERNEL_REFUSED;
  }
  return wire::Ended::REASON_UNSPECIFIED;
}

const char* to_text(EndReason reason) {
  switch (reason) {
    case EndReason::kLeaseExpired:
      return "the lease expired";
    case EndReason::kAddressLost:
      return "an address was lost";
    case EndReason::kLinkLost:
      return "the link was lost";
    case EndReason::kNotConfigured:
      return "no longer configured";
    case EndReason::kResigned:
      return "resigned";
    case EndReason::kKernelRefused:
      return "the kernel refused";
  }
  return "";
}

// What stands in `all` and not in `others`.
std::vector<AddressPolicy> without(const std::vector<AddressPolicy>& all,
                                   const std::vector<AddressPolicy>& others) {
  const std::set<AddressPolicy> excluded(others.begin(), others.end());
  std::vector<AddressPolicy> result;
  std::ranges::copy_if(all, std::back_inserter(result),
                       [&excluded](const auto& address) { return !excluded.contains(address); });
  return result;
}

}  // namespace

Helper::Helper(EventLoop& loop, Addresses addresses, Neighbours neighbours)
    : loop_(loop),
      addresses_(std::move(addresses)),
      neighbours_(std::move(neighbours)),
      receiver_(loop, [this](wire::HelperToEngine& packets) { deliver(packets); }),
      sweep_timer_(loop.add_timer([this] { sweep(); })) {}

Result<std::unique_ptr<Helper>> Helper::start(EventLoop& loop, Policy policy, UniqueFd listening,
                                              uid_t engine_user) {
  auto addresses = Addresses::open();
  if (!addresses) return std::unexpected(addresses.error());
  auto neighbours = Neighbours::open();
  if (!neighbours) return std::unexpected(neighbours.error());
  std::unique_ptr<Helper> helper(new Helper(loop, std::move(*addresses), std::move(*neighbours)));
  Helper* self = helper.get();
  auto links = Links::open(loop, [self](const LinkNews& news) { self->on_links(news); });
  if (!links) return std::unexpected(links.error());
  helper->links_ = std::move(*links);
  helper->policy_ = std::move(policy);
  if (auto watched = helper->links_->watch(helper->policy_); !watched) {
    return std::unexpected(watched.error());
  }
  for (const auto& [id, router] : helper->policy_.routers) helper->manage(router);
  helper->refresh_sockets();
  helper->engine_ = std::make_unique<EngineLink>(
      loop, std::move(listening), engine_user, *helper,
      [self](const std::string& why) { log_line<kEngineGone>(why, self->held_count()); });
  helper->sweep_timer_.arm_after(kSweepDelay);
  return helper;
}

void Helper::manage(const RouterPolicy& router) {
  routers_[router.id] = std::make_unique<Managed>(
      Managed{.policy = router,
              .lease = Lease(LeaseTimes::of(router)),
              .timer = loop_.add_timer([this, id = router.id] { on_due(id); }),
              .changes = TokenBucket(kChangesPerSecond, kChangesBurst)});
}

// ---- requests --------------------------------------------------------------------------------

const RouterPolicy* Helper::find_router(uint32_t id) const {
  const auto found = routers_.find(id);
  return found == routers_.end() ? nullptr : &found->second->policy;
}

void Helper::adopt(uint32_t id, const HoldRequest& request) {
  claim(*routers_.at(id), request, true);
}

void Helper::hold(uint32_t id, const HoldRequest& request) {
  claim(*routers_.at(id), request, false);
}

void Helper::claim(Managed& router, const HoldRequest& request, bool adopted) {
  const bool fresh = router.lease.phase() != Lease::Phase::kHeld;
  // What the kernel said before this claim, above all of addresses removed, is not about it.
  if (fresh) links_->process();
  if (fresh && !links_->get(router.policy.interface).usable()) {
    return refuse(router.policy.id, wire::Refusal::REASON_LINK_DOWN,
                  fmt::format("{} is down or has no address", router.policy.interface));
  }
  const TimePoint now = BootClock::now();
  if (router.lease.would_change(request) && !router.changes.take(now)) {
    return refuse(router.policy.id, wire::Refusal::REASON_RATE, "too many changes");
  }
  const auto done = carry_out(
      router, adopted ? router.lease.adopt(now, request) : router.lease.hold(now, request));
  if (!done) return refuse(router.policy.id, wire::Refusal::REASON_KERNEL, done.error().text);
  if (!fresh) return;
  if (adopted) return log_line<kAdopted>(router.policy.name);
  log_line<kClaimed>(router.policy.name, request.priority, router.policy.addresses.size(),
                     router.policy.interface);
}

void Helper::resign(uint32_t id, Duration linger) {
  Managed& router = *routers_.at(id);
  const bool held = router.lease.phase() == Lease::Phase::kHeld;
  if (held && linger.count() > 0) {
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
  sweep();
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
    const auto remaining =
        std::max((router->lease.deadline() - now) / std::chrono::milliseconds(1), Duration::rep{0});
    held.set_remaining_ms(static_cast<uint32_t>(remaining));
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
            [&](const AddAddresses&) { kernel = put_addresses(router, router.policy.addresses); },
            [&](const RefreshKernelLease&) {
              kernel = put_addresses(router, router.policy.addresses);
            },
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

Result<void> Helper::put_addresses(const Managed& router,
                                   const std::vector<AddressPolicy>& addresses) {
  for (const AddressPolicy& address : addresses) {
    const Link& link = links_->get(address.interface);
    if (link.index == 0) {
      return failure(fmt::format("interface {} does not exist", address.interface));
    }
    const auto done = addresses_.put({link.index, address.address, address.prefix_length},
                                     router.policy.kernel_lease);
    if (!done) return failure(fmt::format("{}: {}", address.interface, done.error().text));
  }
  return {};
}

void Helper::remove_addresses(const std::vector<AddressPolicy>& addresses) {
  for (const AddressPolicy& address : addresses) {
    const Link& link = links_->get(address.interface);
    if (link.index == 0) continue;
    const auto done = addresses_.remove({link.index, address.address, address.prefix_length});
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
  if (reason == EndReason::kLeaseExpired) {
    log_line<kLeaseExpired>(router.policy.name);
  } else {
    log_line<kEnded>(router.policy.name, to_text(reason), detail);
  }
  wire::HelperToEngine message;
  message.mutable_ended()->set_router_id(router.policy.id);
  message.mutable_ended()->set_reason(to_wire(reason));
  message.mutable_ended()->set_detail(detail);
  engine_->send(message);
}

void Helper::report_problem(const std::string& text) {
  if (problem_log_.admit(BootClock::now())) {
    log_line<kSendFailed>(text, problem_log_.suppressed());
  }
}

void Helper::on_due(uint32_t id) {
  const auto found = routers_.find(id);
  if (found == routers_.end()) return;
  Managed& router = *found->second;
  std::ignore = carry_out(router, router.lease.tick(BootClock::now()));
}

// ---- what the kernel says ---------------------------------------------------------------------

void Helper::on_links(const LinkNews& news) {
  for (const auto& [name, before] : news.changed) {
    const Link& now = links_->get(name);
    log_line<kInterfaceState>(name,
                              now.index == 0 ? "does not exist"
                              : now.running  ? "running"
                                             : "down",
                              now.primary.is_unset() ? "none" : now.primary.text());
    wire::HelperToEngine message;
    *message.mutable_link() = link_state(name);
    engine_->send(message);
    for (const auto& [id, router] : routers_) {
      if (router->policy.interface != name) continue;
      if (now.usable() && (before.index == now.index || before.index == 0)) continue;
      std::ignore = carry_out(*router, router->lease.end(EndReason::kLinkLost), name);
    }
  }
  if (!news.changed.empty()) refresh_sockets();
  if (ignore_removals_) return;
  for (const InterfaceAddress& removed : news.removed) on_removed(removed);
  if (news.overrun) end_what_is_missing();
}

void Helper::on_removed(const InterfaceAddress& removed) {
  for (const auto& [id, router] : routers_) {
    if (router->lease.phase() == Lease::Phase::kIdle) continue;
    for (const AddressPolicy& address : router->policy.addresses) {
      const int index = links_->get(address.interface).index;
      if (address.address != removed.address || address.prefix_length != removed.prefix_length ||
          (index != removed.interface_index && index != 0)) {
        continue;
      }
      log_line<kAddressLost>(router->policy.name, address.address.text(), address.interface);
      std::ignore =
          carry_out(*router, router->lease.end(EndReason::kAddressLost), address.address.text());
      break;
    }
  }
}

void Helper::end_what_is_missing() {
  const auto present = addresses_.list();
  if (!present) return report_problem(present.error().text);
  std::vector<InterfaceAddress> missing;
  for (const auto& [id, router] : routers_) {
    if (router->lease.phase() == Lease::Phase::kIdle) continue;
    for (const AddressPolicy& address : router->policy.addresses) {
      const InterfaceAddress wanted{links_->get(address.interface).index, address.address,
                                    address.prefix_length};
      if (std::ranges::find(*present, wanted) == present->end()) missing.push_back(wanted);
    }
  }
  for (const InterfaceAddress& address : missing) on_removed(address);
}

void Helper::refresh_sockets() {
  receiver_.update(policy_, *links_);
  std::vector<int> indexes;
  for (const auto& [name, id] : policy_.interface_ids) indexes.push_back(links_->get(name).index);
  adverts_.keep_only(indexes);
}

void Helper::sweep() {
  sweep_timer_.disarm();
  const auto present = addresses_.list();
  if (!present) return report_problem(present.error().text);
  for (const auto& [id, router] : routers_) {
    if (router->lease.phase() != Lease::Phase::kIdle) continue;
    for (const AddressPolicy& address : router->policy.addresses) {
      const InterfaceAddress owned{links_->get(address.interface).index, address.address,
                                   address.prefix_length};
      if (std::ranges::find(*present, owned) == present->end()) continue;
      log_line<kStaleRemoved>(router->policy.name, address.address.text(), address.interface);
      remove_addresses({address});
    }
  }
}

size_t Helper::held_count() const {
  return static_cast<size_t>(std::ranges::count_if(routers_, [](const auto& entry) {
    return entry.second->lease.phase() == Lease::Phase::kHeld;
  }));
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

void Helper::deliver(wire::HelperToEngine& packets) {
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
    if (next == policy.routers.end() || !next->second.same_identity(router.policy)) {
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
  if (auto watched = links_->watch(policy_); !watched) report_problem(watched.error().text);
  links_->process();
  ignore_removals_ = false;
  refresh_sockets();
  for (const auto& [id, next] : policy_.routers) {
    const auto found = routers_.find(id);
    if (found == routers_.end()) {
      manage(next);
      continue;
    }
    Managed& router = *found->second;
    if (router.policy == next) continue;
    router.policy = next;
    Actions actions = router.lease.change_times(BootClock::now(), LeaseTimes::of(next));
    // Also where only addresses came: put_addresses() of what is there already renews it.
    const auto& fresh = added[id];
    if (!fresh.empty() && actions.empty()) actions.emplace_back(RefreshKernelLease{});
    if (carry_out(router, actions)) send_garp(fresh, next.garp.repeat);
  }
  for (const auto& [name, id] : policy_.interface_ids) {
    wire::HelperToEngine message;
    *message.mutable_link() = link_state(name);
    engine_->send(message);
  }
  log_line<kReloaded>(policy_.routers.size());
}

void Helper::stop() {
  log_line<kStopping>(held_count());
  for (const auto& [id, router] : routers_) {
    std::ignore = carry_out(*router, router->lease.resign(BootClock::now(), Duration{0}));
    std::ignore = carry_out(*router, router->lease.withdraw());
  }
  engine_->close();
}

}  // namespace holdfast::net
