#include "cli/audit/boundary.h"

#include <fmt/format.h>

#include <map>

#include "common/compiled_file.h"
#include "net-helper/session.h"
#include "net_config.pb.h"

namespace holdfast::cli::audit {
namespace {

constexpr size_t kAddressesTold = 20;

// "192.0.2.1/24 and 192.0.2.2/24 on eth0 and 10.0.0.1/8 on eth1", cut where there are many.
std::string addresses_in_words(const net::RouterPolicy& router) {
  std::map<std::string, std::string> by_interface;
  size_t told = 0;
  for (const net::AddressPolicy& address : router.addresses) {
    if (++told > kAddressesTold) break;
    std::string& list = by_interface[address.interface];
    if (!list.empty()) list += ", ";
    list += fmt::format("{}/{}", address.address.text(), address.prefix_length);
  }
  std::string words;
  for (const auto& [interface, list] : by_interface) {
    if (!words.empty()) words += " and ";
    words += fmt::format("{} on {}", list, interface);
  }
  if (router.addresses.size() > kAddressesTold) {
    words += fmt::format(" and {} more addresses", router.addresses.size() - kAddressesTold);
  }
  return words;
}

std::string in_words(const net::RouterPolicy& router) {
  return fmt::format(
      "vrrp-engine may: hold or release {}; announce each up to {} times at once; advertise VRID "
      "{} with priority {} to {} on {}, at most {} changes a second; nothing else",
      addresses_in_words(router), router.announce_limit, router.vrid, router.priority_min,
      router.priority_max, router.interface, net::kChangesPerSecond);
}

struct HelperMessage {
  wire::EngineToHelper::BodyCase message;
  const char* name;
};

// Asked of the helper's own table, not written down a second time.
void add_helpers(std::vector<AllowedMessage>& all) {
  using Body = wire::EngineToHelper;
  for (const auto& [phase, phase_name] :
       {std::pair{net::Phase::kGreeting, "greeting"}, std::pair{net::Phase::kServing, "serving"}}) {
    for (const HelperMessage& one :
         {HelperMessage{Body::kHello, "EngineHello"},
          HelperMessage{Body::kRequests, "RequestBatch"},
          HelperMessage{Body::BODY_NOT_SET, "anything without a body"}}) {
      if (!net::is_allowed(phase, one.message)) continue;
      all.push_back({"vrrp-engine", "net-helper", phase_name, one.name, "closed"});
    }
  }
}

}  // namespace

std::vector<std::string> policy_in_words(const net::Policy& policy) {
  std::vector<std::string> lines;
  for (const auto& [id, router] : policy.routers) lines.push_back(in_words(router));
  return lines;
}

Result<std::vector<std::string>> policy_lines(std::string_view content, const std::string& name) {
  compiled::NetConfig message;
  const auto parsed = parse_compiled_file(content, name, CompiledKind::kNet, message);
  if (!parsed) return std::unexpected(parsed.error());
  const auto policy = net::Policy::from_message(message);
  if (!policy) return std::unexpected(policy.error());
  return policy_in_words(*policy);
}

std::vector<AllowedMessage> allowed_messages() {
  std::vector<AllowedMessage> all;
  add_helpers(all);
  const std::vector<AllowedMessage> others = {
      {"net-helper", "vrrp-engine", "connected", "HelperHello, links", "dropped"},
      {"net-helper", "vrrp-engine", "greeted", "packets, links, ended", "dropped"},
      {"checker", "vrrp-engine", "connected", "CheckerHello", "closed"},
      {"checker", "vrrp-engine", "greeted", "HealthBatch", "closed"},
      {"vrrp-engine", "checker", "once", "EngineGreeting", "dropped"},
      {"vrrp-engine", "notifier", "connected", "EventsHello", "closed"},
      {"vrrp-engine", "notifier", "greeted", "TransitionBatch", "closed"},
      {"notifier", "vrrp-engine", "connected", "NotifierHello", "dropped"},
      {"notifier", "vrrp-engine", "greeted", "Accepted", "dropped"},
      {"operator", "vrrp-engine", "any", "StatusRequest", "closed"},
      {"operator", "vrrp-engine", "no maintenance under way", "MaintenanceRequest", "closed"},
      {"checker, notifier", "a runner", "connected", "AskerHello", "closed"},
      {"checker, notifier", "a runner", "greeted", "RunScript, KillScript", "closed"},
      {"a runner", "checker, notifier", "connected", "RunnerHello", "closed"},
      {"a runner", "checker, notifier", "greeted", "ScriptAtLimit, ScriptEnded", "closed"},
      {"checker", "granted-runner", "any", "Run, Reload", "the runner ends"},
  };
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

}  // namespace holdfast::cli::audit
