#include "cli/maintenance_text.h"

#include <fmt/format.h>

#include "cli/status_text.h"

namespace holdfast::cli {
namespace {

// "192.0.2.10 and 3 more", without length and interface.
std::string addresses_of(const wire::RouterStatus& router) {
  if (router.addresses().empty()) return "its addresses";
  const std::string& first = router.addresses(0);
  const std::string address = first.substr(0, first.find('/'));
  const int others = router.addresses_size() - 1;
  return others == 0 ? address : fmt::format("{} and {} more", address, others);
}

}  // namespace

std::string maintenance_outlook(const wire::RouterStatus& router) {
  if (router.state() != wire::ROUTER_STATE_ACTIVE) return {};
  std::string out = fmt::format("{}: Active with {}; ", router.name(), addresses_of(router));
  if (router.peers().empty()) {
    return out + "no other router was heard since the engine started, but a Backup is silent\n";
  }
  out += "heard before, silent as a Backup is:";
  for (const wire::PeerStatus& peer : router.peers()) {
    out += fmt::format(" {} (priority {}, {:.2f} s ago)", peer.address(), peer.priority(),
                       static_cast<double>(peer.heard_ms_ago()) / 1000);
  }
  return out + "\n";
}

bool is_abandoned(const wire::MaintenanceOutcome& outcome) {
  return outcome.begun() && outcome.before() == wire::ROUTER_STATE_ACTIVE &&
         !outcome.has_successor();
}

std::string maintenance_result(const wire::RouterStatus& router,
                               const wire::MaintenanceOutcome& outcome) {
  const std::string& name = outcome.router();
  if (!outcome.begun()) {
    return fmt::format("{}: {}: {}\n", name, state_name(outcome.state()), outcome.cause());
  }
  if (outcome.before() != wire::ROUTER_STATE_ACTIVE) {
    return fmt::format("{}: was {}, stays down\n", name, state_name(outcome.before()));
  }
  if (is_abandoned(outcome)) {
    return fmt::format(
        "{0}: nobody was heard to take {1} within {2} ms: withdrawn all the same; "
        "`holdfast maintenance off {0}` brings it back\n",
        name, addresses_of(router), outcome.took_ms());
  }
  return fmt::format("{}: {} now at {} (priority {}), after {} ms\n", name, addresses_of(router),
                     outcome.successor().address(), outcome.successor().priority(),
                     outcome.took_ms());
}

}  // namespace holdfast::cli
