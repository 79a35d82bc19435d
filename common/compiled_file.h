// The compiled configuration on disk: a fixed header, then one protobuf message.
//
// Header, 24 bytes, little endian: "HOLDFAST", kind (u8), format version (u8), zero (u16), payload
// bytes (u32), FNV-1a of the payload (u64). Anything else is refused whole.
#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message_lite.h>
#include <malloc.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast {

// As the header says it, so in this order.
enum class CompiledKind : uint8_t { kEngine = 1, kNet, kChecker, kNotifier, kRunner };

constexpr size_t kCompiledBytesMax = 64U << 20U;
constexpr size_t kCompiledHeaderBytes = 24;
constexpr std::string_view kCompiledMagic = "HOLDFAST";
constexpr uint8_t kCompiledVersion = 2;

// Blocks for a message that is read and soon freed: so large that malloc(3) gives them back to the
// kernel, also from between what was made of the message. Sets, for the whole process, from which
// size on it does so: by itself malloc(3) would raise that to theirs (mallopt(3)).
inline google::protobuf::ArenaOptions large_blocks() {
  google::protobuf::ArenaOptions options;
  ::mallopt(M_MMAP_THRESHOLD, 1 << 17);  // NOLINT(concurrency-mt-unsafe): one thread
  options.start_block_size = options.max_block_size = 1U << 18U;
  return options;
}

// The same bytes for the same message, always. Apart from the reading: compiled_file_writer.cc.
std::string compiled_file_bytes(CompiledKind kind, const google::protobuf::MessageLite& message);

// Opens a regular file that nobody but root or the caller can have written. The error says why not
// and ends with `mend`, how to mend it.
Result<UniqueFd> open_trusted(const std::string& path, const char* mend);

// Refuses what open_trusted() refuses, a wrong kind or version, a wrong length or checksum. The
// error says how to mend it.
Result<void> read_compiled_file(const std::string& path, CompiledKind kind,
                                google::protobuf::MessageLite& message);

// The same of what has been read already; `name` stands in the error.
Result<void> parse_compiled_file(std::string_view content, const std::string& name,
                                 CompiledKind kind, google::protobuf::MessageLite& message);

constexpr uint64_t kFnvBasis = 0xcbf29ce484222325ULL;
// Behind what has given `hash` so far.
uint64_t fnv1a(std::string_view bytes, uint64_t hash = kFnvBasis);

}  // namespace holdfast
