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

// A unit's filter may refuse capset(2). Then systemd has done it already, but for its ambient
// capabilities in the inheritable set, where they do nothing under no_new_privs: so it is this that
// has the last word.
Result<void> verify(const Confinement& wanted) {
  if (capng_get_caps_process() != 0) return failure("the capabilities cannot be read");
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    const bool kept =
        std::ranges::find(wanted.capabilities, capability) != wanted.capabilities.end();
    for (const capng_type_t set : {CAPNG_PERMITTED, CAPNG_EFFECTIVE, CAPNG_AMBIENT}) {
      const bool there = capng_have_capability(set, static_cast<unsigned>(capability)) != 0;
      if (there == (kept && (set != CAPNG_AMBIENT || wanted.handed_on))) continue;
      return failure(fmt::format("{} is {} after the drop", capability_name(capability),
                                 there ? "still there" : "missing"));
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
    return failure(fmt::format("started without {}: start it by `holdfast run` or its systemd unit",
                               capability_name(capability)));
  }
  // Lowering the bounding set needs CAP_SETPCAP; libcap-ng would complain to syslog. Who starts us
  // (`holdfast run`, systemd) has lowered it already.
  const int select = CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT |
                     (has_capability(CAP_SETPCAP) ? CAPNG_SELECT_BOUNDS : 0);
  const unsigned handed_on = CAPNG_INHERITABLE | CAPNG_BOUNDING_SET | CAPNG_AMBIENT;
  const unsigned sets = CAPNG_PERMITTED | CAPNG_EFFECTIVE | (confinement.handed_on ? handed_on : 0);
  capng_clear(CAPNG_SELECT_ALL);
  for (const int capability : confinement.capabilities) {
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(sets), static_cast<unsigned>(capability));
  }
  std::ignore = capng_apply(static_cast<capng_select_t>(select));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return system_failure("no_new_privs");
  if (const auto limited = confinement.limit_system_calls(); !limited) return limited;
  return verify(confinement);
}

}  // namespace holdfast
