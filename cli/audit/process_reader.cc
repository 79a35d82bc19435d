#include "cli/audit/process_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include "cli/audit/declared.h"
#include "cli/audit/proc_text.h"
#include "cli/audit/seccomp_reader.h"
#include "common/log.h"
#include "common/read_file.h"
#include "common/unique_fd.h"

namespace holdfast::cli::audit {
namespace {

constexpr size_t kProcBytesMax = 16U << 20U;

std::string proc_path(pid_t pid, const std::string& name) {
  return fmt::format("/proc/{}/{}", pid, name);
}

Result<std::string> read_link(const std::string& path) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t size = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (size < 0) return failure(error_text(errno));
  return std::string(buffer.data(), static_cast<size_t>(size));
}

Result<std::vector<std::string>> list(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
  if (!directory) return failure(error_text(errno));
  std::vector<std::string> names;
  // Nobody else reads this stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  return names;
}

Result<Namespaces> read_namespaces(const std::string& directory) {
  const auto names = list(directory);
  if (!names) return std::unexpected(names.error());
  Namespaces result;
  for (const std::string& name : *names) {
    if (name.ends_with("_for_children")) continue;
    const auto target = read_link(fmt::format("{}/{}", directory, name));
    if (!target) return std::unexpected(target.error());
    result.emplace(name, *target);
  }
  return result;
}

struct OpenSocket {
  int descriptor = -1;  // the process's number for it
  std::string kind;     // as the kernel names the protocol, or empty
  uint64_t inode = 0;
};

using NameOf = int (*)(int, sockaddr*, socklen_t*);  // getsockname(2), getpeername(2)

// Empty: it has none. None: there is no such end.
std::optional<std::string> unix_name(int fd, NameOf name_of) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (name_of(fd, reinterpret_cast<sockaddr*>(&address), &size) < 0) return std::nullopt;
  if (size <= offsetof(sockaddr_un, sun_path)) return "";
  // unix(7): abstract names begin with a NUL byte.
  if (address.sun_path[0] == '\0') address.sun_path[0] = '@';
  const size_t length = ::strnlen(address.sun_path, sizeof address.sun_path);
  return log::printable({address.sun_path, length});
}

// What a connected Unix socket is connected as: its own name, which an accepted one has of its
// listener, or the name of whom a client asked. The tables in /proc say neither of a client, and
// nothing of one whose client is of another network namespace. None: it is not connected, or the
// kernel gives us no copy of it (pidfd_getfd(2)).
std::optional<std::string> unix_connection(int process, int descriptor) {
  const UniqueFd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, process, descriptor, 0)));
  const auto peer = unix_name(copy.get(), &::getpeername);
  if (!peer) return std::nullopt;
  const std::string own = unix_name(copy.get(), &::getsockname).value_or("");
  if (!own.empty()) return "unix " + own;
  return peer->empty() ? "unix without a name" : "unix to " + *peer;
}

// The kernel's name of the protocol, whatever network namespace the socket is of.
std::string protocol_kind(const std::string& descriptor) {
  std::array<char, 64> buffer{};
  const ssize_t size =
      ::getxattr(descriptor.c_str(), "system.sockprotoname", buffer.data(), buffer.size() - 1);
  if (size <= 0) return {};
  std::string name = buffer.data();
  if (name.starts_with("UNIX")) return "unix";
  const bool six = name.ends_with("v6");
  if (six) name.erase(name.size() - 2);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return log::printable(name + (six ? "6" : ""), 32);
}

Result<std::vector<OpenSocket>> open_sockets(pid_t pid, unsigned& open_files) {
  const std::string directory = proc_path(pid, "fd");
  const auto names = list(directory);
  if (!names) return std::unexpected(names.error());
  open_files = static_cast<unsigned>(names->size());
  std::vector<OpenSocket> sockets;
  for (const std::string& name : *names) {
    const std::string descriptor = fmt::format("{}/{}", directory, name);
    const auto target = read_link(descriptor);
    constexpr std::string_view kSocket = "socket:[";
    if (!target || !target->starts_with(kSocket)) continue;
    OpenSocket socket{.kind = protocol_kind(descriptor)};
    std::from_chars(name.data(), name.data() + name.size(), socket.descriptor);
    std::from_chars(target->data() + kSocket.size(), target->data() + target->size(), socket.inode);
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

// A socket that it was given may be of another network namespace: ours, mostly.
SocketRows socket_rows(pid_t pid) {
  SocketRows rows;
  for (const pid_t of : {pid, ::getpid()}) {
    for (const char* kind : {"unix", "netlink", "packet", "raw", "raw6", "tcp", "tcp6", "udp",
                             "udp6", "icmp", "icmp6"}) {
      const auto text = read_proc(of, std::string("net/") + kind);
      if (text) add_socket_rows(kind, *text, rows);
    }
  }
  return rows;
}

void read_sockets(Process& process) {
  unsigned open_files = 0;
  const auto open = open_sockets(process.pid, open_files);
  if (!open) {
    process.open_files = std::unexpected(open.error());
    process.sockets = std::unexpected(open.error());
    return;
  }
  process.open_files = open_files;
  const SocketRows rows = socket_rows(process.pid);
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  Sockets sockets;
  for (const OpenSocket& socket : *open) {
    const auto row = rows.find(socket.inode);
    std::string kind = socket.kind;
    // The table knows more of netlink: which protocol.
    if (row != rows.end() && (kind.empty() || kind == "netlink")) kind = row->second.kind;
    ++sockets.kinds[kind.empty() ? "unknown" : kind];
    const auto use = row == rows.end() ? SocketRow::Use::kNone : row->second.use;
    if (use == SocketRow::Use::kListens) ++sockets.listening[row->second.text];
    std::optional<std::string> connection;
    if (kind == "unix" && use != SocketRow::Use::kListens) {
      connection = unix_connection(handle.get(), socket.descriptor);
    }
    if (connection) {
      ++sockets.connected[*connection];
    } else if (use == SocketRow::Use::kConnected) {
      ++sockets.connected[row->second.text];
    }
  }
  process.sockets = std::move(sockets);
}

Result<std::vector<std::string>> read_writable(const Process& process,
                                               const std::vector<std::string>& paths) {
  const auto text = read_proc(process.pid, "mountinfo");
  if (!text) return std::unexpected(text.error());
  const auto mounts = parse_mounts(*text);
  std::vector<std::string> writable;
  for (const std::string& path : paths) {
    struct stat status{};
    if (::stat(proc_path(process.pid, "root" + path).c_str(), &status) < 0) {
      if (errno == ENOENT || errno == ENOTDIR) continue;
      return failure(error_text(errno));
    }
    if (is_mounted_writable(mounts, path) &&
        may_write(process.credentials, status.st_uid, status.st_gid, status.st_mode)) {
      writable.push_back(path);
    }
  }
  return writable;
}

Result<unsigned> count_system_calls(const Process& process) {
  if (process.credentials.seccomp_mode != 2) return kSystemCalls;
  const auto programs = read_seccomp_programs(process.pid, process.credentials.seccomp_filters);
  if (!programs) return std::unexpected(programs.error());
  return admitted_system_calls(*programs, kSystemCalls);
}

}  // namespace

Result<std::string> read_proc(pid_t pid, const std::string& name) {
  const UniqueFd fd(::open(proc_path(pid, name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failure(error_text(errno));
  return read_up_to(fd.get(), kProcBytesMax);
}

Namespaces read_own_namespaces() {
  return read_namespaces("/proc/self/ns").value_or(Namespaces{});
}

Result<Process> read_process(Part part, pid_t pid, const std::vector<std::string>& paths) {
  const auto text = read_proc(pid, "status");
  if (!text) return std::unexpected(text.error());
  auto credentials = parse_status(*text);
  if (!credentials) return std::unexpected(credentials.error());
  Process process;
  process.part = part;
  process.pid = pid;
  process.user = user_text(credentials->uids[0]);
  process.credentials = std::move(*credentials);
  process.namespaces = read_namespaces(proc_path(pid, "ns"));
  read_sockets(process);
  process.root = read_link(proc_path(pid, "root"));
  if (process.root) process.root = log::printable(*process.root);
  process.writable = read_writable(process, paths);
  // Last: nothing that it was stopped for shows in the rest.
  process.system_calls = count_system_calls(process);
  return process;
}

std::string user_text(uint32_t uid) {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &entry, room.data(), room.size(), &found);
  return found != nullptr ? fmt::format("{} ({})", found->pw_name, uid) : fmt::format("{}", uid);
}

std::string group_text(uint32_t gid) {
  std::array<char, 4096> room{};
  group entry{};
  group* found = nullptr;
  ::getgrgid_r(gid, &entry, room.data(), room.size(), &found);
  return found != nullptr ? fmt::format("{} ({})", found->gr_name, gid) : fmt::format("{}", gid);
}

}  // namespace holdfast::cli::audit
