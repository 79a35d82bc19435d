// `holdfast explain`: what a keyword means, from the keyword table.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/subcommand.h"
#include "config/describe.h"
#include "config/diagnostics.h"

namespace holdfast::cli {
namespace {

int explain(const std::string& word) {
  const config::Grammar grammar;
  const std::string text = config::explain_keyword(grammar, word);
  if (!text.empty()) {
    fmt::print("{}", text);
    return kExitSuccess;
  }
  const auto similar = config::similar_keyword(grammar, word);
  fmt::print(stderr, "holdfast explain: {} is no keyword{}\n", config::in_backticks(word),
             similar.empty() ? std::string()
                             : fmt::format("; did you mean {}?", config::in_backticks(similar)));
  return kExitFailure;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_status) {
  auto word = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("explain", "say what a keyword means");
  command->add_option("KEYWORD", *word, "a keyword of the configuration")->required();
  command->footer("Exit status: 0 it is known, 1 it is not, 2 usage.");
  command->callback([word, &exit_status] { exit_status = explain(*word); });
}

}  // namespace holdfast::cli
