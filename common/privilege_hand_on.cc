// The part of giving up privileges that only a process that hands one on links.
#include <fmt/format.h>
#include <sys/prctl.h>

#include "common/privilege.h"

namespace holdfast {

Result<void> hand_on(int capability) {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0) return {};
  return system_failure(fmt::format("hand on capability {}", capability));
}

}  // namespace holdfast
