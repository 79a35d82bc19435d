#include "common/compiled_file.h"

#include <endian.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/read_file.h"
#include "common/unique_fd.h"

namespace holdfast {
namespace {

constexpr std::string_view kMagic = "HOLDFAST";
constexpr uint8_t kFormatVersion = 1;
constexpr size_t kHeaderBytes = 24;
constexpr const char* kMend =
    "compile anew: `systemctl reload holdfast-config`, or SIGHUP to `holdfast run`";

void append_little_endian(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

uint64_t little_endian(std::string_view in, size_t at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = bytes; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(in[at + i]);
  return value;
}

Result<std::string> read_whole(int fd, const std::string& path) {
  auto content = read_up_to(fd, kCompiledBytesMax);
  if (!content) return failure(path + ": " + content.error().text);
  if (content->size() > kCompiledBytesMax) return failure(path + ": larger than 64 MiB");
  return content;
}

std::string deterministic_bytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  return bytes;
}

}  // namespace

uint64_t fnv1a(std::string_view bytes, uint64_t hash) {
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

std::string compiled_file_bytes(CompiledKind kind, const google::protobuf::MessageLite& message) {
  const std::string payload = deterministic_bytes(message);
  std::string out(kMagic);
  append_little_endian(out, static_cast<uint8_t>(kind), 1);
  append_little_endian(out, kFormatVersion, 1);
  append_little_endian(out, 0, 2);
  append_little_endian(out, payload.size(), 4);
  append_little_endian(out, fnv1a(payload), 8);
  return out + payload;
}

Result<void> read_compiled_file(const std::string& path, CompiledKind kind,
                                google::protobuf::MessageLite& message) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return system_failure("open " + path);
  struct stat status{};
  if (::fstat(fd.get(), &status) < 0) return system_failure("stat " + path);
  if (!S_ISREG(status.st_mode)) return failure(path + ": not a regular file");
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return failure(fmt::format("{}: owned by user {}, not by root or user {}: {}", path,
                               status.st_uid, ::geteuid(), kMend));
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return failure(fmt::format("{}: mode {:04o} lets others write it: {}", path,
                               status.st_mode & 07777, kMend));
  }
  const auto content = read_whole(fd.get(), path);
  if (!content) return std::unexpected(content.error());
  return parse_compiled_file(*content, path, kind, message);
}

Result<void> parse_compiled_file(std::string_view content, const std::string& name,
                                 CompiledKind kind, google::protobuf::MessageLite& message) {
  if (content.size() < kHeaderBytes || !content.starts_with(kMagic)) {
    return failure(fmt::format("{}: not a compiled configuration: {}", name, kMend));
  }
  if (little_endian(content, 9, 1) != kFormatVersion) {
    return failure(fmt::format("{}: written by another version of holdfast: {}", name, kMend));
  }
  if (little_endian(content, 8, 1) != static_cast<uint8_t>(kind)) {
    return failure(fmt::format("{}: the configuration of another process: {}", name, kMend));
  }
  const auto payload = content.substr(kHeaderBytes);
  if (little_endian(content, 12, 4) != payload.size() ||
      little_endian(content, 16, 8) != fnv1a(payload) ||
      !message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return failure(fmt::format("{}: truncated or corrupted: {}", name, kMend));
  }
  return {};
}

}  // namespace holdfast
