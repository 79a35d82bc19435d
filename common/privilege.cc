#include "common/privilege.h"

#include <cap-ng.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <tuple>

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
// it already: ambient capabilities survive an exec with an empty bounding set. What is handed on
// stays in it: what is in neither the bounding nor the inheritable set cannot become inheritable
// (capset(2)).
void empty_bounding_set(const Confinement& confinement) {
  if (!has_capability(CAP_SETPCAP)) return;
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    if (confinement.handed_on && contains(confinement.capabilities, capability)) continue;
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

// A unit's filter may refuse capset(2). Then systemd has done it already, but for its ambient
// capabilities in the inheritable set, where they do nothing under no_new_privs: so it is
// verify() that has the last word.
Result<void> keep_only(const Confinement& confinement) {
  const int sets =
      CAPNG_EFFECTIVE | CAPNG_PERMITTED | (confinement.handed_on ? CAPNG_INHERITABLE : 0);
  capng_clear(CAPNG_SELECT_CAPS);
  for (const int capability : confinement.capabilities) {
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(sets), static_cast<unsigned>(capability));
  }
  std::ignore = capng_apply(CAPNG_SELECT_CAPS);
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
    return system_failure("clear the ambient capabilities");
  }
  return {};
}

Result<void> verify(std::span<const int> keep) {
  if (capng_get_caps_process() != 0) return failure("the capabilities cannot be read");
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    const int wanted = contains(keep, capability) ? 1 : 0;
    for (const capng_type_t set : {CAPNG_PERMITTED, CAPNG_EFFECTIVE}) {
      if (capng_have_capability(set, static_cast<unsigned>(capability)) == wanted) continue;
      return failure(fmt::format("{} is {} after the drop", capability_name(capability),
                                 wanted == 1 ? "missing" : "still there"));
    }
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
  empty_bounding_set(confinement);
  if (const auto kept = keep_only(confinement); !kept) return kept;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return system_failure("no_new_privs");
  if (const auto limited = confinement.limit_system_calls(); !limited) return limited;
  return verify(confinement.capabilities);
}

}  // namespace holdfast
