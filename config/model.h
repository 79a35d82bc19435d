// What a configuration says, before it is checked as a whole: values with their places.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "common/ipv4.h"
#include "config/command.h"
#include "config/source.h"

namespace holdfast::config {

using Micros = std::chrono::microseconds;

// A value and where it was set; not set (no place) it is the default.
template <class T>
struct Setting {
  T value{};
  Place place;

  bool is_set() const { return static_cast<bool>(place); }
};

// What an instance says itself, or else what global_defs says for all.
template <class T>
const Setting<T>& own_or_general(const Setting<T>& own, const Setting<T>& general) {
  return own.is_set() ? own : general;
}

struct Statement;

struct GratuitousArpSettings {
  Setting<int64_t> delay_s;
  Setting<int64_t> repeat;
  Setting<int64_t> refresh_s;
  Setting<int64_t> refresh_repeat;
};

struct MailSettings {
  std::vector<Setting<std::string>> to;
  Setting<std::string> from;
  Setting<std::string> server;
  Setting<int64_t> port{25, {}};
  Setting<Micros> connect_timeout{std::chrono::seconds(30), {}};
  Setting<std::string> helo_name;
};

// `USER [GROUP]` behind a command, in `user` or in `script_user`.
struct RunAs {
  Setting<std::string> user;
  Setting<std::string> group;
};

struct Global {
  MailSettings mail;
  Setting<std::string> router_id;
  RunAs script_user;
  Setting<Ipv4> multicast_group{Ipv4{0xe0000012}, {}};  // 224.0.0.18
  GratuitousArpSettings garp{{5, {}}, {5, {}}, {0, {}}, {1, {}}};
  Setting<bool> minimal_garp;  // one message and no second batch, where nothing else is set
  Setting<bool> smtp_alert;
  Setting<bool> smtp_alert_vrrp;
  Setting<int64_t> down_timer_adverts{3, {}};
  Setting<int64_t> version{2, {}};
  Setting<bool> v3_checksum_as_v2;
};

struct Keyword;

// Which keywords a block names, right or wrong; a block inside of it only if it holds something.
// Sorted; blocks alike share one.
using Contents = std::vector<const Keyword*>;

struct Script {
  const Contents* contents = nullptr;  // null: what it does not name may stand elsewhere
  Setting<std::string> name;
  Setting<Command> command;
  RunAs run_as;  // not set: global_defs
  Setting<Micros> interval{std::chrono::seconds(1), {}};
  Setting<Micros> timeout;  // not set: the interval
  Setting<int64_t> weight;
  bool reverse = false;
  Setting<int64_t> rise{1, {}};
  Setting<int64_t> fall{1, {}};
};

struct VirtualAddress {
  Setting<Ipv4> address;
  int64_t prefix_length = 32;
  bool has_prefix = true;
  Setting<std::string> device;  // not set: the instance's interface
};

struct TrackedScript {
  Setting<std::string> name;
  Setting<int64_t> weight;  // not set: the script's own, with its `reverse`
  bool reverse = false;
};

struct TrackedInterface {
  Setting<std::string> name;
  Setting<int64_t> weight;
};

struct AuthenticationSettings {
  Place place;                         // of the block, if there is one
  const Contents* contents = nullptr;  // as a script's
  Setting<std::string> type;
  Setting<std::string> pass;
  bool pass_is_cut = false;  // by a comment sign
};

enum class NotifyEvent : uint8_t { kMaster, kBackup, kFault, kStop, kAny };

struct NotifyCommand {
  NotifyEvent event;
  Setting<Command> command;
  RunAs run_as;  // not set: global_defs
};

struct Instance {
  const Contents* contents = nullptr;  // as a script's
  Setting<std::string> name;
  Setting<std::string> state;
  Setting<std::string> interface;
  Setting<int64_t> vrid;
  Setting<int64_t> priority;  // not set: 100, or 255 with `state MASTER`
  Setting<Micros> advert_interval{std::chrono::seconds(1), {}};
  Setting<bool> nopreempt;
  Setting<Micros> preempt_delay;
  Setting<int64_t> down_timer_adverts;  // not set: global_defs
  Setting<int64_t> version;             // not set: global_defs
  Setting<bool> v3_checksum_as_v2;      // not set: global_defs
  Setting<Ipv4> multicast_group;        // not set: global_defs
  bool is_ipv6 = false;                 // reported
  Setting<bool> strict;                 // not set: global_defs; for lints
  Place unicast;                        // of `unicast_peer`; for lints
  AuthenticationSettings authentication;
  std::vector<VirtualAddress> addresses;
  std::vector<VirtualAddress> excluded_addresses;
  std::vector<TrackedScript> tracked;
  std::vector<TrackedInterface> tracked_interfaces;
  GratuitousArpSettings garp;         // not set: global_defs
  std::vector<NotifyCommand> notify;  // each event once
  Setting<bool> smtp_alert;

  bool starts_as_master() const { return state.value == "MASTER"; }
  int64_t base_priority() const {
    if (priority.is_set()) return priority.value;
    return starts_as_master() ? 255 : 100;
  }
};

inline bool speaks_version_3(const Global& global, const Instance& instance) {
  return own_or_general(instance.version, global.version).value == 3;
}

struct Model {
  // For statements_named(), for as long as it is being compiled.
  const std::vector<Statement>* statements = nullptr;
  Global global;
  std::set<Contents> contents;
  std::deque<Script> scripts;
  std::deque<Instance> instances;
};

}  // namespace holdfast::config
