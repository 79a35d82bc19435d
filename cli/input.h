// Reading a configuration and saying what is wrong with it: what the subcommands that do so share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/file_access.h"
#include "common/error.h"
#include "common/unique_fd.h"
#include "config/cluster.h"
#include "config/compile.h"

namespace holdfast::cli {

struct Input {
  std::string name;  // as messages call it
  UniqueFd fd;
};

// /etc/holdfast/holdfast.conf, or keepalived's own where that is not there.
std::string default_configuration();
inline constexpr const char* kDefaultConfigurationHelp =
    "the configuration (default: /etc/holdfast/holdfast.conf, else "
    "/etc/keepalived/keepalived.conf)";

// "-" is standard input. A directory is an error.
Result<Input> open_input(const std::string& file);
// One byte more than `most`, which is what the compiler takes at most, so that it sees that there
// are more.
Result<std::string> read_input(const Input& input, size_t most = config::kTextBytesMax);

// Gives up everything but reading files: from here on a mistake in the parser is worth nothing to
// whoever wrote the text.
Result<void> confine_compiler();

struct ReportOptions {
  bool lenient = false;
  std::string config_id;  // empty: the host's short name
  std::string colour = "auto";
  std::string format = "text";
};
// What changes the result: --config-id, and --lenient (or HOLDFAST_LENIENT in the environment).
void add_compile_options(CLI::App& command, ReportOptions& options);
// Those, --color and --format.
void add_report_options(CLI::App& command, ReportOptions& options);
void add_lenient_option(CLI::App& command, bool& lenient);

// What is needed to report, learnt while the process may still ask the system for it.
class Reporter {
 public:
  // `fd` is where the reports will go.
  Reporter(const ReportOptions& options, int fd);
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  const config::CompileOptions& compile_options() const { return compile_options_; }
  std::string report(const config::CompileResult& result) const;
  std::string report(const config::ClusterResult& cluster) const;

 private:
  DiskFiles files_;
  config::CompileOptions compile_options_;
  config::Colour colour_ = config::Colour::kNone;
  bool json_ = false;
};

}  // namespace holdfast::cli
