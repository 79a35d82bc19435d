// What a seccomp filter admits, by running it: classic BPF over seccomp_data. Pure.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace holdfast::cli::audit {

using SeccompProgram = std::vector<sock_filter>;

// The filter's answer (SECCOMP_RET_*) to this call of this architecture with all arguments zero.
// A program that this cannot run answers as one that kills.
uint32_t seccomp_answer(std::span<const sock_filter> program, uint32_t system_call);

// How many of the numbers below `count` all the programs let through. A call that is admitted only
// with certain arguments, as socket(AF_UNIX, ...), is not counted where zero is none of them.
unsigned admitted_system_calls(std::span<const SeccompProgram> programs, unsigned count);

}  // namespace holdfast::cli::audit
