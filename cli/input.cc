#include "cli/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "cli/accounts.h"
#include "common/privilege.h"
#include "common/read_file.h"
#include "common/system_calls.h"
#include "config/render_json.h"

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

config::FileStatus stat_file(const std::string& path) {
  using Kind = config::FileStatus::Kind;
  struct stat status{};
  if (::stat(path.c_str(), &status) < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return {.kind = missing ? Kind::kMissing : Kind::kUnknown};
  }
  return {.kind = S_ISREG(status.st_mode)   ? Kind::kRegular
                  : S_ISDIR(status.st_mode) ? Kind::kDirectory
                                            : Kind::kOther,
          .mode = status.st_mode & 07777U,
          .owner = status.st_uid,
          .group = status.st_gid};
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) < 0 || name[0] == '\0') return "localhost";
  return name.data();
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// no-color.org: any value but the empty one switches colours off.
config::Colour choose_colour(std::string_view wish, int fd) {
  const bool terminal = environment("NO_COLOR").value_or("").empty() &&
                        environment("TERM") != "dumb" && ::isatty(fd) == 1;
  const bool coloured = wish == "always" || (wish == "auto" && terminal);
  return coloured ? config::Colour::kAnsi : config::Colour::kNone;
}

}  // namespace

std::string default_configuration() {
  constexpr const char* kOwn = "/etc/holdfast/holdfast.conf";
  return ::access(kOwn, F_OK) == 0 ? kOwn : "/etc/keepalived/keepalived.conf";
}

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
  const auto limit = []() -> Result<void> {
    Filter filter(SCMP_ACT_ERRNO(EPERM));
    allow_base(filter);
    filter.rule(SCMP_ACT_ALLOW,
                {"access", "faccessat", "faccessat2", "getdents64", "stat", "lstat", "renameat",
                 "renameat2", "rename", "fsync", "unlinkat", "ftruncate", "getcwd", "fsetxattr"});
    return filter.load();
  };
  return confine({.capabilities = {}, .limit_system_calls = limit});
}

void add_lenient_option(CLI::App& command, bool& lenient) {
  command
      .add_flag(
          "--lenient", lenient,
          "skip unknown keywords with a warning; also by HOLDFAST_LENIENT=1 in the environment")
      ->envname("HOLDFAST_LENIENT");
}

void add_compile_options(CLI::App& command, ReportOptions& options) {
  add_lenient_option(command, options.lenient);
  command.add_option("-i,--config-id", options.config_id,
                     "keep lines that begin with @ID (default: the host's name up to a dot)");
}

void add_report_options(CLI::App& command, ReportOptions& options) {
  add_compile_options(command, options);
  command.add_option("--color", options.colour, "auto (on a terminal), always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command.add_option("--format", options.format, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

Reporter::Reporter(const ReportOptions& options, int fd)
    : compile_options_{.host_name = host_name(),
                       .read_script = read_script,
                       .lenient = options.lenient,
                       .keep_model = false,
                       .stat_file = stat_file,
                       .script_users = has_root_runner_enabled() ? config::ScriptUsers::kAll
                                                                 : config::ScriptUsers::kNamed,
                       .find_account = find_account,
                       .find_group = find_group},
      colour_(choose_colour(options.colour, fd)),
      json_(options.format == "json") {
  compile_options_.text.files = &files_;
  compile_options_.text.environment = environment;
  compile_options_.text.config_id =
      options.config_id.empty() ? short_host_name(compile_options_.host_name) : options.config_id;
}

std::string Reporter::report(const config::CompileResult& result) const {
  if (json_) return config::render_json(result.diagnostics, result.sources);
  if (colour_ == config::Colour::kNone) return result.report;
  return config::render(result.diagnostics, result.sources, colour_);
}

std::string Reporter::report(const config::ClusterResult& cluster) const {
  if (json_) return config::render_json(cluster);
  return config::render(cluster, colour_);
}

}  // namespace holdfast::cli
