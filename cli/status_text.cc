#include "cli/status_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace holdfast::cli {
namespace {

using nlohmann::json;

// "42 s", "3 min 5 s", "2 h 10 min", "5 d 3 h".
std::string ago(uint64_t since_ms, uint64_t now_ms) {
  if (since_ms == 0 || now_ms < since_ms) return "0 s";
  const uint64_t seconds = (now_ms - since_ms) / 1000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds % 86400 / 3600);
}

void append_router(std::string& out, const wire::RouterStatus& router, uint64_t now) {
  out += fmt::format("router {}: {} for {}\n", router.name(), state_name(router.state()),
                     ago(router.since_unix_ms(), now));
  out += fmt::format("  why       {}\n", router.cause());
  out +=
      fmt::format("  priority  {} (base {})", router.effective_priority(), router.base_priority());
  if (!router.priority_cause().empty()) out += fmt::format(": {}", router.priority_cause());
  out += fmt::format("\n  link      {}, VRID {}, VRRPv{}\n", router.interface(), router.vrid(),
                     router.version());
  for (const std::string& address : router.addresses()) {
    out +=
        fmt::format("  address   {}{}\n", address, router.holds_addresses() ? " (held here)" : "");
  }
  for (const wire::PeerStatus& peer : router.peers()) {
    out += fmt::format("  peer      {} priority {}, heard {:.2f} s ago, {} advertisements\n",
                       peer.address(), peer.priority(),
                       static_cast<double>(peer.heard_ms_ago()) / 1000, peer.advertisements());
  }
  for (const wire::Counter& counter : router.counters()) {
    if (counter.name() == "accepted") continue;
    const std::string& name = counter.name();
    const bool heard = name.starts_with("other_") || name.starts_with("checksum_");
    out += fmt::format("  {}   {} {}\n", heard ? "counted" : "refused", counter.value(), name);
  }
}

void append_processes(std::string& out, const wire::ProcessTable& table, uint64_t now) {
  for (const wire::Process& process : table.processes()) {
    if (process.pid() == 0) {
      out += fmt::format("process {:<12} not running", process.name());
    } else {
      out += fmt::format("process {:<12} pid {}, user {}, up {}", process.name(), process.pid(),
                         process.uid(), ago(process.started_unix_ms(), now));
    }
    out += fmt::format(", {} restarts", process.restarts());
    if (!process.last_end().empty()) out += fmt::format(" (the last one {})", process.last_end());
    if (!process.status().empty()) out += fmt::format(": {}", process.status());
    out += '\n';
  }
  if (!table.last_reload().empty()) out += fmt::format("last reload: {}\n", table.last_reload());
}

json router_json(const wire::RouterStatus& router) {
  json out{{"name", router.name()},
           {"state", state_name(router.state())},
           {"since_unix_ms", router.since_unix_ms()},
           {"cause", router.cause()},
           {"base_priority", router.base_priority()},
           {"effective_priority", router.effective_priority()},
           {"priority_cause", router.priority_cause()},
           {"interface", router.interface()},
           {"vrid", router.vrid()},
           {"version", router.version()},
           {"holds_addresses", router.holds_addresses()},
           {"transitions", router.transitions()},
           {"in_maintenance", router.in_maintenance()},
           {"addresses", json::array()},
           {"peers", json::array()},
           {"counters", json::object()}};
  for (const std::string& address : router.addresses()) out["addresses"].push_back(address);
  for (const wire::PeerStatus& peer : router.peers()) {
    out["peers"].push_back({{"address", peer.address()},
                            {"priority", peer.priority()},
                            {"heard_ms_ago", peer.heard_ms_ago()},
                            {"advertisements", peer.advertisements()}});
  }
  for (const wire::Counter& counter : router.counters()) {
    out["counters"][counter.name()] = counter.value();
  }
  return out;
}

json process_json(const wire::Process& process) {
  return {{"name", process.name()},         {"pid", process.pid()},
          {"uid", process.uid()},           {"started_unix_ms", process.started_unix_ms()},
          {"restarts", process.restarts()}, {"last_end", process.last_end()},
          {"status", process.status()}};
}

}  // namespace

std::string_view state_name(wire::RouterState state) {
  switch (state) {
    case wire::ROUTER_STATE_INITIALIZE:
      return "Initialize";
    case wire::ROUTER_STATE_BACKUP:
      return "Backup";
    case wire::ROUTER_STATE_ACTIVE:
      return "Active";
    case wire::ROUTER_STATE_FAULT:
      return "Fault";
    case wire::ROUTER_STATE_STOPPED:
      return "Stopped";
    default:
      return "unknown";
  }
}

std::string status_text(const Status& status, uint64_t now) {
  std::string out;
  if (status.engine) {
    const wire::StatusReply& engine = *status.engine;
    for (const wire::RouterStatus& router : engine.routers()) append_router(out, router, now);
    for (const wire::CheckStatus& check : engine.checks()) {
      out += fmt::format("check {}: {}{}\n", check.name(),
                         !check.known()    ? "no result yet"
                         : check.passing() ? "passes"
                                           : "fails: ",
                         check.known() && !check.passing() ? check.cause() : "");
    }
    if (!engine.helper_connected()) out += "vrrp-engine waits for net-helper\n";
    if (!engine.checker_connected()) out += "vrrp-engine waits for the checker\n";
    if (!engine.notifier_connected()) out += "vrrp-engine waits for the notifier\n";
  } else {
    out += fmt::format("vrrp-engine does not answer: {}\n", status.engine_error);
  }
  if (status.processes) append_processes(out, *status.processes, now);
  return out;
}

std::string status_json(const Status& status, uint64_t now) {
  json out{{"now_unix_ms", now},
           {"routers", json::array()},
           {"checks", json::array()},
           {"processes", json::array()}};
  if (status.engine) {
    const wire::StatusReply& engine = *status.engine;
    out["generation"] = fmt::format("{:016x}", engine.generation());
    out["system_name"] = engine.system_name();
    out["helper_connected"] = engine.helper_connected();
    out["checker_connected"] = engine.checker_connected();
    out["notifier_connected"] = engine.notifier_connected();
    for (const wire::RouterStatus& router : engine.routers()) {
      out["routers"].push_back(router_json(router));
    }
    for (const wire::CheckStatus& check : engine.checks()) {
      out["checks"].push_back({{"name", check.name()},
                               {"known", check.known()},
                               {"passing", check.passing()},
                               {"cause", check.cause()}});
    }
  } else {
    out["engine_error"] = status.engine_error;
  }
  if (status.processes) {
    out["launcher_pid"] = status.processes->launcher_pid();
    out["configuration"] = status.processes->configuration();
    out["last_reload"] = status.processes->last_reload();
    for (const wire::Process& process : status.processes->processes()) {
      out["processes"].push_back(process_json(process));
    }
  }
  // Bytes that are no UTF-8 (a name in an old configuration) become the replacement character.
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace holdfast::cli
