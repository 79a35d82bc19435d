#include "net-helper/helper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net-helper/messages.h"

namespace holdfast::net {
namespace {

// How long the addresses of a former helper wait for the engine to say that it holds them.
constexpr std::chrono::seconds kGrace{1};
// Until notices that come together have come; a look at thousands of addresses takes as long.
constexpr std::chrono::milliseconds kSettled{20};
// Of a router: their renewals wait with the others'.
constexpr size_t kFewAddresses = 16;
// Of the routers in a message, which then fits into a frame.
constexpr int kPerMessage = 200;
// What is due so soon, or in a twentieth of the shortest interval, is done at one waking: of 250
// routers at 10 ms, a dozen. An advert that early puts no peer off.
constexpr std::chrono::milliseconds kTogetherMax{2};

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
      links_(loop, std::move(monitor), requests_,
             [this](const auto& changed) { on_links(changed); }),
      receiver_(loop, trail, [this](wire::HelperToEngine& packets) { deliver(packets); }),
      engine_(loop, std::move(listening), policy_.engine_uid, *this, trail),
      timer_(loop.add_timer([this] { catch_up(); })),
      reconciling_(loop.add_timer([this] {
        reconcile();
        catch_up();
      })) {
  for (const auto& [id, router] : policy_.routers) routers_.try_emplace(id, router);
  links_.watch(policy_);
  receiver_.update(policy_, links_);
  reconciling_.arm_after(kGrace);
}

Result<std::unique_ptr<Helper>> Helper::start(EventLoop& loop, Policy policy, UniqueFd listening,
                                              Trail& trail) {
  auto requests = RouteSocket::open();
  if (!requests) return std::unexpected(requests.error());
  auto monitor = RouteSocket::open_monitor(*requests);
  if (!monitor) return std::unexpected(monitor.error());
  auto sender = Sender::open(trail);
  if (!sender) return std::unexpected(sender.error());
  return std::unique_ptr<Helper>(new Helper(loop, std::move(policy), std::move(listening), trail,
                                            std::move(*requests), std::move(*monitor),
                                            std::move(*sender)));
}

// ---- requests --------------------------------------------------------------------------------

const RouterPolicy* Helper::find_router(uint32_t id) const {
  const auto found = routers_.find(id);
  return found == routers_.end() ? nullptr : found->second.policy;
}

void Helper::hold(uint32_t id, const HoldRequest& request) {
  Managed& router = routers_.at(id);
  const bool fresh = router.lease.phase() != Lease::Phase::kHeld;
  if (fresh && !links_.get(router.policy->interface).usable()) {
    return refuse(id, Ended::REASON_LINK_DOWN,
                  fmt::format("{} is down or has no address", router.policy->interface));
  }
  const TimePoint now = BootClock::now();
  if (router.lease.would_change(request) && !router.changes.take(now)) {
    return refuse(id, Ended::REASON_RATE, "too many changes");
  }
  carry_out(router, router.lease.hold(now, request));
  catch_up();
  if (!fresh || router.lease.phase() != Lease::Phase::kHeld) return;
  trail_.record(kClaimed, router.policy->row(), {}, fmt::format("priority {}", request.priority));
}

void Helper::resign(uint32_t id, Duration linger) {
  Managed& router = routers_.at(id);
  if (router.lease.phase() == Lease::Phase::kHeld) {
    trail_.record(kResigned, router.policy->row(), {},
                  fmt::format("addresses stay for {} ms", linger / std::chrono::milliseconds(1)));
  }
  carry_out(router, router.lease.resign(BootClock::now(), linger));
  catch_up();
}

void Helper::withdraw(uint32_t id) {
  Managed& router = routers_.at(id);
  if (router.lease.phase() != Lease::Phase::kIdle) {
    trail_.record(kWithdrawn, router.policy->row(), {}, "");
  }
  carry_out(router, router.lease.withdraw());
  catch_up();
}

void Helper::refuse(uint32_t id, Ended::Reason reason, const std::string& detail) {
  report(id, reason, detail);
  const RouterPolicy* router = find_router(id);
  trail_.record(kRequestRefused, router == nullptr ? "" : router->row(), {},
                fmt::format("router id {}: {}", id, detail));
  timer_.arm_after({});  // once for all that come together
}

void Helper::greeted() {
  if (in_doubt_) reconcile();
  wire::HelperToEngine message;
  wire::HelperHello& hello = *message.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  for (auto& [id, router] : routers_) {
    if (router.lease.phase() != Lease::Phase::kHeld) continue;
    wire::Held& held = *hello.add_held();
    held.set_router_id(id);
    held.set_priority(router.lease.priority());
    if (hello.held_size() < kPerMessage) continue;
    engine_.send(message);
    hello.clear_held();
  }
  dropped_packets_ = 0;
  ended_.Clear();
  engine_.send(message);
  send_links();
}

// ---- actions ---------------------------------------------------------------------------------

void Helper::carry_out(Managed& router, const Actions& actions, const std::string& detail) {
  if (actions.advertise) send_advert(router, *actions.advertise, actions.announce > 0);
  if (actions.addresses == Addresses::kRemove) {
    remove_addresses(router, router.policy->addresses);
    router.in_place = false;
    router.advertised = 0;
  }
  if (actions.addresses == Addresses::kPut) {
    if (const auto kernel = put_addresses(router); !kernel) {
      return carry_out(router, router.lease.end(Ended::REASON_KERNEL_REFUSED), kernel.error().text);
    }
  }
  if (actions.announce > 0) send_garp(router, router.policy->addresses, actions.announce);
  if (actions.ended) end(router, *actions.ended, detail);
  // The entry itself moves on: nothing is allocated for an advertisement.
  auto entry = schedule_.extract({router.due, router.policy->id});
  if (const auto due = router.lease.next_due()) {
    router.due = *due;
    if (entry.empty()) entry = schedule_.extract(schedule_.emplace(*due, router.policy->id).first);
    entry.value().first = *due;
    schedule_.insert(std::move(entry));
  }
}

void Helper::catch_up() {
  const TimePoint now = BootClock::now();
  const TimePoint soon = now + std::min<Duration>(policy_.shortest_interval / 20, kTogetherMax);
  while (!schedule_.empty() && schedule_.begin()->first <= soon) {
    const auto [due, id] = *schedule_.begin();
    Managed& router = routers_.at(id);
    carry_out(router, router.lease.tick(std::max(due, now)));
  }
  if (const auto sent = sender_.flush(); !sent) trail_.record(kAdvertises, "", sent, "");
  if (const auto renewed = requests_.commit(); !renewed) {
    log_line<kKernelFailed>(renewed.error().text);
    doubt();
  }
  if (ended_.has_ended()) engine_.send(ended_);
  ended_.Clear();
  if (!schedule_.empty()) timer_.arm(schedule_.begin()->first);
}

Result<void> Helper::put_addresses(Managed& router) {
  Result<void> done;
  for (const AddressPolicy& address : router.policy->addresses) {
    const InterfaceAddress wanted = locate(address);
    if (wanted.interface_index == 0) done = failure(address.interface + " does not exist");
    if (done) done = requests_.put(wanted, router.policy->times.kernel_lease);
  }
  // A renewal has time until catch_up().
  if (router.in_place && done) return done;
  if (done) done = requests_.commit();
  router.in_place = done.has_value();
  for (const AddressPolicy& address : router.policy->addresses) {
    trail_.record(kAddressAdded, router.policy->row(address), done, "");
  }
  return done;
}

void Helper::remove_addresses(const Managed& router, const std::vector<AddressPolicy>& addresses) {
  for (const AddressPolicy& address : addresses) {
    const InterfaceAddress owned = locate(address);
    if (owned.interface_index == 0) continue;
    trail_.record(kAddressRemoved, router.policy->row(address), requests_.remove(owned), "");
    removed_ours_ = true;
    doubt();
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
  trail_.record(kAnnounced, router.policy->row(), done, fmt::format("{} times", repeat));
}

void Helper::send_advert(Managed& router, uint8_t priority, bool announces) {
  const Link& link = links_.get(router.policy->interface);
  if (!link.usable()) return;
  auto done = sender_.advertise(*router.policy, link, priority);
  // One that nothing long follows has time until catch_up().
  const bool waits = !announces && router.policy->addresses.size() <= kFewAddresses;
  if (done && !(waits && router.advertised == priority)) done = sender_.flush();
  if (done && router.advertised == priority) return;
  trail_.record(kAdvertises, router.policy->row(), done, fmt::format("priority {}", priority));
  router.advertised = priority;
}

void Helper::end(Managed& router, Ended::Reason reason, const std::string& detail) {
  const bool expired = reason == Ended::REASON_LEASE_EXPIRED;
  has_orphans_ = has_orphans_ || expired;
  const auto& deed = reason == Ended::REASON_ADDRESS_LOST ? kAddressLost : kEnded;
  const std::string why = Ended::Reason_Name(reason) + " " + detail;
  trail_.record(expired ? kExpired : deed, router.policy->row(), {}, why);
  report(router.policy->id, reason, detail);
}

void Helper::report(uint32_t id, Ended::Reason reason, const std::string& detail) {
  Ended& ended = *ended_.mutable_ended()->add_ended();
  ended.set_router_id(id);
  ended.set_reason(reason);
  ended.set_detail(detail);
  if (ended_.ended().ended_size() >= kPerMessage) catch_up();
}

// ---- what the kernel says ---------------------------------------------------------------------

void Helper::on_links(const Links::Changed& changed) {
  for (const auto& [name, before] : changed) {
    const Link& now = links_.get(name);
    const bool replaced = before.index != 0 && before.index != now.index;
    for (auto& [id, router] : routers_) {
      if (router.policy->interface != name || (now.usable() && !replaced)) continue;
      carry_out(router, router.lease.end(Ended::REASON_LINK_LOST), name);
    }
  }
  receiver_.update(policy_, links_);
  send_links();
  // Not here and now: this may be the middle of a reload.
  doubt();
  timer_.arm_after({});
}

void Helper::doubt() {
  if (!std::exchange(in_doubt_, true)) reconciling_.arm_after(kSettled);
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
  for (auto& [id, router] : routers_) {
    for (const AddressPolicy& address : router.policy->addresses) {
      const bool is_there = present.contains(locate(address));
      if (router.lease.phase() != Lease::Phase::kIdle) {
        if (is_there) continue;
        // The kernel takes a subnet's other addresses away with its first, which we removed.
        if (was_ours && put_addresses(router)) break;
        carry_out(router, router.lease.end(Ended::REASON_ADDRESS_LOST), address.text());
        break;
      }
      if (is_there && router.policy->priority_max < vrrp::kPriorityOwner) {
        // Not an owner's: it may be the host's own.
        trail_.record(kStaleFound, router.policy->row(address), {}, "");
        remove_addresses(router, {address});
      }
    }
  }
}

InterfaceAddress Helper::locate(const AddressPolicy& address) const {
  return {links_.get(address.interface).index, address.address, address.prefix_length};
}

void Helper::send_links() {
  wire::HelperToEngine message;
  for (const auto& name : policy_.interfaces) {
    const Link& link = links_.get(name);
    wire::LinkState& state = *message.mutable_links()->add_links();
    state.set_interface(name);
    state.set_exists(link.index != 0);
    state.set_running(link.running);
    if (!link.primary.is_unset()) state.set_primary_address(link.primary.bytes());
  }
  engine_.send(message);
}

void Helper::deliver(wire::HelperToEngine& message) {
  wire::PacketBatch& batch = *message.mutable_packets();
  if (std::exchange(has_orphans_, false)) {
    // Their successors: the sockets' filter has seen that it is an advertisement, and ours do not
    // come back.
    for (const auto& [id, router] : routers_) {
      if (!router.lease.is_orphaned()) continue;
      has_orphans_ = has_orphans_ || router.policy->interface != batch.interface();
      if (router.policy->interface == batch.interface()) withdraw(id);
    }
  }
  if (!engine_.is_serving()) return;
  batch.set_dropped(dropped_packets_);
  const auto lost = dropped_packets_ + static_cast<uint64_t>(batch.packets_size());
  dropped_packets_ = engine_.offer(message) ? 0 : lost;
}

// ---- reload and stop ---------------------------------------------------------------------------

void Helper::reload(Policy policy) {
  Policy before = std::exchange(policy_, std::move(policy));
  // First everything that goes, still by the policy before; then what comes.
  for (auto item = routers_.begin(); item != routers_.end();) {
    Managed& router = item->second;
    const auto next = policy_.routers.find(item->first);
    const bool stays = next != policy_.routers.end() && same_identity(next->second, *router.policy);
    if (!stays) {
      carry_out(router, router.lease.end(Ended::REASON_NOT_CONFIGURED));
    } else if (router.lease.phase() != Lease::Phase::kIdle) {
      const auto gone = without(router.policy->addresses, next->second.addresses);
      remove_addresses(router, gone);
      // A renewal until it is this router's turn is of what stays.
      before.routers.at(item->first).addresses = without(router.policy->addresses, gone);
    }
    catch_up();
    item = stays ? std::next(item) : routers_.erase(item);
  }
  links_.watch(policy_);
  receiver_.update(policy_, links_);
  for (const auto& [id, next] : policy_.routers) {
    Managed& router = routers_.try_emplace(id, next).first->second;
    const RouterPolicy& last = *std::exchange(router.policy, &next);
    if (last == next) continue;
    const auto fresh = without(next.addresses, last.addresses);
    router.in_place = router.in_place && fresh.empty();
    carry_out(router, router.lease.change_times(BootClock::now(), next.times));
    if (router.in_place && !fresh.empty()) send_garp(router, fresh, next.announce_limit);
    catch_up();
  }
  send_links();
  trail_.record(kReloaded, policy_.row(), {}, "");
}

void Helper::stop() {
  for (auto& [id, router] : routers_) {
    carry_out(router, router.lease.end(Ended::REASON_RESIGNED));
  }
}

}  // namespace holdfast::net
