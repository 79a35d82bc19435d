// notifier.pb as values: whom to tell, and how. Cores see this, never the compiled message.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/command_form.h"
#include "common/error.h"

namespace holdfast::notifier {

// A state that somebody is told about. INITIALIZE is none: nothing runs for it.
enum class State : uint8_t { kActive, kBackup, kFault, kStopped };

// What keepalived's scripts get as third argument: MASTER, BACKUP, FAULT, STOP.
std::string_view state_word(State state);

struct Router {
  uint32_t id = 0;
  std::string name;
  // Empty: nothing runs. Apart from the router, because thousands of routers have few commands.
  std::unique_ptr<const CommandForm> on_active;
  std::unique_ptr<const CommandForm> on_backup;
  std::unique_ptr<const CommandForm> on_fault;
  std::unique_ptr<const CommandForm> on_stopped;
  std::unique_ptr<const CommandForm> on_any;  // the generic `notify`
  bool smtp_alert = false;
};

struct MailSettings {
  std::string server;  // empty: no mail can be sent
  uint16_t port = 25;
  Duration connect_timeout = std::chrono::seconds(30);
  std::string helo_name;        // a host name; also the domain of each Message-ID
  std::string from;             // as it stands in the header
  std::vector<std::string> to;  // likewise; each has an envelope address
  std::string router_id;
  bool usable() const { return !server.empty() && !to.empty(); }
};

struct Settings {
  uint64_t generation = 0;
  std::map<uint32_t, Router> routers;
  MailSettings mail;
  Duration script_timeout = std::chrono::seconds(60);  // also what 0 in the file means
  std::vector<std::string> warnings;                   // what was left out, and why
};

// An error says which router and which command; the caller keeps the settings that it has.
Result<Settings> read_settings(const std::string& path);

// The address between the angle brackets, or all of it if there are none. Nothing if it could not
// stand in an SMTP command: empty, white space, control or non-ASCII bytes, brackets inside.
std::optional<std::string> envelope_address(std::string_view header_address);

// Fit for a URL and an SMTP greeting: letters, digits, and `.-_:` (which an IPv6 address has).
bool is_host(std::string_view name);

// What runs for one transition, in order: the state's own command, then the generic one with
// INSTANCE NAME STATE PRIORITY appended.
std::vector<ScriptCommand> commands_for(const Router& router, State state, uint32_t priority);

}  // namespace holdfast::notifier
