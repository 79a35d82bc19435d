#include "common/privilege.h"

#include <cap-ng.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include <algorithm>

#include "common/system_calls.h"

namespace holdfast {
namespace {

std::string capability_name(int capability) {
  const char* name = capng_capability_to_name(static_cast<unsigned>(capability));
  return name != nullptr ? fmt::format("CAP_{}", name) : fmt::format("capability {}", capability);
}

bool contains(std::span<const int> set, int capability) {
  return std::ranges::find(set, capability) != set.end();
}

// Lowering the bounding set needs CAP_SETPCAP. Who starts us (`holdfast run`, systemd) has emptied
// it already: ambient capabilities survive an exec with an empty bounding set.
// `inherited` stays in it: what is in neither the bounding nor the inheritable set cannot become
// inheritable (capset(2)).
void empty_bounding_set(std::span<const int> inherited) {
  if (capng_get_caps_process() != 0) return;
  if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 0) return;
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    if (contains(inherited, capability)) continue;
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

bool holds_exactly(std::span<const int> keep) {
  if (capng_get_caps_process() != 0) return false;
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    const auto number = static_cast<unsigned>(capability);
    const int wanted = contains(keep, capability) ? 1 : 0;
    if (capng_have_capability(CAPNG_PERMITTED, number) != wanted) return false;
    if (capng_have_capability(CAPNG_EFFECTIVE, number) != wanted) return false;
  }
  return true;
}

Result<void> set_capabilities(std::span<const int> keep, std::span<const int> inherited) {
  capng_clear(CAPNG_SELECT_CAPS);
  for (const int capability : keep) {
    const auto number = static_cast<unsigned>(capability);
    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, number);
    capng_update(CAPNG_ADD, CAPNG_PERMITTED, number);
    if (contains(inherited, capability)) capng_update(CAPNG_ADD, CAPNG_INHERITABLE, number);
  }
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return system_failure("set the capability sets");
  return {};
}

Result<void> keep_only(std::span<const int> keep, std::span<const int> inherited) {
  // A unit's filter may refuse capset(2). Then systemd has done it already, but for its ambient
  // capabilities in the inheritable set, where they do nothing under no_new_privs.
  const auto set = set_capabilities(keep, inherited);
  if (!set && !holds_exactly(keep)) return set;
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
    return system_failure("clear the ambient capabilities");
  }
  for (const int capability : inherited) {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) {
      return system_failure("hand on " + capability_name(capability));
    }
  }
  return {};
}

Result<void> verify(std::span<const int> keep) {
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    const bool wanted = contains(keep, capability);
    if (has_capability(capability) == wanted) continue;
    return failure(fmt::format("{} is {} after the drop", capability_name(capability),
                               wanted ? "missing" : "still there"));
  }
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return failure("no_new_privs is not set");
  return {};
}

}  // namespace

bool has_capability(int capability) {
  return capng_get_caps_process() == 0 &&
         capng_have_capability(CAPNG_PERMITTED, static_cast<unsigned>(capability)) != 0;
}

Result<void> confine(const Confinement& confinement) {
  for (const int capability : confinement.capabilities) {
    if (has_capability(capability)) continue;
    return failure(
        fmt::format("started without {}: start it with `holdfast run` as root, or "
                    "with its systemd unit",
                    capability_name(capability)));
  }
  empty_bounding_set(confinement.inherited);
  if (const auto kept = keep_only(confinement.capabilities, confinement.inherited); !kept) {
    return kept;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return system_failure("no_new_privs");
  if (const auto limited = limit_system_calls(confinement.system_calls); !limited) return limited;
  return verify(confinement.capabilities);
}

}  // namespace holdfast
