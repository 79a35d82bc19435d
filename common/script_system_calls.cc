#include "common/script_system_calls.h"

#include <sched.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/system_calls.h"

namespace holdfast {

Result<void> limit_scripts() {
  Filter filter(SCMP_ACT_ALLOW);
  // Mounts and namespaces.
  filter.rule(SCMP_ACT_ERRNO(EPERM),
              {"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen",
               "fsmount", "fsconfig", "fspick", "mount_setattr", "setns", "unshare"});
  // Looking into other processes.
  filter.rule(SCMP_ACT_ERRNO(EPERM), {"ptrace", "process_vm_readv", "process_vm_writev", "kcmp",
                                      "perf_event_open", "userfaultfd"});
  // The kernel itself.
  filter.rule(SCMP_ACT_ERRNO(EPERM),
              {"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
               "reboot", "bpf", "iopl", "ioperm", "syslog", "lookup_dcookie", "nfsservctl"});
  // Clocks, keys, the machine as others see it.
  filter.rule(SCMP_ACT_ERRNO(EPERM),
              {"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "keyctl", "add_key",
               "request_key", "swapon", "swapoff", "quotactl", "acct", "sethostname",
               "setdomainname", "vhangup"});
  // Files without a path, and calls that a filter does not see.
  filter.rule(SCMP_ACT_ERRNO(EPERM), {"open_by_handle_at", "name_to_handle_at", "io_uring_setup",
                                      "io_uring_enter", "io_uring_register"});
  // unshare(2) by another name. clone3 hides its flags from a filter; libraries fall back to clone.
  for (const int flag : {CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC,
                         CLONE_NEWUTS, CLONE_NEWCGROUP}) {
    const auto bit = static_cast<uint64_t>(flag);
    filter.rule(SCMP_ACT_ERRNO(EPERM), {"clone"}, {argument_is(0, bit, bit)});
  }
  filter.rule(SCMP_ACT_ERRNO(ENOSYS), {"clone3"});
  // Packet and raw sockets would need a capability anyway; netlink is how the kernel is configured.
  filter.rule(SCMP_ACT_ERRNO(EPERM), {"socket"}, {argument_is(0, AF_PACKET)});
  return filter.load();
}

}  // namespace holdfast
