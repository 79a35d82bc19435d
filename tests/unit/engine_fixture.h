// What the engine's tests share: a router's settings, times, and reading of actions.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "vrrp-engine/router.h"

namespace holdfast::vrrp::testing {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Times are given as seconds since an arbitrary moment that is not zero.
inline TimePoint at(double seconds) {
  return TimePoint(1000s) +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

inline constexpr LinkView kUp{.exists = true, .running = true, .primary = Ipv4{0x0a000001}};
inline constexpr Ipv4 kLower{0x0a000000};   // a peer below our address
inline constexpr Ipv4 kHigher{0x0a000002};  // a peer above it

inline RouterSettings settings(uint8_t priority = 100) {
  return {.id = 7,
          .name = "myr",
          .interface = "eth0",
          .vrid = 51,
          .priority = priority,
          .addresses = {{Ipv4{0x0a000064}, 24, "eth0"}},
          .trackers = {},
          .multicast_group = Ipv4{0xe0000012},
          .garp = {.repeat = 5}};
}

inline Advertisement advert(uint8_t priority, Ipv4 source, TimePoint received) {
  return {.source = source,
          .priority = priority,
          .received_at = received,
          .interval = std::chrono::seconds(1)};
}

template <class Kind>
const Kind* find(const Actions& actions) {
  for (const Action& action : actions) {
    if (const auto* found = std::get_if<Kind>(&action)) return found;
  }
  return nullptr;
}

template <class Kind>
bool has(const Actions& actions) {
  return find<Kind>(actions) != nullptr;
}

}  // namespace holdfast::vrrp::testing
