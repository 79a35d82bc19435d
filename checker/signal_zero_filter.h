// What makes CAP_KILL fit to hand out: a seccomp filter that leaves of it the question whether a
// process lives (signal 0, kill(2)) and nothing else.
#pragma once

#include "common/error.h"

namespace holdfast::checker {

// From now on this process and its descendants can send no signal other than 0 to anybody, not
// even to their own children: kill, tkill, tgkill, pidfd_send_signal, rt_sigqueueinfo and
// rt_tgsigqueueinfo answer EPERM. So does CAP_KILL's other use, ioctl(KDSIGACCEPT). Programs of a
// foreign architecture (i386, x32), whose calls have other numbers, are killed. Needs no_new_privs.
Result<void> allow_signal_zero_only();

}  // namespace holdfast::checker
