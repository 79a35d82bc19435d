// What is printed and parsed comes back equal, and `holdfast fmt` changes the looks alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "config/compile.h"
#include "config/format.h"
#include "config/parser.h"
#include "random_configuration.h"
#include "source_tree.h"

namespace holdfast::config {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kCases = 4000;

// One line a statement, words in brackets, so that a difference can be read.
void describe(const std::vector<Statement>& statements, size_t depth, std::string& out) {
  for (const Statement& one : statements) {
    out.append(depth, ' ');
    for (const Word& word : one.words) out += '[' + word.text + ']';
    out += one.has_block ? " {\n" : "\n";
    describe(one.children, depth + 1, out);
  }
}

void describe(const std::vector<RandomStatement>& statements, size_t depth, std::string& out) {
  for (const RandomStatement& one : statements) {
    out.append(depth, ' ');
    for (const std::string& word : one.words) out += '[' + word + ']';
    out += one.keyword->opens != Block::kNone ? " {\n" : "\n";
    describe(one.children, depth + 1, out);
  }
}

class RoundTripTest : public testing::Test {
 protected:
  // The tree, or what was wrong.
  std::string parsed(const std::string& text) const {
    Diagnostics diagnostics;
    Sources sources("random.conf", text);
    Preprocessor lines(sources, diagnostics);
    std::string out;
    std::vector<Statement> statements;
    parse(lines, grammar_, diagnostics, [&](const Statement& one) { statements.push_back(one); });
    describe(statements, 0, out);
    return diagnostics.has_errors() ? render(diagnostics, sources) : out;
  }

  // Where a quote has no other half tokenizer B has no words, but says so.
  static std::string script_words(const Piece& piece) {
    Diagnostics diagnostics;
    const auto words = split_script(piece.glyphs, diagnostics);
    for (const Diagnostic& one : diagnostics.all()) {
      if (one.finding.id == "HF0005") return "(HF0005)";
    }
    std::string out;
    for (const Word& word : words) out += '(' + word.text + ')';
    return out;
  }

  // Braces, and the words of each piece by both tokenizers.
  static std::string tokens(const std::string& text) {
    Diagnostics diagnostics;
    Sources sources("tokens.conf", text);
    Preprocessor lines(sources, diagnostics);
    std::string out;
    for (auto line = lines.next_line(); !line.empty(); line = lines.next_line()) {
      for (const Piece& piece : line) {
        if (piece.kind == Piece::Kind::kOpen) out += "{\n";
        if (piece.kind == Piece::Kind::kClose) out += "}\n";
        if (piece.kind != Piece::Kind::kText) continue;
        for (const Word& word : split_plain(piece.glyphs, diagnostics))
          out += '[' + word.text + ']';
        out += "\n";
        out += script_words(piece);
        out += "\n";
      }
    }
    return out;
  }

  Grammar grammar_;
};

TEST_F(RoundTripTest, RandomTreesComeBackEqualFromRandomLayouts) {
  for (uint32_t seed = 0; seed < kCases; ++seed) {
    RandomConfiguration random(grammar_, seed);
    const auto statements = random.statements();
    std::string expected;
    describe(statements, 0, expected);
    const std::string text = random.text(statements);
    ASSERT_EQ(parsed(text), expected) << "seed " << seed << "\n" << text;
  }
}

TEST_F(RoundTripTest, FormattingThemChangesNoWordAndIsDoneAfterOnce) {
  for (uint32_t seed = 0; seed < kCases; ++seed) {
    RandomConfiguration random(grammar_, seed);
    const auto statements = random.statements();
    std::string expected;
    describe(statements, 0, expected);
    const std::string text = random.text(statements);
    const auto once = format(text, "random.conf");
    ASSERT_TRUE(once.text) << "seed " << seed << "\n" << once.report << text;
    ASSERT_EQ(parsed(*once.text), expected) << "seed " << seed << "\n"
                                            << text << "\n"
                                            << *once.text;
    ASSERT_EQ(format(*once.text, "random.conf").text, once.text) << "seed " << seed << "\n" << text;
    EXPECT_EQ(once.text->find("\n\n\n"), std::string::npos);
    EXPECT_EQ(once.text->find("\r\n"), std::string::npos);
  }
}

// No configurations, but all that can go wrong between two bytes.
TEST_F(RoundTripTest, FormattingScrapsChangesNoWordAndIsDoneAfterOnce) {
  constexpr const char* kScraps[] = {
      "a",     " ",         "\n",       "\r\n", "{",       "}",    "\"",    "'",
      "\\",    "\\\n",      "#",        "!",    "$X",      "$X=",  "${X}",  "@id ",
      "@^id ", "~SEQ(i,3)", "include ", "\t",   "b c",     "\r",   "\\ ",   "\\#",
      "\\\"",  "\xc2\xa0",  "\xe9",     "\n\n", "script ", "\\c ", "{ x }", "\n    "};
  size_t formatted = 0;
  for (uint32_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (uint32_t left = random() % 16; left > 0; --left)
      text += kScraps[random() % std::size(kScraps)];
    const auto once = format(text, "scraps.conf");
    if (!once.text) {
      ASSERT_FALSE(once.report.empty());
      continue;
    }
    ++formatted;
    ASSERT_EQ(tokens(*once.text), tokens(text)) << "seed " << seed << "\n"
                                                << text << "\n---\n"
                                                << *once.text;
    ASSERT_EQ(format(*once.text, "scraps.conf").text, once.text) << "seed " << seed << "\n"
                                                                 << text << "\n---\n"
                                                                 << *once.text;
  }
  EXPECT_GT(formatted, 5000U);
}

std::vector<fs::path> real_files() {
  std::vector<fs::path> files;
  for (const char* directory : {"tests/diagnostics", "tests/seed-cluster"}) {
    for (const auto& entry : fs::directory_iterator(source_tree() / directory)) {
      if (entry.path().extension() == ".conf") files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

TEST_F(RoundTripTest, RealFilesCompileToTheSameBytes) {
  size_t compiled = 0;
  for (const fs::path& file : real_files()) {
    const std::string text = read_source(file);
    const auto before = compile(text, "x.conf");
    const auto formatted = format(text, "x.conf");
    if (!formatted.text) {
      EXPECT_FALSE(before.ok()) << file << "\n" << formatted.report;
      EXPECT_FALSE(formatted.report.empty()) << file;
      continue;
    }
    const auto after = compile(*formatted.text, "x.conf");
    EXPECT_EQ(after.ok(), before.ok()) << file << "\n" << after.report;
    EXPECT_EQ(format(*formatted.text, "x.conf").text, formatted.text) << file;
    EXPECT_EQ(after.engine.SerializeAsString(), before.engine.SerializeAsString()) << file;
    EXPECT_EQ(after.net.SerializeAsString(), before.net.SerializeAsString()) << file;
    EXPECT_EQ(after.checker.SerializeAsString(), before.checker.SerializeAsString()) << file;
    EXPECT_EQ(after.notifier.SerializeAsString(), before.notifier.SerializeAsString()) << file;
    if (before.ok()) ++compiled;
  }
  EXPECT_GT(compiled, 20U);
}

}  // namespace
}  // namespace holdfast::config
