// `holdfast audit log`: reads back what net-helper recorded of its acts and refusals.
#include <fmt/core.h>

#include <memory>

#include "cli/audit/trail_reader.h"
#include "cli/subcommand.h"

namespace holdfast::cli {
namespace {

struct LogOptions {
  std::string since;
  std::string directory;
  bool json = false;
};

int run(const LogOptions& options) {
  using namespace audit;  // NOLINT(google-build-using-namespace): this is its command
  const auto refuse = [](const Error& error) {
    fmt::print(stderr, "holdfast audit log: {}\n", error.text);
    return kExitUsage;
  };
  TrailQuery query{.directory = options.directory, .since = {}};
  if (!options.since.empty()) {
    const auto now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto since = parse_since(options.since, now);
    if (!since) return refuse(since.error());
    query.since = *since;
  }
  bool any = false;
  const auto done = read_trail(query, [&options, &any](const TrailEntry& entry) {
    if (!any && !options.json) fmt::print("{}", trail_heading());
    any = true;
    fmt::print("{}", options.json ? trail_json(entry) : trail_line(entry));
  });
  if (!done) return refuse(done.error());
  if (!any) fmt::print(stderr, "holdfast audit log: the journal holds no record of net-helper\n");
  return kExitSuccess;
}

}  // namespace

void add_audit_log(CLI::App& audit, int& exit_status) {
  auto options = std::make_shared<LogOptions>();
  CLI::App* command = audit.add_subcommand(
      "log", "What net-helper did and refused, for whom, and by which row of the policy");
  command->add_flag("--json", options->json, "one JSON object a line, for programs");
  command->add_option(
      "--since", options->since,
      "leave out what is older: 2026-11-23, \"2026-11-23 08:30\", 90s, 10min, 2h, 3d");
  command->add_option("--directory", options->directory,
                      "of journal files, instead of this host's");
  command->footer("Exit status: 0 it was read, 2 usage or nothing to read.");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace holdfast::cli
