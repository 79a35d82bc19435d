// What the engine's tests share: a router's settings, times, and reading of actions.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vrrp-engine/engine.h"
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

// What an engine asked for, a line each.
class RecordingPort : public EnginePort {
 public:
  void hold(RouterId id, const HoldAction& a) override {
    lines.push_back(fmt::format("hold {} {}", id, a.priority));
  }
  void resign(RouterId id, Duration linger) override {
    lines.push_back(fmt::format("resign {} {}", id, linger.count() > 0 ? "linger" : "now"));
  }
  void withdraw(RouterId id) override { lines.push_back(fmt::format("withdraw {}", id)); }
  void transition(const RouterSettings& r, const TransitionAction& a) override {
    lines.push_back(fmt::format("{} -> {}", r.name, state_name(a.to)));
  }
  void priority_changed(const RouterSettings&, const PriorityAction& a) override {
    lines.push_back(a.cause);
  }
  void packet_refused(const RouterSettings&, Ipv4, Rung rung, uint64_t suppressed) override {
    lines.push_back(fmt::format("refused {} +{}", rung_name(rung), suppressed));
  }
  void other_interval(const RouterSettings&, const Advertisement&, uint64_t) override {
    lines.emplace_back("other interval");
  }
  void other_addresses(const RouterSettings&, Ipv4, uint64_t) override {
    lines.emplace_back("other addresses");
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
};

}  // namespace holdfast::vrrp::testing
