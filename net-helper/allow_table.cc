#include "net-helper/allow_table.h"

#include <algorithm>
#include <array>

namespace holdfast::net {
namespace {

struct Row {
  Phase phase;
  wire::EngineToHelper::BodyCase message;
};

constexpr std::array kAllowed = {
    Row{Phase::kGreeting, wire::EngineToHelper::kHello},
    Row{Phase::kServing, wire::EngineToHelper::kRequests},
};

}  // namespace

bool is_allowed(Phase phase, wire::EngineToHelper::BodyCase message) {
  return std::ranges::any_of(kAllowed, [phase, message](const Row& row) {
    return row.phase == phase && row.message == message;
  });
}

}  // namespace holdfast::net
