// The tables of /proc/PID/net: one row a socket, in as many layouts as there are families.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "cli/audit/proc_text.h"
#include "common/log.h"

namespace holdfast::cli::audit {
namespace {

using Use = SocketRow::Use;

struct Row {
  std::array<std::string_view, 10> words;
  size_t count = 0;
  std::string_view rest;  // behind the seventh word and one blank: a path
};

// At most ten words: no table needs more.
Row split(std::string_view line) {
  Row row;
  size_t at = line.find_first_not_of(' ');
  while (at != std::string_view::npos && row.count < row.words.size()) {
    const size_t end = std::min(line.find(' ', at), line.size());
    row.words[row.count++] = line.substr(at, end - at);
    constexpr size_t kBeforeAPath = 7;
    if (row.count == kBeforeAPath && end < line.size()) row.rest = line.substr(end + 1);
    at = line.find_first_not_of(' ', end);
  }
  return row;
}

uint64_t number(std::string_view text, int base = 10) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

// "0100007F:0019" or four such words: words of network order printed as numbers of this machine.
struct Endpoint {
  std::string address;
  uint64_t port = 0;
};

Endpoint endpoint(std::string_view text) {
  constexpr size_t kDigits = 8;
  const size_t colon = std::min(text.find(':'), text.size());
  std::array<uint32_t, 4> words{};
  const size_t count = std::min(colon / kDigits, words.size());
  for (size_t i = 0; i < count; ++i) {
    words[i] = static_cast<uint32_t>(number(text.substr(i * kDigits, kDigits), 16));
  }
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const int family = count == words.size() ? AF_INET6 : AF_INET;
  ::inet_ntop(family, words.data(), buffer.data(), buffer.size());
  Endpoint result{.address = buffer.data(), .port = 0};
  if (family == AF_INET6) result.address = "[" + result.address + "]";
  if (colon < text.size()) result.port = number(text.substr(colon + 1), 16);
  return result;
}

SocketRow unix_row(const Row& row) {
  SocketRow result{.kind = "unix", .use = Use::kNone, .text = "unix"};
  constexpr uint64_t kAccepts = 0x10000;
  const std::string path = row.rest.empty() ? "without a name" : log::printable(row.rest, 120);
  result.text = "unix " + path;
  const bool connected = row.words[5] == "03";
  if ((number(row.words[3], 16) & kAccepts) != 0 || (!connected && !row.rest.empty())) {
    result.use = Use::kListens;
  } else if (connected) {
    result.use = Use::kConnected;
  }
  return result;
}

SocketRow inet_row(std::string_view kind, const Row& row) {
  const Endpoint local = endpoint(row.words[1]);
  const Endpoint remote = endpoint(row.words[2]);
  SocketRow result{.kind = std::string(kind), .use = Use::kListens, .text = {}};
  if (kind.starts_with("raw")) {
    // What stands in the place of a port is the protocol.
    result.text = fmt::format("{} {} protocol {}", kind, local.address, local.port);
    return result;
  }
  result.text = fmt::format("{} {}:{}", kind, local.address, local.port);
  constexpr uint64_t kListen = 0x0a;
  if (remote.port != 0) {
    result.use = Use::kConnected;
    result.text += fmt::format(" to {}:{}", remote.address, remote.port);
  } else if (kind.starts_with("tcp") && number(row.words[3], 16) != kListen) {
    result.use = Use::kNone;
  }
  return result;
}

SocketRow packet_row(const Row& row) {
  const uint64_t protocol = number(row.words[3], 16);
  if (protocol == 0) return {.kind = "packet", .use = Use::kNone, .text = "packet, sends only"};
  return {.kind = "packet",
          .use = Use::kListens,
          .text = fmt::format("packet protocol 0x{:04x}", protocol)};
}

SocketRow netlink_row(const Row& row) {
  const uint64_t protocol = number(row.words[1]);
  // NETLINK_ROUTE is the one that some of ours may have.
  const std::string kind = protocol == 0 ? "netlink" : fmt::format("netlink-protocol-{}", protocol);
  const uint64_t groups = number(row.words[3], 16);
  return {.kind = kind,
          .use = groups == 0 ? Use::kNone : Use::kListens,
          .text = fmt::format("{} groups 0x{:x}", kind, groups)};
}

}  // namespace

void add_socket_rows(std::string_view kind, std::string_view text, SocketRows& rows) {
  constexpr size_t kUnixInode = 6;
  constexpr size_t kPacketInode = 8;
  constexpr size_t kInode = 9;
  const size_t inode_at = kind == "unix" ? kUnixInode : kind == "packet" ? kPacketInode : kInode;
  text.remove_prefix(std::min(text.find('\n'), text.size()));  // the heading
  while (!text.empty()) {
    text.remove_prefix(1);
    const size_t end = std::min(text.find('\n'), text.size());
    const Row row = split(text.substr(0, end));
    text.remove_prefix(end);
    if (row.count <= inode_at) continue;
    const uint64_t inode = number(row.words[inode_at]);
    rows.emplace(inode, kind == "unix"      ? unix_row(row)
                        : kind == "packet"  ? packet_row(row)
                        : kind == "netlink" ? netlink_row(row)
                                            : inet_row(kind, row));
  }
}

}  // namespace holdfast::cli::audit
