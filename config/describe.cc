#include "config/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace holdfast::config {
namespace {

// What `holdfast explain` says of one row, and the blocks whose rows say the same.
struct Explanation {
  std::string text;
  std::vector<std::string_view> blocks;
};

std::string_view if_ignored(const Keyword& keyword) {
  switch (keyword.ignoring) {
    case Severity::kError:
      return "using it is an error";
    case Severity::kWarning:
      return "using it is a warning";
    default:
      return "using it changes nothing";
  }
}

std::string body(const Grammar& grammar, const Keyword& keyword) {
  std::string text;
  const auto line = [&text](std::string_view what, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {:<10}{}\n", what, value);
  };
  if (!keyword.doc.empty()) text += fmt::format("  {}\n", keyword.doc);
  if (keyword.opens != Block::kNone && info(keyword.opens).is_list) {
    const Keyword* item = grammar.find(keyword.opens, "");
    if (item != nullptr) line("a line", syntax(*item));
  }
  line("default", keyword.otherwise);
  line("range", range_text(keyword));
  line("example", keyword.example);
  line("becomes", keyword.into);
  line("support", support_text(keyword));
  if (keyword.support != Support::kYes) line("", if_ignored(keyword));
  line("instead", keyword.instead);
  line("new name", keyword.new_name);
  return text;
}

}  // namespace

std::string support_text(const Keyword& keyword) {
  switch (keyword.support) {
    case Support::kYes:
      return "supported";
    case Support::kNotYet:
      return fmt::format("not yet: {}", keyword.why);
    case Support::kNever:
      return fmt::format("never: {}", keyword.why);
  }
  return {};
}

std::string explain_keyword(const Grammar& grammar, std::string_view name) {
  std::vector<Explanation> all;
  for (const Keyword& row : grammar.rows()) {
    if (row.name != name || name.empty()) continue;
    const std::string text = fmt::format("{}\n{}", syntax(row), body(grammar, row));
    const auto same = [&](const Explanation& other) { return other.text == text; };
    auto found = std::ranges::find_if(all, same);
    if (found == all.end()) {
      all.push_back({text, {}});
      found = std::prev(all.end());
    }
    found->blocks.push_back(info(row.where).name);
  }
  std::string out;
  for (const Explanation& one : all) {
    if (!out.empty()) out += '\n';
    out += fmt::format("{}  {:<10}{}\n", one.text, "in", fmt::join(one.blocks, ", "));
  }
  return out;
}

std::string_view similar_keyword(const Grammar& grammar, std::string_view name) {
  std::vector<std::string_view> known;
  for (const Keyword& row : grammar.rows()) {
    if (!row.name.empty()) known.push_back(row.name);
  }
  return most_similar(name, known);
}

}  // namespace holdfast::config
