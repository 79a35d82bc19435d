#include "common/system_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

using Names = std::initializer_list<const char*>;

// What an event loop on Unix sockets, a protobuf parser and the C library need.
constexpr Names kBase = {
    "brk",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "dup",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_wait",
    "eventfd2",
    "exit",
    "exit_group",
    "fcntl",
    "fstat",
    "futex",
    "getegid",
    "geteuid",
    "getgid",
    "getpid",
    "getppid",
    "getrandom",
    "gettid",
    "getuid",
    "lseek",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "nanosleep",
    "newfstatat",
    "ppoll",
    "poll",
    "prctl",
    "pread64",
    "read",
    "readv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigtimedwait",
    "sched_yield",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "set_robust_list",
    "setsockopt",
    "getsockopt",
    "shutdown",
    "sigaltstack",
    "signalfd4",
    "statx",
    "tgkill",
    "timerfd_create",
    "timerfd_settime",
    "waitid",
    "write",
    "writev",
    "accept4",
    "getsockname",
    "getpeername",
    "uname",
    "sysinfo",
    "membarrier",
    "capget",
#if defined(__SANITIZE_ADDRESS__)
    // The sanitizers' runtime looks at its own maps and forks its symbolizer.
    "readlink",
    "readlinkat",
    "sched_getaffinity",
    "getrlimit",
    "prlimit64",
    "personality",
    "pipe2",
    "clone",
    "clone3",
    "execve",
    "wait4",
    "kill",
    "access",
    "faccessat2",
    "dup2",
    "rt_sigsuspend",
    "process_vm_readv",
    "ioctl",
    "openat",
    "open",
    "getdents64",
#endif
};

constexpr Names kReloadFiles = {"readlink", "readlinkat", "unlink"};

// For the two that run scripts: what no script of theirs has any business with.
constexpr Names kRefused = {
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsmount",
    "fsconfig",
    "fspick",
    "mount_setattr",
    "setns",
    "unshare",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "swapon",
    "swapoff",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "keyctl",
    "add_key",
    "request_key",
    "iopl",
    "ioperm",
    "quotactl",
    "acct",
    "sethostname",
    "setdomainname",
    "open_by_handle_at",
    "name_to_handle_at",
    "lookup_dcookie",
    "vhangup",
    "nfsservctl",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "syslog",
};

class Filter {
 public:
  explicit Filter(uint32_t default_action) : context_(seccomp_init(default_action)) {}
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  // A name that this architecture does not have is no error: it cannot be called either.
  void rule(uint32_t action, const char* name, std::vector<scmp_arg_cmp> arguments = {}) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || error_ != 0) return;
    const int result = seccomp_rule_add_array(
        context_, action, number, static_cast<unsigned>(arguments.size()), arguments.data());
    if (result < 0 && result != -EDOM && result != -EEXIST) error_ = result;
  }
  void rules(uint32_t action, Names names) {
    for (const char* name : names) rule(action, name);
  }
  Result<void> load() {
    if (context_ == nullptr) return failure("seccomp: out of memory");
    if (error_ == 0) error_ = seccomp_load(context_);
    if (error_ < 0) return failure("seccomp: " + error_text(-error_));
    return {};
  }

 private:
  scmp_filter_ctx context_;
  int error_ = 0;
};

scmp_arg_cmp argument_is(unsigned index, uint64_t value) {
  return {.arg = index, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

scmp_arg_cmp argument_masked(unsigned index, uint64_t mask, uint64_t value) {
  return {.arg = index, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

void allow_reading_files(Filter& filter) {
  constexpr uint64_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
  filter.rule(SCMP_ACT_ALLOW, "openat", {argument_masked(2, kWriting, 0)});
  filter.rule(SCMP_ACT_ALLOW, "open", {argument_masked(1, kWriting, 0)});
}

void allow_unix_sockets(Filter& filter) {
  filter.rule(SCMP_ACT_ALLOW, "socket", {argument_is(0, AF_UNIX)});
  filter.rule(SCMP_ACT_ALLOW, "connect");
}

void allow_kernel_network(Filter& filter) {
  filter.rule(SCMP_ACT_ALLOW, "socket", {argument_is(0, AF_INET)});
  filter.rule(SCMP_ACT_ALLOW, "socket", {argument_is(0, AF_PACKET)});
  filter.rule(SCMP_ACT_ALLOW, "socket",
              {argument_is(0, AF_NETLINK), argument_is(2, NETLINK_ROUTE)});
  filter.rule(SCMP_ACT_ALLOW, "bind");
  filter.rule(SCMP_ACT_ALLOW, "ioctl", {argument_is(1, 0x8933)});  // SIOCGIFINDEX
}

Result<void> load_allow_list(SystemCalls set) {
  Filter filter(SCMP_ACT_ERRNO(EPERM));
  filter.rules(SCMP_ACT_ALLOW, kBase);
  allow_reading_files(filter);
  filter.rules(SCMP_ACT_ALLOW, kReloadFiles);
  switch (set) {
    case SystemCalls::kEngine:
      allow_unix_sockets(filter);
      break;
    case SystemCalls::kNetHelper:
      allow_unix_sockets(filter);
      allow_kernel_network(filter);
      break;
    case SystemCalls::kCompile:
      filter.rules(SCMP_ACT_ALLOW,
                   {"access", "faccessat", "faccessat2", "getdents64", "stat", "lstat", "renameat",
                    "renameat2", "rename", "fsync", "unlinkat", "ftruncate", "getcwd"});
      break;
    case SystemCalls::kChecker:
    case SystemCalls::kNotifier:
      break;
  }
  return filter.load();
}

Result<void> load_refuse_list() {
  Filter filter(SCMP_ACT_ALLOW);
  filter.rules(SCMP_ACT_ERRNO(EPERM), kRefused);
  // unshare(2) by another name. clone3 hides its flags from a filter; libraries fall back to clone.
  for (const int flag : {CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC,
                         CLONE_NEWUTS, CLONE_NEWCGROUP}) {
    filter.rule(SCMP_ACT_ERRNO(EPERM), "clone",
                {argument_masked(0, static_cast<uint64_t>(flag), static_cast<uint64_t>(flag))});
  }
  filter.rule(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  // Packet and raw sockets would need a capability anyway; netlink is how the kernel is configured.
  filter.rule(SCMP_ACT_ERRNO(EPERM), "socket", {argument_is(0, AF_PACKET)});
  return filter.load();
}

}  // namespace

Result<void> limit_system_calls(SystemCalls set) {
  if (set == SystemCalls::kChecker || set == SystemCalls::kNotifier) return load_refuse_list();
  return load_allow_list(set);
}

}  // namespace holdfast
