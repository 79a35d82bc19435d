// One mistake is one message, at the place where a person would mend it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "config/compile.h"
#include "config_recovery_mutations.h"
#include "source_tree.h"

namespace holdfast::config {
namespace {

std::string mutate(const Mutation& mutation) {
  std::string text = read_source(mutation.file);
  const size_t at = text.find(mutation.find);
  EXPECT_NE(at, std::string::npos) << mutation.find;
  EXPECT_EQ(text.find(mutation.find, at + 1), std::string::npos) << mutation.find;
  if (at != std::string::npos) text.replace(at, mutation.find.size(), mutation.replacement);
  return text;
}

using Indent = std::string (*)(size_t cells);

std::string indented(std::string_view text, Indent indent) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end + 1);
    const size_t cells = std::min(line.find_first_not_of(' '), line.size() - 1);
    out += indent(cells);
    out += line.substr(cells);
    text.remove_prefix(line.size());
  }
  return out;
}

std::string as_written(size_t cells) {
  return std::string(cells, ' ');
}
std::string with_tabs(size_t cells) {
  return std::string(cells / 4, '\t') + std::string(cells % 4, ' ');
}
// As editors do that put a tab in the place of eight spaces.
std::string with_both(size_t cells) {
  return std::string(cells / 8, '\t') + std::string(cells % 8, ' ');
}
std::string not_at_all(size_t) {
  return "";
}

using Found = std::vector<const Diagnostic*>;

// What is said of the text that is not said of the unchanged one.
Found new_in(const CompileResult& result, const CompileResult& before) {
  std::multimap<std::string_view, std::string> known;
  for (const Diagnostic& one : before.diagnostics.all()) known.emplace(one.finding.id, one.text);
  Found found;
  for (const Diagnostic& one : result.diagnostics.all()) {
    const auto [first, last] = known.equal_range(one.finding.id);
    const auto same =
        std::find_if(first, last, [&](const auto& k) { return k.second == one.text; });
    if (same == last) {
      found.push_back(&one);
    } else {
      known.erase(same);
    }
  }
  return found;
}

// Where nothing tells what was meant, it is at least not hundreds.
constexpr size_t kGuessesMax = 8;

void expect_one(const Mutation& mutation, Indent indent, Unindented expected) {
  const auto before = compile(indented(read_source(mutation.file), indent), "x.conf");
  const auto result = compile(indented(mutate(mutation), indent), "x.conf");
  const Found found = new_in(result, before);
  const std::string shown = fmt::format("`{}` -> `{}` in {}:\n{}", mutation.find,
                                        mutation.replacement, mutation.file, result.report);
  if (expected == Unindented::kUntold) {
    EXPECT_LE(found.size(), kGuessesMax) << shown;
    return;
  }
  ASSERT_EQ(found.size(), mutation.id.empty() ? 0U : 1U) << shown;
  if (found.empty()) return;
  EXPECT_EQ(found[0]->finding.id, mutation.id) << shown;
  if (expected == Unindented::kSame) {
    EXPECT_EQ(found[0]->place.line, mutation.line) << shown;
  }
}

class Recovery : public testing::TestWithParam<Mutation> {};

TEST_P(Recovery, SaysOneMistakeOnce) {
  expect_one(GetParam(), as_written, Unindented::kSame);
}
TEST_P(Recovery, CountsTabs) {
  expect_one(GetParam(), with_tabs, Unindented::kSame);
}
TEST_P(Recovery, CountsTabsAndSpaces) {
  expect_one(GetParam(), with_both, Unindented::kSame);
}
TEST_P(Recovery, DoesWithoutIndentation) {
  expect_one(GetParam(), not_at_all, GetParam().unindented);
}

INSTANTIATE_TEST_SUITE_P(OneMistake, Recovery, testing::ValuesIn(kMutations));

// Some people write every `}` at the depth of the lines before it.
TEST(RecoveryTable, LeavesBalancedBracesAlone) {
  std::string text;
  const std::string cluster = read_source(kCluster);
  std::string_view rest = cluster;
  while (!rest.empty()) {
    const size_t end = rest.find('\n') + 1;
    const std::string_view line = rest.substr(0, end);
    const size_t first = line.find_first_not_of(' ');
    if (first != line.npos && line[first] == '}') text += "    ";
    text += line;
    rest.remove_prefix(end);
  }
  const auto before = compile(cluster, "x.conf");
  const auto result = compile(text, "x.conf");
  EXPECT_TRUE(new_in(result, before).empty()) << result.report;
}

TEST(RecoveryTable, IsLarge) {
  EXPECT_GE(std::size(kMutations), 60U);
}

}  // namespace
}  // namespace holdfast::config
