#include "common/user_namespace.h"

#include <cstdint>
#include <fstream>

namespace holdfast {

bool is_mapped_user(uid_t user) {
  // Lines of "first-inside first-outside count".
  std::ifstream map("/proc/self/uid_map");
  uint64_t inside = 0;
  uint64_t outside = 0;
  uint64_t count = 0;
  while (map >> inside >> outside >> count) {
    if (user >= inside && user - inside < count) return true;
  }
  return false;
}

std::vector<uid_t> shown_as(uid_t user) {
  constexpr uid_t kOverflowUser = 65534;  // as every distribution leaves it
  if (is_mapped_user(user)) return {user};
  return {user, kOverflowUser};
}

}  // namespace holdfast
