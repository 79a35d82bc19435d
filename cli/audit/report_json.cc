#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/audit/declared.h"
#include "cli/audit/report.h"

namespace holdfast::cli::audit {
namespace {

using nlohmann::json;

json names_of(uint64_t set) {
  json names = json::array();
  if (set == 0) return names;
  std::istringstream words(capability_names(set));
  for (std::string word; words >> word;) names.push_back(word);
  return names;
}

// null: not readable.
template <class T>
json value_or_null(const Result<T>& read) {
  return read ? json(*read) : json(nullptr);
}

json sockets_json(const Result<Sockets>& sockets) {
  if (!sockets) return nullptr;
  return {{"kinds", sockets->kinds},
          {"listening", sockets->listening},
          {"connected", sockets->connected}};
}

json process_json(const Snapshot& snapshot, const Process& process) {
  const Credentials& who = process.credentials;
  const CapabilitySets& sets = who.capabilities;
  json out{{"name", process_name(process)},
           {"pid", process.pid},
           {"judged", !is_free(process)},
           {"user", process.user},
           {"uids", who.uids},
           {"gids", who.gids},
           {"groups", who.groups},
           {"capabilities",
            {{"inheritable", names_of(sets.inheritable)},
             {"permitted", names_of(sets.permitted)},
             {"effective", names_of(sets.effective)},
             {"bounding", names_of(sets.bounding)},
             {"ambient", names_of(sets.ambient)}}},
           {"no_new_privs", who.no_new_privs},
           {"seccomp",
            {{"mode", who.seccomp_mode},
             {"filters", who.seccomp_filters},
             {"admitted", value_or_null(process.system_calls)},
             {"of", kSystemCalls}}},
           {"sockets", sockets_json(process.sockets)},
           {"open_files", value_or_null(process.open_files)},
           {"root", value_or_null(process.root)},
           {"writable", value_or_null(process.writable)}};
  out["namespaces"] = value_or_null(process.namespaces);
  out["other_namespaces"] =
      process.namespaces ? json(own_namespaces(snapshot, *process.namespaces)) : json(nullptr);
  return out;
}

json socket_json(const SocketFile& socket) {
  json out{{"name", socket.name}};
  if (!socket.owner) {
    out["not_readable"] = socket.owner.error().text;
    return out;
  }
  out["uid"] = socket.owner->uid;
  out["gid"] = socket.owner->gid;
  out["mode"] = fmt::format("{:04o}", socket.owner->mode);
  out["may_connect"] = who_may_connect(*socket.owner);
  return out;
}

}  // namespace

std::string audit_json(const Snapshot& snapshot, const std::vector<Deviation>& deviations) {
  json out{{"runtime_directory", snapshot.runtime_directory},
           {"started_by", snapshot.by_launcher ? "holdfast run" : "systemd"},
           {"processes", json::array()},
           {"scripts", json::array()},
           {"sockets", json::array()},
           {"allowed_messages", json::array()},
           {"policy", value_or_null(snapshot.policy)},
           {"not_readable", not_readable(snapshot)},
           {"deviations", json::array()}};
  for (const Process& process : snapshot.processes) {
    out["processes"].push_back(process_json(snapshot, process));
  }
  for (const Script& script : snapshot.scripts) {
    out["scripts"].push_back(
        {{"pid", script.pid}, {"of", part_name(script.of)}, {"command", script.command}});
  }
  for (const SocketFile& socket : snapshot.sockets) out["sockets"].push_back(socket_json(socket));
  for (const AllowedMessage& one : allowed_messages()) {
    out["allowed_messages"].push_back({{"from", one.from},
                                       {"to", one.to},
                                       {"phase", one.phase},
                                       {"message", one.message},
                                       {"otherwise", one.otherwise}});
  }
  for (const Deviation& one : deviations) {
    out["deviations"].push_back({{"where", one.where},
                                 {"what", one.what},
                                 {"declared", one.declared},
                                 {"actual", one.actual}});
  }
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace holdfast::cli::audit
