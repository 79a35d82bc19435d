#include "config/interpret.h"

#include <algorithm>
#include <map>

#include "config/arguments.h"
#include "config/catalogue.h"

namespace holdfast::config {
namespace {

// Recursion is bounded: the parser nests kNestingMax deep at most.
void walk(const std::vector<Statement>& statements, Model& model, Diagnostics& diagnostics) {
  std::map<const Keyword*, Place> seen;
  for (const Statement& statement : statements) {
    const Keyword& keyword = *statement.keyword;
    const auto [before, first_time] = seen.emplace(&keyword, statement.place());
    if (!first_time && !keyword.repeats) {
      diagnostics.report<kRepeated>(statement.place(), in_backticks(keyword.name))
          .also(before->second, "first set here");
    }
    auto [values, ok] = read_arguments(statement, diagnostics);
    // What opens a block is there even if its name is wrong: the lines inside need a home.
    if (keyword.apply != nullptr && !statement.silent && (ok || keyword.opens != Block::kNone)) {
      Call call{model, diagnostics, statement, std::move(values)};
      keyword.apply(call);
    }
    walk(statement.children, model, diagnostics);
  }
}

}  // namespace

Model interpret(const std::vector<Statement>& statements, Diagnostics& diagnostics) {
  Model model;
  walk(statements, model, diagnostics);
  return model;
}

bool lacks(const Statement* block, std::string_view keyword) {
  const auto names_it = [&](const Statement& child) { return child.keyword->name == keyword; };
  return !block->unclosed && std::ranges::none_of(block->children, names_it);
}

}  // namespace holdfast::config
