// What `holdfast audit` read of the running suite, as values: the judging and the text work on it.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/error.h"

namespace holdfast::cli::audit {

// The launcher is `holdfast run`; the runner is the checker's, with the right to send signal 0. Of
// the runners of users there may be several.
enum class Part : uint8_t {
  kNetHelper,
  kEngine,
  kChecker,
  kNotifier,
  kRunner,
  kUserRunner,
  kLauncher
};
constexpr size_t kParts = 7;
const char* part_name(Part part);

struct CapabilitySets {
  uint64_t inheritable = 0;
  uint64_t permitted = 0;
  uint64_t effective = 0;
  uint64_t bounding = 0;
  uint64_t ambient = 0;
  bool operator==(const CapabilitySets&) const = default;
};

// Of /proc/PID/status, which everybody may read. Ids: real, effective, saved, file system.
struct Credentials {
  std::array<uint32_t, 4> uids{};
  std::array<uint32_t, 4> gids{};
  std::vector<uint32_t> groups;
  CapabilitySets capabilities;
  bool no_new_privs = false;
  unsigned seccomp_mode = 0;  // 2: filters
  unsigned seccomp_filters = 0;
};

struct Sockets {
  std::map<std::string, unsigned> kinds;      // "unix", "raw", "netlink", ... -> how many
  std::map<std::string, unsigned> listening;  // "unix /run/holdfast/net.sock" -> how many
  std::map<std::string, unsigned> connected;
};

using Namespaces = std::map<std::string, std::string>;  // "net" -> "net:[4026531840]"

// An error says that the kernel does not tell this user, in its words. Nothing is guessed.
struct Process {
  Part part = Part::kEngine;
  pid_t pid = 0;
  std::string user;  // name and number, or the number
  Credentials credentials;
  Result<unsigned> system_calls = 0U;  // admitted by all filters, of kSystemCalls
  Result<Namespaces> namespaces;
  Result<Sockets> sockets;
  Result<unsigned> open_files = 0U;
  Result<std::string> root;
  Result<std::vector<std::string>> writable;  // of the paths that are looked at
};

// A program that the checker, the notifier or a runner runs.
struct Script {
  pid_t pid = 0;
  Part of = Part::kChecker;
  std::string command;  // printable
};

struct SocketOwner {
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t mode = 0;  // permission bits
  bool is_socket = true;
  std::string user;
  std::string group;
};

struct SocketFile {
  std::string name;  // "net.sock"
  Result<SocketOwner> owner;
};

struct Snapshot {
  bool by_launcher = false;  // `holdfast run`; otherwise the service manager
  std::string runtime_directory;
  Namespaces own_namespaces;  // ours, who look
  std::vector<Process> processes;
  std::vector<Script> scripts;
  std::vector<SocketFile> sockets;
  Result<std::vector<std::string>> policy;  // what the engine may do, a line a router
  const Process* find(Part part) const;
};

// As reports call it: "checker", "runner of app (1000)".
std::string process_name(const Process& process);
// Neither confined nor judged: the launcher, and the runner of root, which an administrator wanted.
bool is_free(const Process& process);

}  // namespace holdfast::cli::audit
