#include "config/interpret.h"

#include <algorithm>
#include <map>

#include "config/arguments.h"
#include "config/catalogue.h"

namespace holdfast::config {
namespace {

// Other languages end a line, or part values, with these. Where the value is a word like any other,
// nothing else would tell.
void report_signs(const Statement& statement, Diagnostics& diagnostics) {
  const Keyword& keyword = *statement.keyword;
  const auto is_free = [&](size_t index) {
    const Argument* argument = index < keyword.takes.size() ? &keyword.takes[index] : nullptr;
    const bool is_mail = keyword.where == Block::kMailAddresses;
    return is_mail || (argument != nullptr && (argument->kind == Argument::Kind::kWord ||
                                               argument->kind == Argument::Kind::kPath));
  };
  const size_t first = keyword.name.empty() ? 0 : 1;
  for (size_t i = first; i < statement.words.size(); ++i) {
    const Word& word = statement.words[i];
    const bool has_sign = word.text.ends_with(';') || word.text.ends_with(',');
    if (!has_sign || !word.bare || !is_free(i - first)) continue;
    const std::string name = keyword.name.empty() ? "this line" : in_backticks(keyword.name);
    diagnostics.report<kSignBehindWord>(word.place, word.text.back(), name)
        .note("a line ends without a sign, and blanks part its words")
        .help("remove it, or put the value in double quotes if it is meant");
  }
}

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
    const size_t told_before = diagnostics.all().size();
    auto [values, ok] = read_arguments(statement, diagnostics);
    // What opens a block is there even if its name is wrong: the lines inside need a home.
    if (keyword.apply != nullptr && !statement.silent && (ok || keyword.opens != Block::kNone)) {
      Call call{model, diagnostics, statement, std::move(values)};
      keyword.apply(call);
    }
    // One message is enough for a line.
    if (diagnostics.all().size() == told_before) report_signs(statement, diagnostics);
    walk(statement.children, model, diagnostics);
  }
}

}  // namespace

Model interpret(const std::vector<Statement>& statements, Diagnostics& diagnostics) {
  Model model;
  model.statements = &statements;
  walk(statements, model, diagnostics);
  return model;
}

std::vector<const Statement*> statements_named(const std::vector<Statement>& statements,
                                               std::string_view keyword) {
  std::vector<const Statement*> found;
  for (const Statement& statement : statements) {
    if (statement.keyword->name == keyword) found.push_back(&statement);
    const auto inside = statements_named(statement.children, keyword);
    found.insert(found.end(), inside.begin(), inside.end());
  }
  return found;
}

bool lacks(const Statement* block, std::string_view keyword) {
  const auto names_it = [&](const Statement& child) { return child.keyword->name == keyword; };
  return !block->unclosed && std::ranges::none_of(block->children, names_it);
}

}  // namespace holdfast::config
