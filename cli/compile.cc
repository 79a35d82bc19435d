// `holdfast compile`: the only reader of the text configuration, in a process that can do little
// else by the time it reads.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/compiled_output.h"
#include "cli/file_access.h"
#include "cli/subcommand.h"
#include "common/privilege.h"
#include "common/unique_fd.h"
#include "config/compile.h"

namespace holdfast::cli {
namespace {

struct Options {
  std::string file;
  std::string directory;
  std::string config_id;
  std::vector<std::string> owners;
};

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

int complain(const std::string& text) {
  fmt::print(stderr, "holdfast compile: {}\n", text);
  return kExitUsage;
}

Result<UniqueFd> open_input(const std::string& file) {
  UniqueFd fd(file == "-" ? ::dup(STDIN_FILENO) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_failure("open " + file);
  struct stat status{};
  if (::fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return failure(file + ": is a directory");
  }
  return fd;
}

int run(const Options& options) {
  Owners owners;
  for (const std::string& owner : options.owners) {
    if (auto added = add_owner(owner, owners); !added) return complain(added.error().text);
  }
  const auto input = open_input(options.file);
  if (!input) return complain(input.error().text);
  std::optional<CompiledOutput> output;
  if (!options.directory.empty()) {
    auto opened = CompiledOutput::open(options.directory, owners);
    if (!opened) return complain(opened.error().text);
    output = std::move(*opened);
  }
  DiskFiles files;
  config::CompileOptions compile_options{.host_name = host_name(), .read_script = read_script};
  compile_options.text.files = &files;
  compile_options.text.environment = environment;
  compile_options.text.config_id =
      options.config_id.empty() ? short_host_name(compile_options.host_name) : options.config_id;
  // From here on a mistake in the parser is worth nothing to whoever wrote the text.
  if (auto confined = confine({.capabilities = {}, .system_calls = SystemCalls::kCompile});
      !confined) {
    return complain(confined.error().text);
  }
  const auto text = read_up_to(input->get(), config::kTextBytesMax);
  if (!text) return complain(options.file + ": " + text.error().text);
  const std::string name = options.file == "-" ? "<stdin>" : options.file;
  const auto result = config::compile(*text, name, compile_options);
  fmt::print(stderr, "{}", result.report);
  if (!result.ok()) return kExitFailure;
  if (!output) {
    fmt::print("{}", config::summary(result));
    return kExitSuccess;
  }
  const auto committed = output->commit(result);
  return committed ? kExitSuccess : complain(committed.error().text);
}

}  // namespace

void add_compile(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("compile", "check a configuration, and compile it");
  command->add_option("-c,--config", options->file, "the configuration; - for standard input")
      ->required();
  command->add_option("-o,--output", options->directory,
                      "write engine.pb, net.pb, checker.pb and notifier.pb into this directory");
  command->add_option("-i,--config-id", options->config_id,
                      "keep lines that begin with @ID (default: the host's name up to a dot)");
  command->add_option("--owner", options->owners,
                      "who may read a file: engine=USER:GROUP, and so on");
  command->footer(
      "Exit status: 0 it compiles, 1 it has errors, 2 it cannot be read or written, or usage.");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace holdfast::cli
