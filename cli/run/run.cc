// `holdfast run`: the suite without systemd, in a container, a lab or on a terminal.
#include <unistd.h>

#include <csignal>
#include <memory>

#include "cli/input.h"
#include "cli/run/messages.h"
#include "cli/run/supervisor.h"
#include "cli/subcommand.h"

namespace holdfast::cli {
namespace {

struct RunOptions {
  std::string configuration;
  std::string config_id;
  std::string runtime_directory = kDefaultRuntimeDirectory;
  bool lenient = false;
  bool allow_root_scripts = false;
};

Result<int> run(const RunOptions& options) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  auto directory = RuntimeDirectory::open(options.runtime_directory);
  if (!directory) return std::unexpected(directory.error());
  const auto identities = choose_identities(directory->path());
  if (!identities) return std::unexpected(identities.error());
  if (identities->separate) {
    if (const auto reachable = directory->check_reachable(); !reachable) {
      return std::unexpected(reachable.error());
    }
  }
  EventLoop loop;
  Supervisor supervisor(loop,
                        {.configuration = options.configuration.empty() ? default_configuration()
                                                                        : options.configuration,
                         .config_id = options.config_id,
                         .runtime_directory = options.runtime_directory,
                         .lenient = options.lenient,
                         .allow_root_scripts = options.allow_root_scripts,
                         .executables = find_executables(),
                         .runner_executable = find_executable("runner")},
                        std::move(*directory), *identities);
  if (const auto started = supervisor.start(); !started) return std::unexpected(started.error());
  loop.enable_watchdog();
  loop.run();
  return supervisor.exit_status();
}

}  // namespace

void add_run(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand(
      "run", "Compile the configuration, start the four processes and keep them running");
  command->add_option("-c,--config", options->configuration, kDefaultConfigurationHelp);
  command->add_option("-i,--config-id", options->config_id,
                      "keep lines that begin with @ID (default: the host's name up to a dot)");
  command
      ->add_option("--runtime-dir", options->runtime_directory,
                   "where sockets and compiled files live")
      ->capture_default_str();
  add_lenient_option(*command, options->lenient);
  command->add_flag("--allow-root-scripts", options->allow_root_scripts,
                    "run scripts whose user is root as root");
  command->callback([options, &exit_status] {
    const auto result = run(*options);
    if (!result) log_line<kRunCannotStart>(result.error().text);
    exit_status = result ? *result : kExitFailure;
  });
}

}  // namespace holdfast::cli
