#include "common/script_explain.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "common/child_process.h"
#include "common/log.h"
#include "common/unique_fd.h"

namespace holdfast {
namespace {

bool is_executable_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// The first word after `#!`, or nothing. The kernel reads no more than 256 bytes either.
std::string interpreter_of(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 256> buffer{};
  const ssize_t size = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  std::string_view text(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0);
  if (!text.starts_with("#!")) return {};
  text = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t", 2)));
  return std::string(text.substr(0, text.find_first_of(" \t")));
}

std::string explain_missing(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) < 0) return fmt::format("{}: no such file", file);
  const std::string interpreter = interpreter_of(file);
  if (interpreter.ends_with('\r')) {
    return fmt::format("{}: its first line ends in a carriage return: save it with Unix line ends",
                       file);
  }
  if (!interpreter.empty()) {
    return fmt::format("{}: its interpreter `{}` does not exist", file,
                       log::printable(interpreter));
  }
  return fmt::format("{}: the loader that this program asks for does not exist", file);
}

std::string explain_refused(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) < 0) {
    return fmt::format("{}: user {} may not enter its directory", file, ::geteuid());
  }
  if (!S_ISREG(status.st_mode)) return fmt::format("{}: not a regular file", file);
  if (::access(file.c_str(), X_OK) < 0) {
    return fmt::format("{}: not executable for user {} (mode {:04o})", file, ::geteuid(),
                       status.st_mode & 07777);
  }
  const std::string interpreter = interpreter_of(file);
  if (interpreter.empty()) return fmt::format("{}: {}", file, error_text(EACCES));
  return fmt::format("{}: its interpreter `{}` is not executable for user {}", file,
                     log::printable(interpreter), ::geteuid());
}

}  // namespace

Result<std::string> find_command(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  std::string_view rest = kScriptPath;
  while (!rest.empty() && !name.empty()) {
    const size_t colon = rest.find(':');
    std::string candidate = fmt::format("{}/{}", rest.substr(0, colon), name);
    if (is_executable_file(candidate)) return candidate;
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
  return failure(fmt::format("{}: no such command in {}", log::printable(name), kScriptPath));
}

std::string explain_exec_error(const std::string& file, int error_number) {
  switch (error_number) {
    case ENOENT:
      return explain_missing(file);
    case EACCES:
      return explain_refused(file);
    case ENODATA:
      return fmt::format("{}: the file is empty", file);
    default:
      return fmt::format("{}: {}", file, error_text(error_number));
  }
}

}  // namespace holdfast
