// The files of /proc as text made values. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/audit/snapshot.h"

namespace holdfast::cli::audit {

// /proc/PID/status. An error: a line that is needed is not there.
Result<Credentials> parse_status(std::string_view text);

// /proc/PID/stat: the parent, and the start in clock ticks since boot.
struct Stat {
  pid_t parent = 0;
  uint64_t started = 0;
};
Result<Stat> parse_stat(std::string_view text);

// A row of /proc/PID/net/*.
struct SocketRow {
  enum class Use : uint8_t { kNone, kListens, kConnected };
  std::string kind;
  Use use = Use::kNone;
  std::string text;  // "tcp 127.0.0.1:25 to 127.0.0.1:40000"; printable
};
using SocketRows = std::map<uint64_t, SocketRow>;  // by inode

// `kind` is the file's name: unix, netlink, packet, raw, tcp, udp, icmp, or one of these with 6.
void add_socket_rows(std::string_view kind, std::string_view text, SocketRows& rows);

// /proc/PID/mountinfo.
struct Mount {
  std::string point;
  bool writable = false;
};
std::vector<Mount> parse_mounts(std::string_view text);
// Whether the mount that an absolute path lies in is writable.
bool is_mounted_writable(const std::vector<Mount>& mounts, std::string_view path);

// By owner and mode alone, and by DAC_OVERRIDE.
bool may_write(const Credentials& who, uint32_t owner, uint32_t group, uint32_t mode);

}  // namespace holdfast::cli::audit
