#include "cli/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "common/privilege.h"

namespace holdfast::cli {
namespace {

std::optional<std::string> read_script(const std::string& path, size_t most) {
  // Opening a FIFO would wait for its writer.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) < 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  auto content = read_up_to(fd.get(), most);
  if (!content || content->size() > most) return std::nullopt;
  return std::move(*content);
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) < 0 || name[0] == '\0') return "localhost";
  return name.data();
}

}  // namespace

Result<Input> open_input(const std::string& file) {
  Input input;
  input.name = file == "-" ? "<stdin>" : file;
  input.fd =
      UniqueFd(file == "-" ? ::dup(STDIN_FILENO) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input.fd) return system_failure("open " + file);
  struct stat status{};
  if (::fstat(input.fd.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return failure(file + ": is a directory");
  }
  return input;
}

Result<std::string> read_input(const Input& input, size_t most) {
  auto text = read_up_to(input.fd.get(), most);
  if (!text) return failure(input.name + ": " + text.error().text);
  return text;
}

Result<void> confine_compiler() {
  return confine({.capabilities = {}, .system_calls = SystemCalls::kCompile});
}

Reporter::Reporter(const ReportOptions& /*options*/, int /*fd*/)
    : compile_options_{.host_name = host_name(), .read_script = read_script, .text = {}} {
  compile_options_.text.files = &files_;
  compile_options_.text.environment = environment;
  compile_options_.text.config_id = short_host_name(compile_options_.host_name);
}

std::string Reporter::report(const config::CompileResult& result) const {
  return result.report;
}

}  // namespace holdfast::cli
