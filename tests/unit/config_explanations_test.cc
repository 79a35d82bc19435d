// The page of each finding: its form, and that its examples show what it is about.
#include "config/explanations.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <regex>
#include <set>

#include "config/cluster.h"
#include "config/compile.h"
#include "golden_files.h"
#include "source_tree.h"
#include "tree_files.h"

namespace holdfast::config {
namespace {

std::set<std::string> ids_of_the_catalogue() {
  const std::string catalogue = read_source("config/catalogue.h");
  std::set<std::string> ids;
  const std::regex id("\"(HF[0-9]{4})\"");
  for (std::sregex_iterator at(catalogue.begin(), catalogue.end(), id), end; at != end; ++at) {
    ids.insert((*at)[1]);
  }
  return ids;
}

struct Notation {
  std::string_view written;
  std::string stands_for;
};

std::string addresses(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "10.0.0." + std::to_string(i) + "/24\n";
  return lines;
}

std::string definitions_in_each_other(int count) {
  std::string lines;
  for (int i = 1; i <= count; ++i) lines += fmt::format("$A{}=${{A{}}}\n", i, i - 1);
  return lines;
}

// What a page cannot hold, or should not.
std::string plain(std::string text) {
  const std::array notations = {
      Notation{"<NUL>", std::string(1, '\0')},
      Notation{"<CR>", "\r"},
      Notation{"<NBSP>", "\u00a0"},
      Notation{"<byte E9>", "\xe9"},
      Notation{"<70,000 letters>", std::string(70'000, 'a')},
      Notation{"<9 MiB of letters>", std::string(9UL << 20U, 'a')},
      Notation{"<255 addresses more>", addresses(255)},
      Notation{"<$A1=${A0} and so on, to $A40=${A39}>", definitions_in_each_other(40)},
  };
  for (const auto& [written, stands_for] : notations) {
    const size_t at = text.find(written);
    if (at != std::string::npos) text.replace(at, written.size(), stands_for);
  }
  return text;
}

struct Examples {
  std::string wrong;
  std::string right;
};

Examples examples_of(std::string_view page) {
  const size_t wrong = page.find("\nWrong");
  const size_t right = page.find("\nRight:\n");
  if (wrong == page.npos || right == page.npos || right < wrong) return {};
  const size_t first = page.find('\n', wrong + 1) + 1;
  return {plain(std::string(page.substr(first, right + 1 - first))),
          plain(std::string(page.substr(right + std::string_view("\nRight:\n").size())))};
}

bool says(const Diagnostics& diagnostics, std::string_view id) {
  return std::ranges::any_of(diagnostics.all(),
                             [&](const Diagnostic& one) { return one.finding.id == id; });
}

// Files that are checked together stand one behind the other.
bool triggers_together(const std::string& text, std::string_view id) {
  constexpr std::string_view kBetween = "# the other node\n";
  const size_t at = text.find(kBetween);
  if (at == std::string::npos) return false;
  std::deque<CompileResult> nodes;
  nodes.push_back(compile(text.substr(0, at), "node1.conf"));
  nodes.push_back(compile(text.substr(at + kBetween.size()), "node2.conf"));
  return says(check_cluster(nodes).diagnostics, id);
}

bool triggers(const std::string& text, std::string_view id) {
  if (id.starts_with("HF06")) return triggers_together(text, id);
  TreeFiles files("tests/diagnostics");
  CompileOptions options = golden_options();
  if (id != "HF0507") options.text.files = &files;
  options.lenient = id == "HF0120" || id == "HF0121";
  return says(compile(text, "x.conf", options).diagnostics, id);
}

TEST(Explanations, AreThereForEachIdOfTheCatalogue) {
  const auto ids = ids_of_the_catalogue();
  EXPECT_GT(ids.size(), 60U);
  for (const std::string& id : ids) {
    EXPECT_FALSE(explain_finding(id).empty()) << "config/explanations/" << id << ".md is missing";
  }
  for (const Explanation& one : explanations()) {
    EXPECT_TRUE(ids.contains(std::string(one.id))) << one.id << " is not in the catalogue";
  }
}

TEST(Explanations, AreFoundByTheirId) {
  EXPECT_TRUE(explain_finding("HF0203").starts_with("# HF0203: "));
  EXPECT_EQ(explain_finding("hf0203"), explain_finding("HF0203"));
  EXPECT_EQ(explain_finding("HF9999"), "");
  EXPECT_EQ(explain_finding(""), "");
}

TEST(Explanations, HaveTheirParts) {
  for (const auto& [id, page] : explanations()) {
    EXPECT_TRUE(page.starts_with("# " + std::string(id) + ": ")) << id;
    for (const char* part : {"\nWhy it matters: ", "\nHow to mend it: ", "\nWrong", "\nRight:\n"}) {
      EXPECT_NE(page.find(part), page.npos) << id << " has no" << part;
    }
    const auto lines = std::ranges::count(page, '\n');
    EXPECT_GE(lines, 8) << id;
    // Two files need more.
    EXPECT_LE(lines, id.starts_with("HF06") ? 40 : 30) << id;
    for (size_t at = 0; at < page.size(); at = page.find('\n', at) + 1) {
      EXPECT_LE(std::min(page.find('\n', at), page.size()) - at, 100U) << id;
    }
  }
}

TEST(Explanations, ShowWhatIsWrongAndWhatIsRight) {
  for (const auto& [id, page] : explanations()) {
    const auto [wrong, right] = examples_of(page);
    EXPECT_TRUE(triggers(wrong, id)) << id << ": its wrong example does not show it";
    EXPECT_FALSE(right.empty()) << id;
    EXPECT_FALSE(triggers(right, id)) << id << ": its right example shows it, too";
  }
}

}  // namespace
}  // namespace holdfast::config
