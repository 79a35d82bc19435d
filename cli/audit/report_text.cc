#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>

#include "cli/audit/declared.h"
#include "cli/audit/report.h"

namespace holdfast::cli::audit {
namespace {

constexpr const char* kUnreadable = "not readable as this user";

std::string counted(const std::map<std::string, unsigned>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    if (!text.empty()) text += ", ";
    text += count == 1 ? name : fmt::format("{} ({} times)", name, count);
  }
  return text.empty() ? "none" : text;
}

// The names of a few; --json has them all.
std::string set_text(uint64_t set) {
  constexpr int kNamed = 8;
  const int count = std::popcount(set);
  return count > kNamed ? fmt::format("{} of them", count) : capability_names(set);
}

std::string capabilities_text(const CapabilitySets& sets) {
  if (sets == CapabilitySets{}) return "none in any of the five sets";
  return fmt::format("effective {}, permitted {}, inheritable {}, bounding {}, ambient {}",
                     set_text(sets.effective), set_text(sets.permitted), set_text(sets.inheritable),
                     set_text(sets.bounding), set_text(sets.ambient));
}

std::string system_calls_text(const Process& process) {
  const Credentials& who = process.credentials;
  if (who.seccomp_mode == 0) return "seccomp off: every system call";
  const std::string admitted = process.system_calls
                                   ? fmt::format("{} of {}", *process.system_calls, kSystemCalls)
                                   : std::string(kUnreadable);
  return fmt::format("seccomp mode {}, filters {}, system calls admitted: {}", who.seccomp_mode,
                     who.seccomp_filters, admitted);
}

std::string namespaces_text(const Snapshot& snapshot, const Process& process) {
  if (!process.namespaces) return kUnreadable;
  const auto own = own_namespaces(snapshot, *process.namespaces);
  return own.empty() ? "ours" : fmt::format("other than ours: {}", fmt::join(own, " "));
}

void append_sockets(std::string& out, const Process& process) {
  if (!process.sockets) {
    out += fmt::format("  sockets       {}\n", kUnreadable);
    return;
  }
  std::string kinds;
  for (const auto& [kind, count] : process.sockets->kinds) {
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, kind);
  }
  out += fmt::format("  sockets       {}\n", kinds.empty() ? "none" : kinds);
  out += fmt::format("    listening   {}\n", counted(process.sockets->listening));
  out += fmt::format("    connected   {}\n", counted(process.sockets->connected));
}

std::string paths_text(const Result<std::vector<std::string>>& paths) {
  if (!paths) return kUnreadable;
  return paths->empty() ? "none" : fmt::format("{}", fmt::join(*paths, " "));
}

void append_deviations(std::string& out, const std::string& where,
                       const std::vector<Deviation>& deviations) {
  for (const Deviation& one : deviations) {
    if (one.where != where) continue;
    out += fmt::format("  DEVIATION     {}: declared {}; actual {}\n", one.what, one.declared,
                       one.actual);
  }
}

void append_process(std::string& out, const Snapshot& snapshot, const Process& process) {
  const Credentials& who = process.credentials;
  std::vector<uint32_t> others;
  std::ranges::copy_if(who.groups, std::back_inserter(others),
                       [&](uint32_t group) { return group != who.gids[0]; });
  out += fmt::format("process {}, pid {}\n", process_name(process), process.pid);
  out += fmt::format("  user          {}, group {}, other groups: {}\n", process.user, who.gids[0],
                     others.empty() ? "none" : fmt::format("{}", fmt::join(others, " ")));
  out += fmt::format("  capabilities  {}\n", capabilities_text(who.capabilities));
  out +=
      fmt::format("  no_new_privs  {}; {}\n", who.no_new_privs ? 1 : 0, system_calls_text(process));
  out += fmt::format("  namespaces    {}\n", namespaces_text(snapshot, process));
  append_sockets(out, process);
  out += fmt::format("  open files    {}\n",
                     process.open_files ? fmt::format("{}", *process.open_files) : kUnreadable);
  out += fmt::format("  root          {}\n", process.root ? *process.root : kUnreadable);
  out += fmt::format("  writes        {}\n", paths_text(process.writable));
}

void append_scripts(std::string& out, const Snapshot& snapshot) {
  for (const Script& script : snapshot.scripts) {
    out +=
        fmt::format("script of {}, pid {}: {}\n", part_name(script.of), script.pid, script.command);
  }
}

void append_boundary(std::string& out, const Snapshot& snapshot,
                     const std::vector<Deviation>& deviations) {
  out += "\nwho may connect\n";
  for (const SocketFile& socket : snapshot.sockets) {
    out += fmt::format("  {:<13} {}\n", socket.name,
                       socket.owner ? who_may_connect(*socket.owner)
                                    : fmt::format("not readable: {}", socket.owner.error().text));
    append_deviations(out, socket.name, deviations);
  }
  out += "\nwho may say what, and what becomes of the rest\n";
  for (const AllowedMessage& one : allowed_messages()) {
    out +=
        fmt::format("  {:<30} {:<10} {:<30} else {}\n", fmt::format("{} to {}", one.from, one.to),
                    one.phase, one.message, one.otherwise);
  }
  out += "\nwhat the compiled policy allows\n";
  if (!snapshot.policy) {
    out += fmt::format("  not readable: {}\n", snapshot.policy.error().text);
    return;
  }
  for (const std::string& line : *snapshot.policy) out += fmt::format("  {}\n", line);
}

}  // namespace

std::string who_may_connect(const SocketOwner& owner) {
  constexpr uint32_t kAll = 02;
  constexpr uint32_t kGroup = 020;
  const std::string mode = fmt::format("mode {:04o}", owner.mode);
  if ((owner.mode & kAll) != 0) return fmt::format("everybody ({})", mode);
  if ((owner.mode & kGroup) != 0) {
    return fmt::format("root, user {} and group {} ({})", owner.user, owner.group, mode);
  }
  if (owner.uid == 0) return fmt::format("root ({})", mode);
  return fmt::format("root and user {} ({})", owner.user, mode);
}

std::vector<std::string> own_namespaces(const Snapshot& snapshot, const Namespaces& of) {
  std::vector<std::string> names;
  for (const auto& [name, id] : of) {
    const auto ours = snapshot.own_namespaces.find(name);
    if (ours == snapshot.own_namespaces.end() || ours->second != id) names.push_back(name);
  }
  return names;
}

std::vector<std::string> not_readable(const Snapshot& snapshot) {
  std::vector<std::string> all;
  const auto note = [&all](const std::string& where, const char* what, const auto& read) {
    if (!read) all.push_back(fmt::format("{}: {}: {}", where, what, read.error().text));
  };
  for (const Process& process : snapshot.processes) {
    const std::string where = process_name(process);
    note(where, "system calls", process.system_calls);
    note(where, "namespaces", process.namespaces);
    note(where, "sockets", process.sockets);
    note(where, "open files", process.open_files);
    note(where, "root", process.root);
    note(where, "writable paths", process.writable);
  }
  for (const SocketFile& socket : snapshot.sockets) note(socket.name, "owner", socket.owner);
  note("net.pb", "policy", snapshot.policy);
  return all;
}

std::string audit_text(const Snapshot& snapshot, const std::vector<Deviation>& deviations) {
  std::string out = fmt::format("suite of {}, started by {}\n", snapshot.runtime_directory,
                                snapshot.by_launcher ? "holdfast run" : "systemd");
  for (const Process& process : snapshot.processes) {
    append_process(out, snapshot, process);
    if (is_free(process)) out += "  not judged    it is not confined\n";
    append_deviations(out, process_name(process), deviations);
  }
  for (const Declared& declared : kDeclared) {
    if (snapshot.find(declared.part) != nullptr || is_optional(declared.part)) continue;
    out += fmt::format("process {}\n", part_name(declared.part));
    append_deviations(out, part_name(declared.part), deviations);
  }
  append_scripts(out, snapshot);
  append_boundary(out, snapshot, deviations);
  const auto reasons = not_readable(snapshot);
  if (!reasons.empty()) out += fmt::format("\nnot readable\n  {}\n", fmt::join(reasons, "\n  "));
  const size_t unread = reasons.size();
  out += fmt::format("\n{} deviation{} from what is declared", deviations.size(),
                     deviations.size() == 1 ? "" : "s");
  if (unread > 0)
    out +=
        fmt::format("; {} {} {}", unread, unread == 1 ? "thing was" : "things were", kUnreadable);
  return out + "\n";
}

}  // namespace holdfast::cli::audit
