// The engine's configuration as checked values. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/ipv4.h"
#include "common/vrrp_message.h"

namespace holdfast::compiled {
class EngineConfig;
}

namespace holdfast::vrrp {

using RouterId = uint32_t;
using CheckId = uint32_t;

struct TrackerSettings {
  CheckId check = 0;
  std::string name;  // the check's, for causes
  int weight = 0;    // -253..253; 0: a failure is a fault
  bool reverse = false;

  bool operator==(const TrackerSettings&) const = default;
};

struct AddressSettings {
  Ipv4 address;
  uint32_t prefix_length = 32;
  std::string interface;

  bool operator==(const AddressSettings&) const = default;
};

// How an Active announces its addresses.
struct GratuitousArpSettings {
  uint32_t repeat = 1;  // frames an address in a batch
  Duration delay{};     // from the first batch to the second; 0: no second one
  Duration refresh{};   // from one periodic batch to the next; 0: none
  uint32_t refresh_repeat = 1;

  bool operator==(const GratuitousArpSettings&) const = default;
};

struct RouterSettings {
  RouterId id = 0;
  std::string name;
  std::string interface;
  uint8_t vrid = 0;
  uint8_t version = 2;
  uint8_t priority = 100;
  Duration advert_interval = std::chrono::seconds(1);
  unsigned down_timer_adverts = 3;
  bool preempt = true;
  Duration preempt_delay{};
  bool starts_eager = false;
  uint8_t auth_type = kAuthNone;
  AuthData auth_data{};
  std::vector<AddressSettings> addresses;
  std::vector<TrackerSettings> trackers;
  Ipv4 multicast_group;
  GratuitousArpSettings garp;

  bool operator==(const RouterSettings&) const = default;
};

struct CheckSettings {
  CheckId id = 0;
  std::string name;
};

struct EngineSettings {
  uint64_t generation = 0;
  std::string system_name;
  std::vector<CheckSettings> checks;
  std::vector<RouterSettings> routers;
};

// Refuses the whole when one value is out of its range or refers to nothing.
Result<EngineSettings> settings_from(const compiled::EngineConfig& config);

}  // namespace holdfast::vrrp
