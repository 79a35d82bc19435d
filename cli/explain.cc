// `holdfast explain`: what a finding means, and how to mend it.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/subcommand.h"
#include "config/explanations.h"

namespace holdfast::cli {
namespace {

int run(const std::string& what) {
  const std::string_view page = config::explain_finding(what);
  if (page.empty()) {
    fmt::print(stderr, "holdfast explain: there is no {}; write an id, such as HF0203\n", what);
    return kExitUsage;
  }
  fmt::print("{}", page);
  return kExitSuccess;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_status) {
  auto what = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("explain", "say what a finding means");
  command->add_option("WHAT", *what, "its id, such as HF0203")->required();
  command->callback([what, &exit_status] { exit_status = run(*what); });
}

}  // namespace holdfast::cli
