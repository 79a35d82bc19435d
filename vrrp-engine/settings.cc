#include "vrrp-engine/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "engine_config.pb.h"

namespace holdfast::vrrp {
namespace {

using Names = std::map<uint32_t, std::string>;

constexpr int kWeightMax = 253;
constexpr uint32_t kAnnouncementsMax = 1000;  // frames an address in a batch
constexpr uint32_t kDayMs = 24 * 60 * 60 * 1000;
// Well below the changes that the helper grants a router in a second.
constexpr uint32_t kRefreshMinMs = 100;

Result<void> read_authentication(const compiled::Authentication& in, RouterSettings& out) {
  switch (in.type()) {
    case compiled::Authentication::TYPE_UNSPECIFIED:
      out.auth_type = kAuthNone;
      return {};
    case compiled::Authentication::TYPE_PASS:
      break;
    default:
      return failure("unknown authentication type");
  }
  if (in.data().size() != kAuthDataBytes) return failure("authentication data is not 8 bytes");
  out.auth_type = kAuthPass;
  std::memcpy(out.auth_data.data(), in.data().data(), kAuthDataBytes);
  return {};
}

Result<void> read_addresses(const compiled::EngineRouter& in, RouterSettings& out) {
  const auto count = static_cast<size_t>(in.advertised_size());
  if (count > kAddressesMax) return failure("more than 255 addresses");
  out.addresses.reserve(count);
  for (const compiled::Address& address : in.advertised()) {
    const auto value = Ipv4::from_bytes(address.address());
    if (!value || address.prefix_length() > 32) return failure("an address that cannot be");
    out.addresses.push_back({*value, address.prefix_length(),
                             address.interface().empty() ? in.interface() : address.interface()});
  }
  return {};
}

Result<void> read_trackers(const compiled::EngineRouter& in, const Names& checks,
                           RouterSettings& out) {
  out.trackers.reserve(static_cast<size_t>(in.trackers_size()));
  for (const compiled::Tracker& tracker : in.trackers()) {
    const auto check = checks.find(tracker.check_id());
    if (check == checks.end()) return failure("a tracker without its check");
    if (std::abs(tracker.weight()) > kWeightMax) return failure("a weight beyond 253");
    out.trackers.push_back(
        {tracker.check_id(), check->second, tracker.weight(), tracker.reverse()});
  }
  return {};
}

Result<void> read_announcements(const compiled::GratuitousArp& in, RouterSettings& out) {
  if (in.repeat() < 1 || in.repeat() > kAnnouncementsMax) {
    return failure(fmt::format("{} announcements, not 1 to {}", in.repeat(), kAnnouncementsMax));
  }
  if (in.delay_ms() > kDayMs) return failure("a second announcement after more than a day");
  if (in.refresh_ms() != 0) {
    if (in.refresh_ms() < kRefreshMinMs || in.refresh_ms() > kDayMs) {
      return failure("periodic announcements not each 100 ms to a day");
    }
    if (in.refresh_repeat() < 1 || in.refresh_repeat() > kAnnouncementsMax) {
      return failure(fmt::format("{} periodic announcements, not 1 to {}", in.refresh_repeat(),
                                 kAnnouncementsMax));
    }
  }
  out.garp = {.repeat = in.repeat(),
              .delay = std::chrono::milliseconds(in.delay_ms()),
              .refresh = std::chrono::milliseconds(in.refresh_ms()),
              .refresh_repeat = in.refresh_repeat()};
  return {};
}

Result<RouterSettings> read_router(const compiled::EngineRouter& in, const Names& checks) {
  const auto group = Ipv4::from_bytes(in.multicast_group());
  if (in.id() == 0 || in.interface().empty()) return failure("no id or no interface");
  if (in.vrid() < 1 || in.vrid() > 255) return failure("VRID outside 1 to 255");
  if (in.priority() < 1 || in.priority() > 255) return failure("priority outside 1 to 255");
  if (in.version() != 2 && in.version() != 3) return failure("a VRRP version other than 2 and 3");
  // RFC 3768 5.3.7: 1 to 255 seconds; RFC 9568 5.2.7: 1 to 4095 centiseconds.
  const uint32_t unit_ms = in.version() == 2 ? 1000 : 10;
  const uint32_t units_max = in.version() == 2 ? 255 : 4095;
  const uint32_t units = in.advert_interval_ms() / unit_ms;
  if (units < 1 || units > units_max || in.advert_interval_ms() % unit_ms != 0) {
    return failure(fmt::format("an advertisement interval that VRRPv{} cannot say", in.version()));
  }
  if (!group || !group->is_multicast()) return failure("no multicast group");
  RouterSettings out{.id = in.id(),
                     .name = in.name(),
                     .interface = in.interface(),
                     .vrid = static_cast<uint8_t>(in.vrid()),
                     .version = static_cast<uint8_t>(in.version()),
                     .priority = static_cast<uint8_t>(in.priority()),
                     .advert_interval = std::chrono::milliseconds(in.advert_interval_ms()),
                     .down_timer_adverts = std::clamp(in.down_timer_adverts(), 1U, 100U),
                     .preempt = in.preempt(),
                     .preempt_delay = std::chrono::milliseconds(in.preempt_delay_ms()),
                     .starts_eager = in.starts_eager(),
                     .addresses = {},
                     .trackers = {},
                     .multicast_group = *group,
                     .garp = {}};
  if (const auto read = read_authentication(in.authentication(), out); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_addresses(in, out); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_announcements(in.garp(), out); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_trackers(in, checks, out); !read) {
    return std::unexpected(read.error());
  }
  return out;
}

}  // namespace

Result<EngineSettings> settings_from(const compiled::EngineConfig& config) {
  EngineSettings out{.generation = config.generation(),
                     .system_name = config.system_name(),
                     .checks = {},
                     .routers = {}};
  Names checks;
  for (const auto& check : config.checks()) {
    checks.emplace(check.id(), check.name());
    out.checks.push_back({check.id(), check.name()});
  }
  std::set<RouterId> ids;
  for (const auto& router : config.routers()) {
    auto read = read_router(router, checks);
    if (!read) {
      return failure(fmt::format("router `{}`: {}", router.name(), read.error().text));
    }
    if (!ids.insert(read->id).second) {
      return failure(fmt::format("router `{}`: its id is taken", router.name()));
    }
    out.routers.push_back(std::move(*read));
  }
  return out;
}

}  // namespace holdfast::vrrp
