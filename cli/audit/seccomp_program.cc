#include "cli/audit/seccomp_program.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace holdfast::cli::audit {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "name this architecture as seccomp(2) does"
#endif

class Machine {
 public:
  explicit Machine(uint32_t system_call) : call_(system_call) {}

  uint32_t run(std::span<const sock_filter> program) {
    // Jumps go forward alone: each instruction runs once at most.
    for (size_t at = 0; at < program.size(); ++at) {
      const sock_filter& step = program[at];
      switch (BPF_CLASS(step.code)) {
        case BPF_RET:
          return BPF_RVAL(step.code) == BPF_A ? a_ : step.k;
        case BPF_JMP:
          at += jump(step);
          break;
        default:
          if (!compute(step)) return SECCOMP_RET_KILL_PROCESS;
      }
    }
    return SECCOMP_RET_KILL_PROCESS;
  }

 private:
  // A word of seccomp_data: the number, the architecture, and zeros.
  uint32_t word(uint32_t offset) const {
    if (offset == offsetof(seccomp_data, nr)) return call_;
    if (offset == offsetof(seccomp_data, arch)) return kArchitecture;
    return 0;
  }

  size_t jump(const sock_filter& step) const {
    if (BPF_OP(step.code) == BPF_JA) return step.k;
    const uint32_t with = BPF_SRC(step.code) == BPF_X ? x_ : step.k;
    bool holds = false;
    switch (BPF_OP(step.code)) {
      case BPF_JEQ:
        holds = a_ == with;
        break;
      case BPF_JGT:
        holds = a_ > with;
        break;
      case BPF_JGE:
        holds = a_ >= with;
        break;
      default:
        holds = (a_ & with) != 0;  // BPF_JSET
    }
    return holds ? step.jt : step.jf;
  }

  bool compute(const sock_filter& step) {
    switch (BPF_CLASS(step.code)) {
      case BPF_LD:
      case BPF_LDX:
        return load(step, BPF_CLASS(step.code) == BPF_LD ? a_ : x_);
      case BPF_ST:
      case BPF_STX:
        if (step.k >= memory_.size()) return false;
        memory_[step.k] = BPF_CLASS(step.code) == BPF_ST ? a_ : x_;
        return true;
      case BPF_MISC:
        (BPF_MISCOP(step.code) == BPF_TAX ? x_ : a_) = BPF_MISCOP(step.code) == BPF_TAX ? a_ : x_;
        return true;
      default:
        return arithmetic(step);
    }
  }

  bool load(const sock_filter& step, uint32_t& into) const {
    switch (BPF_MODE(step.code)) {
      case BPF_ABS:
        into = word(step.k);
        return true;
      case BPF_IMM:
        into = step.k;
        return true;
      case BPF_MEM:
        if (step.k >= memory_.size()) return false;
        into = memory_[step.k];
        return true;
      case BPF_LEN:
        into = sizeof(seccomp_data);
        return true;
      default:
        return false;
    }
  }

  bool arithmetic(const sock_filter& step) {
    const uint32_t with = BPF_SRC(step.code) == BPF_X ? x_ : step.k;
    const auto result = computed(BPF_OP(step.code), with);
    if (result) a_ = *result;
    return result.has_value();
  }

  std::optional<uint32_t> computed(unsigned operation, uint32_t with) const {
    switch (operation) {
      case BPF_ADD:
        return a_ + with;
      case BPF_SUB:
        return a_ - with;
      case BPF_MUL:
        return a_ * with;
      case BPF_DIV:
        return with == 0 ? std::nullopt : std::optional(a_ / with);
      case BPF_AND:
        return a_ & with;
      case BPF_OR:
        return a_ | with;
      case BPF_XOR:
        return a_ ^ with;
      case BPF_LSH:
        return with < 32 ? a_ << with : 0;
      case BPF_RSH:
        return with < 32 ? a_ >> with : 0;
      case BPF_NEG:
        return 0U - a_;
      default:
        return std::nullopt;
    }
  }

  uint32_t call_;
  uint32_t a_ = 0;
  uint32_t x_ = 0;
  std::array<uint32_t, BPF_MEMWORDS> memory_{};
};

}  // namespace

uint32_t seccomp_answer(std::span<const sock_filter> program, uint32_t system_call) {
  return Machine(system_call).run(program);
}

unsigned admitted_system_calls(std::span<const SeccompProgram> programs, unsigned count) {
  unsigned admitted = 0;
  for (unsigned call = 0; call < count; ++call) {
    const bool passes = std::ranges::all_of(programs, [call](const SeccompProgram& program) {
      const uint32_t answer = seccomp_answer(program, call) & SECCOMP_RET_ACTION_FULL;
      return answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_LOG;
    });
    if (passes) ++admitted;
  }
  return admitted;
}

}  // namespace holdfast::cli::audit
