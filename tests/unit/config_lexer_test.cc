// Comments, continuations, braces, and the two ways to make words: facts of keepalived's language.
#include "config/lexer.h"

#include <gtest/gtest.h>

#include "config/catalogue.h"
#include "config/preprocessor.h"

namespace holdfast::config {
namespace {

using Ids = std::vector<std::string>;

class LexerTest : public testing::Test {
 protected:
  // The pieces of the whole text, braces as they are, text by tokenizer A as "word|word".
  std::string pieces(std::string_view text) {
    diagnostics_ = Diagnostics{};
    Sources sources("test.conf", std::string(text));
    Preprocessor lines(sources, diagnostics_);
    std::string out;
    for (auto line = lines.next_line(); !line.empty(); line = lines.next_line()) {
      for (const Piece& piece : line) {
        if (!out.empty()) out += ' ';
        if (piece.kind == Piece::Kind::kOpen) out += '{';
        if (piece.kind == Piece::Kind::kClose) out += '}';
        if (piece.kind == Piece::Kind::kText) out += join(split_plain(piece.glyphs, diagnostics_));
      }
    }
    return out;
  }

  // One line by tokenizer B.
  std::string script(std::string_view text) {
    diagnostics_ = Diagnostics{};
    Sources sources("test.conf", std::string(text));
    Preprocessor lines(sources, diagnostics_);
    const auto line = lines.next_line();
    return line.empty() ? "" : join(split_script(line.front().glyphs, diagnostics_));
  }

  std::vector<Word> words(std::string_view text) {
    Sources sources("test.conf", std::string(text));
    Preprocessor lines(sources, diagnostics_);
    return split_plain(lines.next_line().front().glyphs, diagnostics_);
  }

  Ids ids() const {
    Ids result;
    for (const Diagnostic& one : diagnostics_.all()) result.emplace_back(one.finding.id);
    return result;
  }

  static std::string join(const std::vector<Word>& words) {
    std::string out;
    for (size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : "|") + words[i].text;
    return out;
  }

  Diagnostics diagnostics_;
};

TEST_F(LexerTest, CommentsStartAnywhereOutsideDoubleQuotes) {
  EXPECT_EQ(pieces("# all\n! all\n  a b # c\nd!e\n"), "a|b d");
  EXPECT_EQ(pieces("a \"b # c ! d\" # e"), "a|b # c ! d");
}

TEST_F(LexerTest, SingleQuotesDoNotProtectFromComments) {
  EXPECT_EQ(pieces("a 'b # c'"), "a|'b");
}

TEST_F(LexerTest, ABackslashTakesTheMeaningFromACommentSign) {
  EXPECT_EQ(pieces("a b\\#c \\!d # e"), "a|b#c|!d");
  EXPECT_EQ(pieces("a \"b\\#c\""), "a|b\\#c") << "quoted text keeps its backslashes";
}

TEST_F(LexerTest, ATrailingBackslashContinuesTheLine) {
  EXPECT_EQ(pieces("a b\\\nc \\\n  d\ne"), "a|bc|d e");
  EXPECT_EQ(pieces("a \"b \\\nc\"\nd"), "a|b c d");
  EXPECT_EQ(pieces("a b\\\r\nc"), "a|bc");
  EXPECT_EQ(pieces("a \\"), "a");
}

TEST_F(LexerTest, ACommentDoesNotContinue) {
  EXPECT_EQ(pieces("a # b \\\nc"), "a c");
}

TEST_F(LexerTest, BracesAreSplitOffAnywhereOutsideDoubleQuotes) {
  EXPECT_EQ(pieces("virtual_server 10.0.0.1 80{"), "virtual_server|10.0.0.1|80 {");
  EXPECT_EQ(pieces("virtual_ipaddress{1.2.3.4}"), "virtual_ipaddress { 1.2.3.4 }");
  EXPECT_EQ(pieces("track_interface { eth0 }"), "track_interface { eth0 }");
  EXPECT_EQ(pieces("a{b{c}}d"), "a { b { c } } d");
  EXPECT_EQ(pieces("a \"b{c}d\""), "a|b{c}d");
}

TEST_F(LexerTest, SingleQuotesDoNotProtectFromBraces) {
  EXPECT_EQ(pieces("a 'b{c'"), "a|'b { c'");
}

TEST_F(LexerTest, CarriageReturnsTabsAndBlankLinesMeanNothing) {
  EXPECT_EQ(pieces("a\tb\r\n\r\n \t \r\n\tc {\r\n}\r\n"), "a|b c { }");
}

TEST_F(LexerTest, CommentsMayHoldAnyBytes) {
  EXPECT_EQ(pieces("# caf\xe9 \xff\na b # \xc3\xa9\n"), "a|b");
  EXPECT_TRUE(ids().empty());
}

TEST_F(LexerTest, AByteOrderMarkIsLeftOut) {
  EXPECT_EQ(pieces("\xef\xbb\xbf! c\na"), "a");
}

TEST_F(LexerTest, ANulByteLosesItsLineAlone) {
  EXPECT_EQ(pieces(std::string_view("a\nb\0c\nd", 7)), "a d");
  EXPECT_EQ(ids(), Ids{"HF0002"});
}

TEST_F(LexerTest, ALineHasABoundWithItsContinuations) {
  EXPECT_EQ(pieces("a " + std::string(kLineBytesMax - 2, 'x') + "\nb").size(), kLineBytesMax + 2);
  EXPECT_TRUE(ids().empty());
  EXPECT_EQ(pieces("a " + std::string(kLineBytesMax, 'x') + "\nb"), "b");
  EXPECT_EQ(ids(), Ids{"HF0001"});
  std::string continued;
  for (size_t i = 0; i < kLineBytesMax; ++i) continued += "x\\\n";
  EXPECT_EQ(pieces(continued + "y\nb"), "b");
  EXPECT_EQ(ids(), Ids{"HF0001"});
}

TEST_F(LexerTest, ANoBreakSpaceSeparatesAndIsReportedOnceALine) {
  const std::string space = "\xc2\xa0";
  EXPECT_EQ(pieces(space + space + "a" + space + "b\n" + space + "c \"d" + space + "e\""),
            "a|b c|d" + space + "e");
  EXPECT_EQ(ids(), (Ids{"HF0004", "HF0004"}));
}

TEST_F(LexerTest, PlainWordsEndAtAQuote) {
  EXPECT_EQ(pieces("a b\"c d\"e f"), "a|b|c d|e|f");
  EXPECT_EQ(pieces("a \"\" b"), "a||b");
  EXPECT_EQ(pieces("a 'b c'"), "a|'b|c'") << "single quotes are letters";
  EXPECT_EQ(pieces("a b\\tc"), "a|b\\tc") << "no escapes";
}

TEST_F(LexerTest, AnUnmatchedQuoteIsReportedAndTheBraceBehindItCounts) {
  EXPECT_EQ(pieces("a \"b {\nc\n}"), "a|b { c }");
  EXPECT_EQ(ids(), Ids{"HF0005"});
}

TEST_F(LexerTest, ScriptWordsConcatenate) {
  EXPECT_EQ(script("a\"b c\"d 'e f'g"), "ab cd|e fg");
  EXPECT_EQ(script("script \"it's\" '\"hi\" you'"), "script|it's|\"hi\" you");
}

TEST_F(LexerTest, ScriptWordsKnowEscapes) {
  EXPECT_EQ(script(R"(\a\b\E\f\n\r\t\v)"), "\a\b\x1b\f\n\r\t\v");
  EXPECT_EQ(script(R"(\101\0412\x41\x4g\xg)"), "A!2A\x04gxg");
  EXPECT_EQ(script(R"(\cA\cz)"), "\x01\x1a");
  EXPECT_EQ(script(R"(a\ b "c\' \\ \"d" e\q)"), "a b|c' \\ \"d|eq");
}

TEST_F(LexerTest, ScriptWordsReportAnUnmatchedQuote) {
  EXPECT_EQ(script("script 'a b"), "script|a b");
  EXPECT_EQ(ids(), Ids{"HF0005"});
}

TEST_F(LexerTest, WordsMustBeTextWithoutNul) {
  EXPECT_EQ(script(R"(a \0)"), std::string("a|\0", 3));
  EXPECT_EQ(ids(), Ids{"HF0007"});
  script(R"(a \xff)");
  EXPECT_EQ(ids(), Ids{"HF0006"});
  pieces("a \xff");
  EXPECT_EQ(ids(), Ids{"HF0006"});
}

TEST_F(LexerTest, PlacesCountCharacters) {
  const auto list = words("\t\xc3\xa9\xe2\x82\xac \"x y\" z");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].place, (Place{0, 1, 2, 2}));
  EXPECT_EQ(list[1].place, (Place{0, 1, 5, 5}));
  EXPECT_EQ(list[2].place, (Place{0, 1, 11, 1}));
}

TEST_F(LexerTest, PlacesFollowContinuations) {
  const auto list = words("\n\na \\\n  b");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].place, (Place{0, 3, 1, 1}));
  EXPECT_EQ(list[1].place, (Place{0, 4, 3, 1}));
}

TEST(Source, FindsLines) {
  const Source source("x", "a\r\nb\n\nc", {});
  ASSERT_EQ(source.line_count(), 4U);
  EXPECT_EQ(source.line(1), "a");
  EXPECT_EQ(source.line(3), "");
  EXPECT_EQ(source.line(4), "c");
  EXPECT_EQ(source.line(0), "");
  EXPECT_EQ(source.line(5), "");
}

TEST(Source, KnowsUtf8) {
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  // Lone, cut short, overlong twice, a surrogate, beyond the last code point, never used.
  for (const char* bad : {"\x80", "\xe2\x82", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace holdfast::config
