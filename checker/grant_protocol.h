// What the checker and its granted runner say to each other: SOCK_SEQPACKET over a socketpair,
// fixed sizes, both ends one executable. Not protobuf: the end that holds CAP_KILL parses nothing
// but root's checker.pb.
//
// The runner speaks first (a kHello reply), then answers each request with one reply, in order.
// Requests name a check by id and generation, never a command. Anything malformed ends the runner.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

namespace holdfast::checker {

constexpr int kGrantSocket = 3;  // where the runner finds its end

enum class GrantKind : uint32_t {
  kRun = 1,     // start the check's script; carries the two write ends of ScriptWriters
  kReload = 2,  // read checker.pb again; a bad one leaves the old in force
};

struct GrantRequest {
  GrantKind kind;
  uint32_t check_id;
  uint64_t generation;
};

struct GrantReply {
  int32_t pid;                  // of the started script, or 0
  uint32_t granted;             // how many checks of the runner's checker.pb are marked signal_zero
  uint64_t generation;          // of the runner's checker.pb
  std::array<char, 256> error;  // empty: done; else why not, zero-terminated
};

static_assert(std::is_trivially_copyable_v<GrantRequest> && sizeof(GrantRequest) == 16);
static_assert(std::is_trivially_copyable_v<GrantReply> && sizeof(GrantReply) == 272);

}  // namespace holdfast::checker
