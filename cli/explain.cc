// `holdfast explain`: what a keyword means, from the keyword table, or a finding, from its page.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/subcommand.h"
#include "config/describe.h"
#include "config/diagnostics.h"
#include "config/explanations.h"

namespace holdfast::cli {
namespace {

int explain(const std::string& word) {
  const std::string_view page = config::explain_finding(word);
  const config::Grammar grammar;
  const std::string text =
      page.empty() ? config::explain_keyword(grammar, word) : std::string(page);
  if (!text.empty()) {
    fmt::print("{}", text);
    return kExitSuccess;
  }
  const auto similar = config::similar_keyword(grammar, word);
  fmt::print(stderr, "holdfast explain: {} is no keyword and no id{}\n", config::in_backticks(word),
             similar.empty() ? std::string()
                             : fmt::format("; did you mean {}?", config::in_backticks(similar)));
  return kExitFailure;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_status) {
  auto word = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("explain", "say what a keyword or a finding means");
  command->add_option("WHAT", *word, "a keyword of the configuration, or an id such as HF0203")
      ->required();
  command->footer("Exit status: 0 it is known, 1 it is not, 2 usage.");
  command->callback([word, &exit_status] { exit_status = explain(*word); });
}

}  // namespace holdfast::cli
