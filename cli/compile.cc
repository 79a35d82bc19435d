// `holdfast compile`: the only reader of the text configuration, in a process that can do little
// else by the time it reads.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/compiled_output.h"
#include "cli/input.h"
#include "cli/subcommand.h"
#include "common/users.h"

namespace holdfast::cli {
namespace {

struct Options {
  std::string file;
  std::string directory;
  std::vector<std::string> owners;
  ReportOptions report;
  std::string script_users = "auto";
  std::string engine_user;
};

const std::map<std::string, config::ScriptUsers> kScriptUsers = {
    {"none", config::ScriptUsers::kNone},
    {"named", config::ScriptUsers::kNamed},
    {"all", config::ScriptUsers::kAll}};

int complain(const std::string& text) {
  fmt::print(stderr, "holdfast compile: {}\n", text);
  return kExitUsage;
}

int run(const Options& options) {
  Owners owners;
  for (const std::string& owner : options.owners) {
    if (auto added = add_owner(owner, owners); !added) return complain(added.error().text);
  }
  const auto engine_user =
      options.engine_user.empty() ? Result<uid_t>(::geteuid()) : user_id(options.engine_user);
  if (!engine_user) return complain("--engine-user: " + engine_user.error().text);
  const auto input = open_input(options.file.empty() ? default_configuration() : options.file);
  if (!input) return complain(input.error().text);
  std::optional<CompiledOutput> output;
  if (!options.directory.empty()) {
    auto opened = CompiledOutput::open(options.directory, owners);
    if (!opened) return complain(opened.error().text);
    output = std::move(*opened);
  }
  const Reporter reporter(options.report, STDERR_FILENO);
  auto compile_options = reporter.compile_options();
  if (options.script_users != "auto") {
    compile_options.script_users = kScriptUsers.at(options.script_users);
  }
  if (auto confined = confine_compiler(); !confined) return complain(confined.error().text);
  auto text = read_input(*input);
  if (!text) return complain(text.error().text);
  auto result = config::compile(std::move(*text), input->name, compile_options);
  fmt::print(stderr, "{}", reporter.report(result));
  if (!result.ok()) return kExitFailure;
  if (!output) {
    fmt::print("{}", config::summary(result));
    return kExitSuccess;
  }
  result.net.set_engine_uid(*engine_user);
  const auto committed = output->commit(result);
  return committed ? kExitSuccess : complain(committed.error().text);
}

}  // namespace

void add_compile(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("compile", "check a configuration, and compile it");
  command->add_option("-c,--config", options->file,
                      std::string(kDefaultConfigurationHelp) + "; - for standard input");
  command->add_option(
      "-o,--output", options->directory,
      "write engine.pb, net.pb, checker.pb, notifier.pb and runner.USER.pb into this "
      "directory");
  command->add_option("--owner", options->owners,
                      "who may read a file: engine=USER:GROUP, and so on");
  command->add_option("--engine-user", options->engine_user,
                      "user id or name of vrrp-engine, the only one whom net-helper will serve; by "
                      "default the caller");
  command
      ->add_option("--script-users", options->script_users,
                   "as whom scripts may run that name a user: none, named (not root), all, or "
                   "auto: all where holdfast-runner@root.socket is enabled, else named")
      ->check(CLI::IsMember({"auto", "none", "named", "all"}))
      ->capture_default_str();
  add_report_options(*command, options->report);
  command->footer(
      "Exit status: 0 it compiles, 1 it has errors, 2 it cannot be read or written, or usage.");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace holdfast::cli
