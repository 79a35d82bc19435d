// `holdfast status`: asks the engine over control.sock and reads the launcher's process table.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "cli/engine_client.h"
#include "cli/process_table.h"
#include "cli/status_text.h"
#include "cli/subcommand.h"

namespace holdfast::cli {
namespace {

struct StatusOptions {
  std::string runtime_directory = kDefaultRuntimeDirectory;
  bool json = false;
};

int run(const StatusOptions& options) {
  Status status;
  auto engine = ask_for_status(options.runtime_directory);
  if (engine) {
    status.engine = std::move(*engine);
  } else {
    status.engine_error = engine.error().text;
  }
  status.processes = read_process_table(options.runtime_directory);
  const auto now = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                             std::chrono::system_clock::now().time_since_epoch())
                                             .count());
  fmt::print("{}", options.json ? status_json(status, now) : status_text(status, now));
  if (!status.engine) return kExitFailure;
  const bool fault = std::ranges::any_of(status.engine->routers(), [](const auto& router) {
    return router.state() == wire::ROUTER_STATE_FAULT;
  });
  return fault ? kExitFault : kExitSuccess;
}

}  // namespace

void add_status(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "What each router is, since when, and why");
  command->add_flag("--json", options->json, "for programs");
  command->add_option("--runtime-dir", options->runtime_directory, "of the suite to ask")
      ->capture_default_str();
  command->footer(
      "Exit status: 0 the engine answers, 1 it does not, 2 usage, 3 a router is in Fault.");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace holdfast::cli
