// `holdfast check`: everything that is wrong, risky or not yet supported, on standard output.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/input.h"
#include "cli/subcommand.h"

namespace holdfast::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  bool strict = false;
  ReportOptions report;
};

int complain(const std::string& text) {
  fmt::print(stderr, "holdfast check: {}\n", text);
  return kExitUsage;
}

bool passes(const config::Diagnostics& diagnostics, bool strict) {
  const auto is_note = [](const config::Diagnostic& one) {
    return one.finding.severity == config::Severity::kNote;
  };
  return !diagnostics.has_errors() && (!strict || std::ranges::all_of(diagnostics.all(), is_note));
}

int run(const Options& options) {
  std::vector<Input> inputs;
  for (const std::string& file : options.files) {
    auto input = open_input(file);
    if (!input) return complain(input.error().text);
    inputs.push_back(std::move(*input));
  }
  const Reporter reporter(options.report, STDOUT_FILENO);
  if (auto confined = confine_compiler(); !confined) return complain(confined.error().text);
  bool passed = true;
  std::deque<config::CompileResult> nodes;
  // The scripts of other hosts are not here to be looked at.
  auto compile_options = reporter.compile_options();
  compile_options.keep_model = inputs.size() > 1;
  if (inputs.size() > 1) compile_options.read_script = nullptr;
  if (inputs.size() > 1) compile_options.stat_file = nullptr;
  if (inputs.size() > 1) compile_options.find_account = nullptr;
  if (inputs.size() > 1) compile_options.find_group = nullptr;
  for (const Input& input : inputs) {
    auto text = read_input(input);
    if (!text) return complain(text.error().text);
    auto result = config::compile(std::move(*text), input.name, compile_options);
    fmt::print("{}", reporter.report(result));
    passed = passes(result.diagnostics, options.strict) && passed;
    nodes.push_back(std::move(result));
  }
  if (nodes.size() > 1) {
    const auto cluster = config::check_cluster(nodes);
    fmt::print("{}", reporter.report(cluster));
    passed = passes(cluster.diagnostics, options.strict) && passed;
  }
  return passed ? kExitSuccess : kExitFailure;
}

}  // namespace

void add_check(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "check", "say what is wrong with a configuration, or with the nodes of a cluster");
  command
      ->add_option("FILE,-c,--config", options->files,
                   "the configuration, - for standard input; several: the nodes of one cluster")
      ->required();
  command->add_flag("--strict", options->strict, "warnings and lints are failures, too");
  add_report_options(*command, options->report);
  command->footer(
      "Exit status: 0 no errors (with --strict: no warnings and lints either), 1 there are some, "
      "2 it cannot be read, or usage.");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace holdfast::cli
