#include "common/system_calls.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace holdfast {

void Filter::rule(uint32_t action, std::initializer_list<const char*> names,
                  const std::vector<scmp_arg_cmp>& arguments) {
  for (const char* name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || error_ != 0) continue;
    const int result = seccomp_rule_add_array(
        context_, action, number, static_cast<unsigned>(arguments.size()), arguments.data());
    if (result < 0 && result != -EDOM && result != -EEXIST) error_ = result;
  }
}

Result<void> Filter::load() {
  if (context_ == nullptr) return failure("seccomp: out of memory");
  if (error_ == 0) error_ = seccomp_load(context_);
  if (error_ < 0) return failure("seccomp: " + error_text(-error_));
  return {};
}

Result<void> Filter::write(int fd) {
  if (context_ == nullptr) return failure("seccomp: out of memory");
  if (error_ == 0) error_ = seccomp_export_bpf(context_, fd);
  if (error_ < 0) return failure("seccomp: " + error_text(-error_));
  return {};
}

scmp_arg_cmp argument_is(unsigned index, uint64_t value, uint64_t mask) {
  return {.arg = index, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

void allow_base(Filter& filter) {
  // Memory.
  filter.rule(SCMP_ACT_ALLOW,
              {"brk", "madvise", "membarrier", "mmap", "mprotect", "mremap", "munmap"});
  // Time, and waiting.
  filter.rule(SCMP_ACT_ALLOW, {"clock_gettime", "clock_nanosleep", "epoll_create1", "epoll_ctl",
                               "epoll_pwait", "epoll_wait", "eventfd2", "nanosleep", "poll",
                               "ppoll", "timerfd_create", "timerfd_settime", "waitid"});
  // Signals, to itself alone.
  filter.rule(SCMP_ACT_ALLOW, {"restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
                               "rt_sigtimedwait", "sigaltstack", "signalfd4", "tgkill"});
  // Descriptors and sockets it has.
  filter.rule(SCMP_ACT_ALLOW,
              {"accept4",     "close",      "dup",     "fcntl",    "fstat",   "getpeername",
               "getsockname", "getsockopt", "lseek",   "pread64",  "read",    "readv",
               "recvfrom",    "recvmmsg",   "recvmsg", "sendmmsg", "sendmsg", "sendto",
               "setsockopt",  "shutdown",   "write",   "writev"});
  // Itself and its threads.
  filter.rule(SCMP_ACT_ALLOW,
              {"capget", "exit", "exit_group", "futex", "getegid", "geteuid", "getgid", "getpid",
               "getppid", "getrandom", "gettid", "getuid", "prctl", "rseq", "sched_yield",
               "set_robust_list", "sysinfo", "uname"});
  // Files, for reading, and the way to them.
  filter.rule(SCMP_ACT_ALLOW, {"newfstatat", "readlink", "readlinkat", "statx", "unlink"});
  constexpr uint64_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
  filter.rule(SCMP_ACT_ALLOW, {"openat"}, {argument_is(2, 0, kWriting)});
  filter.rule(SCMP_ACT_ALLOW, {"open"}, {argument_is(1, 0, kWriting)});
#if defined(__SANITIZE_ADDRESS__)
  // The sanitizers' runtime looks at its own maps and forks its symbolizer.
  filter.rule(SCMP_ACT_ALLOW,
              {"access", "clone", "clone3", "dup2", "execve", "faccessat2", "getdents64",
               "getrlimit", "ioctl", "kill", "open", "openat", "personality", "pipe2", "prlimit64",
               "process_vm_readv", "rt_sigsuspend", "sched_getaffinity", "wait4"});
#endif
}

void allow_unix_sockets(Filter& filter) {
  filter.rule(SCMP_ACT_ALLOW, {"socket"}, {argument_is(0, AF_UNIX)});
  filter.rule(SCMP_ACT_ALLOW, {"connect"});
}

}  // namespace holdfast
