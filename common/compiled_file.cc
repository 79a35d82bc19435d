#include "common/compiled_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast {
namespace {

constexpr const char* kMend =
    "compile anew: `systemctl reload holdfast-config`, or SIGHUP to `holdfast run`";

uint64_t little_endian(std::string_view in, size_t at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = bytes; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(in[at + i]);
  return value;
}

}  // namespace

uint64_t fnv1a(std::string_view bytes, uint64_t hash) {
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

Result<UniqueFd> open_trusted(const std::string& path, const char* mend) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return system_failure("open " + path);
  struct stat status{};
  const bool regular = ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (!regular) return failure(path + ": not a regular file: " + mend);
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return failure(fmt::format("{}: owned by user {}, not by root or user {}: {}", path,
                               status.st_uid, ::geteuid(), mend));
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return failure(fmt::format("{}: mode {:04o} lets others write it: {}", path,
                               status.st_mode & 07777, mend));
  }
  return fd;
}

Result<void> read_compiled_file(const std::string& path, CompiledKind kind,
                                google::protobuf::MessageLite& message) {
  const auto fd = open_trusted(path, kMend);
  if (!fd) return std::unexpected(fd.error());
  const auto size = static_cast<size_t>(::lseek(fd->get(), 0, SEEK_END));
  if (size > kCompiledBytesMax) return failure(path + ": larger than 64 MiB");
  std::string content(size, '\0');
  const ssize_t got = ::pread(fd->get(), content.data(), size, 0);
  if (got < 0) return system_failure("read " + path);
  content.resize(static_cast<size_t>(got));
  return parse_compiled_file(content, path, kind, message);
}

Result<void> parse_compiled_file(std::string_view content, const std::string& name,
                                 CompiledKind kind, google::protobuf::MessageLite& message) {
  const auto payload = content.substr(std::min(kCompiledHeaderBytes, content.size()));
  const char* wrong = nullptr;
  if (content.size() < kCompiledHeaderBytes || !content.starts_with(kCompiledMagic)) {
    wrong = "not a compiled configuration";
  } else if (little_endian(content, 9, 1) != kCompiledVersion) {
    wrong = "written by another version of holdfast";
  } else if (little_endian(content, 8, 1) != static_cast<uint8_t>(kind)) {
    wrong = "the configuration of another process";
  } else if (little_endian(content, 12, 4) != payload.size() ||
             little_endian(content, 16, 8) != fnv1a(payload) ||
             !message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    wrong = "truncated or corrupted";
  }
  if (wrong != nullptr) return failure(fmt::format("{}: {}: {}", name, wrong, kMend));
  return {};
}

}  // namespace holdfast
