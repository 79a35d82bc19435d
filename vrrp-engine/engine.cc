#include "vrrp-engine/engine.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/overloaded.h"

namespace holdfast::vrrp {
namespace {

constexpr size_t kOtherAddressesRemark = kRungs;
constexpr size_t kOtherIntervalRemark = kRungs + 1;

}  // namespace

std::optional<std::string> MaintenanceOrders::of(const std::string& router) const {
  if (host) return host;
  const auto found = routers.find(router);
  return found == routers.end() ? std::nullopt : std::optional(found->second);
}

Engine::Engine(EngineSettings settings, EnginePort& port)
    : settings_(std::move(settings)), port_(port) {
  for (RouterSettings& router : settings_.routers) add(std::move(router));
  settings_.routers = std::vector<RouterSettings>();  // `= {}` would keep the memory
}

RouterEntry& Engine::add(RouterSettings settings) {
  const RouterId id = settings.id;
  RouterEntry entry{Router(std::move(settings), health_)};
  RouterEntry& added = routers_.insert_or_assign(id, std::move(entry)).first->second;
  index(added);
  return added;
}

void Engine::index(RouterEntry& entry) {
  const RouterSettings& settings = entry.router.settings();
  auto& by_vrid = by_vrid_[{settings.interface, settings.multicast_group}];
  if (by_vrid.size() <= settings.vrid) by_vrid.resize(settings.vrid + size_t{1});
  by_vrid[settings.vrid] = &entry;
}

RouterEntry* Engine::find(RouterId id) {
  const auto found = routers_.find(id);
  return found == routers_.end() ? nullptr : &found->second;
}

LinkView Engine::link_of(const std::string& interface) const {
  const auto found = links_.find(interface);
  return found == links_.end() ? LinkView{} : found->second;
}

void Engine::perform(RouterEntry& entry, const Actions& actions, TimePoint now) {
  const RouterSettings& router = entry.router.settings();
  for (const Action& action : actions) {
    std::visit(Overloaded{
                   [&](const HoldAction& wanted) {
                     HoldAction hold = wanted;
                     hold.announce =
                         pacer_.admit({router.id, router.addresses.size(), wanted.announce}, now);
                     port_.hold(router.id, hold);
                   },
                   [&](const ResignAction& resign) { port_.resign(router.id, resign.linger); },
                   [&](const WithdrawAction&) { port_.withdraw(router.id); },
                   [&](const TransitionAction& transition) {
                     ++entry.transitions;
                     port_.transition(router, transition);
                   },
                   [&](const PriorityAction& change) { port_.priority_changed(router, change); },
               },
               action);
  }
  schedule(entry);
}

// A deadline that moves away, as a Backup's does with every advertisement, costs nothing here: the
// look at the old time finds the new one.
void Engine::schedule(RouterEntry& entry) {
  const auto deadline = entry.router.deadline();
  if (!deadline || (entry.looked_at && *entry.looked_at <= *deadline)) return;
  const RouterId id = entry.router.settings().id;
  if (entry.looked_at) schedule_.erase({*entry.looked_at, id});
  schedule_.emplace(*deadline, id);
  entry.looked_at = deadline;
}

void Engine::on_helper_ready(const LinkTable& links, const HeldPriorities& held, TimePoint now) {
  links_ = links;
  for (auto& [id, entry] : routers_) {
    Router& router = entry.router;
    const LinkView link = link_of(router.settings().interface);
    const auto left = held.find(id);
    if (helper_ready_) {
      perform(entry, router.on_helper_back(link, now), now);
      if (left != held.end() && !router.holds()) port_.withdraw(id);
    } else {
      perform(entry,
              router.on_start(link, left == held.end() ? std::nullopt : std::optional(left->second),
                              now),
              now);
    }
  }
  helper_ready_ = true;
}

void Engine::on_helper_lost(TimePoint now) {
  if (!helper_ready_) return;
  for (auto& [id, entry] : routers_) perform(entry, entry.router.on_helper_lost(now), now);
}

std::map<RouterId, uint8_t> Engine::offer_claims(TimePoint now) {
  std::map<RouterId, uint8_t> result;
  for (auto& [id, entry] : routers_) {
    if (entry.router.offer_claim(now)) result[id] = entry.router.effective_priority();
  }
  return result;
}

void Engine::on_packet(const std::string& interface, const ReceivedPacket& packet, TimePoint now) {
  const Claim claim = claim_of(packet);
  const auto found = by_vrid_.find({interface, claim.destination});
  const bool ours = found != by_vrid_.end() && claim.vrid < found->second.size();
  RouterEntry* const entry = ours ? found->second[claim.vrid] : nullptr;
  if (entry == nullptr) {
    ++unmatched_packets_;
    return;
  }
  const auto own = link_of(interface).primary;
  const auto advertisement = climb(packet, entry->router.settings(), own);
  if (!advertisement) return remark_refusal(*entry, claim.source, advertisement.error(), now);
  ++entry->accepted;
  remark(*entry, *advertisement, now);
  perform(*entry, entry->router.on_advertisement(*advertisement, now), now);
}

// What is told and counted, and refused it is not.
void Engine::remark(RouterEntry& entry, const Advertisement& heard, TimePoint now) {
  const RouterSettings& settings = entry.router.settings();
  if (settings.version == 3) ++entry.checksums[static_cast<size_t>(heard.checksum)];
  if (heard.other_addresses) {
    ++entry.other_addresses;
    RateLimit& limit = entry.remark(kOtherAddressesRemark);
    if (limit.admit(now)) port_.other_addresses(settings, heard.source, limit.suppressed());
  }
  if (heard.interval != settings.advert_interval) {
    ++entry.other_interval;
    RateLimit& limit = entry.remark(kOtherIntervalRemark);
    if (limit.admit(now)) port_.other_interval(settings, heard, limit.suppressed());
  }
}

void Engine::remark_refusal(RouterEntry& entry, Ipv4 source, Rung rung, TimePoint now) {
  const auto index = static_cast<size_t>(rung);
  ++entry.refused[index];
  RateLimit& remark = entry.remark(index);
  if (remark.admit(now)) {
    port_.packet_refused(entry.router.settings(), source, rung, remark.suppressed());
  }
}

void Engine::on_link(const std::string& interface, const LinkView& link, TimePoint now) {
  if (std::exchange(links_[interface], link) == link) return;
  for (auto& [id, entry] : routers_) {
    if (entry.router.settings().interface != interface) continue;
    perform(entry, entry.router.on_link(link, now), now);
  }
}

bool Engine::on_health(CheckId check, const CheckHealth& health, TimePoint now) {
  if (std::ranges::find(settings_.checks, check, &CheckSettings::id) == settings_.checks.end()) {
    return false;
  }
  const auto known = health_.find(check);
  if (known != health_.end() && known->second.passing == health.passing) {
    known->second = health;
    return true;
  }
  health_[check] = health;
  for (auto& [id, entry] : routers_) {
    perform(entry, entry.router.on_health(health_, check, now), now);
  }
  return true;
}

void Engine::on_health_stale(TimePoint now) {
  for (const CheckSettings& check : settings_.checks) {
    on_health(check.id, {.passing = false, .consecutive = 1, .cause = "the checker is silent"},
              now);
  }
}

void Engine::on_refused_for_now(RouterId router, TimePoint now) {
  if (RouterEntry* entry = find(router))
    perform(*entry, entry->router.on_refused_for_now(now), now);
}

void Engine::on_lease_end(RouterId router, LeaseEnd end, const std::string& detail, TimePoint now) {
  if (RouterEntry* entry = find(router)) {
    perform(*entry, entry->router.on_lease_end(end, detail, now), now);
  }
}

void Engine::on_deadline(TimePoint now) {
  std::vector<RouterId> due;
  while (!schedule_.empty() && schedule_.begin()->first <= now) {
    due.push_back(schedule_.begin()->second);
    schedule_.erase(schedule_.begin());
  }
  for (const RouterId id : due) {
    RouterEntry& entry = routers_.at(id);
    entry.looked_at.reset();
    perform(entry, entry.router.on_deadline(now), now);
  }
  for (const auto& [id, addresses, frames] : pacer_.take_due(now)) {
    const RouterEntry* entry = find(id);
    if (entry == nullptr || !entry->router.keeps_claim(now)) continue;
    port_.hold(id, {.priority = entry->router.effective_priority(), .announce = frames});
  }
}

void Engine::on_shutdown(TimePoint now) {
  for (auto& [id, entry] : routers_) perform(entry, entry.router.on_shutdown(now), now);
}

void Engine::on_maintenance(MaintenanceOrders orders, TimePoint now) {
  maintenance_ = std::move(orders);
  for (auto& [id, entry] : routers_) {
    auto order = maintenance_.of(entry.router.settings().name);
    if (order == entry.router.maintenance()) continue;
    perform(entry, entry.router.on_maintenance(std::move(order), now), now);
  }
}

size_t Engine::in_maintenance() const {
  return static_cast<size_t>(std::ranges::count_if(
      routers_, [](const auto& item) { return item.second.router.maintenance().has_value(); }));
}

// Those that an advertisement has put off meanwhile are found here, at a waking that is paid for
// already, and not at one of their own.
std::optional<TimePoint> Engine::next_deadline() {
  while (!schedule_.empty()) {
    RouterEntry& first = routers_.at(schedule_.begin()->second);
    const auto deadline = first.router.deadline();
    if (deadline && *deadline <= schedule_.begin()->first) break;
    schedule_.erase(schedule_.begin());
    first.looked_at.reset();
    schedule(first);
  }
  const auto announcement = pacer_.next();
  if (schedule_.empty()) return announcement;
  return std::min(schedule_.begin()->first, announcement.value_or(TimePoint::max()));
}

bool Engine::is_finished() const {
  return std::ranges::all_of(routers_,
                             [](const auto& item) { return item.second.router.is_finished(); });
}

namespace {

// The same virtual router to its peers: what else changed can be taken over in place.
bool same_on_the_wire(const RouterSettings& a, const RouterSettings& b) {
  return a.id == b.id && a.interface == b.interface && a.vrid == b.vrid && a.version == b.version &&
         a.multicast_group == b.multicast_group;
}

}  // namespace

void Engine::reconfigure(EngineSettings settings, TimePoint now) {
  settings_ = std::move(settings);
  std::erase_if(health_, [this](const auto& item) {
    return std::ranges::find(settings_.checks, item.first, &CheckSettings::id) ==
           settings_.checks.end();
  });
  by_vrid_.clear();
  std::map<RouterId, const RouterSettings*> wanted;
  for (const RouterSettings& router : settings_.routers) wanted[router.id] = &router;
  // What is gone stops first, so that whatever takes its place finds it free.
  for (auto item = routers_.begin(); item != routers_.end();) {
    RouterEntry& entry = item->second;
    const auto found = wanted.find(item->first);
    if (found == wanted.end() || !same_on_the_wire(*found->second, entry.router.settings())) {
      stop_at_once(entry, now);
      if (entry.looked_at) schedule_.erase({*entry.looked_at, item->first});
      item = routers_.erase(item);
      continue;
    }
    const RouterSettings& next = *found->second;
    index(entry);
    if (next != entry.router.settings()) {
      perform(entry, entry.router.on_settings(next, health_, now), now);
    }
    ++item;
  }
  for (RouterSettings& next : settings_.routers) {
    if (routers_.contains(next.id)) continue;
    RouterEntry& entry = add(std::move(next));
    std::ignore = entry.router.on_maintenance(maintenance_.of(entry.router.settings().name), now);
    if (!helper_ready_) continue;
    const LinkView link = link_of(entry.router.settings().interface);
    perform(entry, entry.router.on_start(link, std::nullopt, now), now);
  }
  settings_.routers = std::vector<RouterSettings>();  // `= {}` would keep the memory
}

// Taken out of the configuration: nobody waits for a successor.
void Engine::stop_at_once(RouterEntry& entry, TimePoint now) {
  Actions actions = entry.router.on_shutdown(now);
  for (Action& action : actions) {
    if (auto* resign = std::get_if<ResignAction>(&action)) resign->linger = {};
  }
  perform(entry, actions, now);
}

}  // namespace holdfast::vrrp
