// Which message the engine may send in which phase of its connection. Whatever the table does not
// allow closes the peer.
#pragma once

#include <cstdint>

#include "net.pb.h"

namespace holdfast::net {

enum class Phase : uint8_t {
  kGreeting,  // connected, nothing said yet
  kServing,   // the hellos are exchanged
};

bool is_allowed(Phase phase, wire::EngineToHelper::BodyCase message);

}  // namespace holdfast::net
