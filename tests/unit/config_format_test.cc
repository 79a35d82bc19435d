// The one layout, case by case. What holds of any text: config_roundtrip_test.cc.
#include "config/format.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/compile.h"

namespace holdfast::config {
namespace {

std::string formatted(std::string_view text) {
  const auto result = format(text, "x.conf");
  return result.text ? *result.text : "refused:\n" + result.report;
}

TEST(Format, IndentsByBracesAndPutsAStatementOnALine) {
  EXPECT_EQ(formatted("a b{c{d e}\nf}\n"), "a b {\n    c {\n        d e\n    }\n    f\n}\n");
  EXPECT_EQ(formatted("a\n\n{\n\n b\n\n\n c\n\n}"), "a {\n    b\n\n    c\n}\n");
  EXPECT_EQ(formatted("a { } b"), "a {\n}\n\nb\n");
  EXPECT_EQ(formatted(""), "");
}

TEST(Format, GivesAHundredReasonsAtMost) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "}\n";
  const auto refused = format(text, "x.conf");
  EXPECT_FALSE(refused.text);
  EXPECT_EQ(std::ranges::count(refused.report, '^'), 100);
}

TEST(Format, LeavesTemplatesAndMergesAlone) {
  for (const char* text :
       {"a {{ b }}\n", "{% if a != b %}\nc\n{% endif %}\n", "  {# a\n#}\nb\n", "a <%= b %>\n",
        "a ${B[0]}\n", "a { {{ b }} }\n", "a {\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> d\n}\n"}) {
    const auto refused = format(text, "x.conf");
    EXPECT_FALSE(refused.text) << text;
    EXPECT_NE(refused.report.find("error[HF01"), std::string::npos) << refused.report;
  }
  EXPECT_EQ(formatted("a {# b\n}\n"), "a {  # b\n}\n");
}

TEST(Format, PutsOneBlankLineBetweenBlocksAtTheTop) {
  EXPECT_EQ(formatted("\n\na {\n}\nb {\n}\n\n\n# c\nd {\n}\n\n"),
            "a {\n}\n\nb {\n}\n\n# c\nd {\n}\n");
  EXPECT_EQ(formatted("x y\n# of a\na {\n}\n"), "x y\n\n# of a\na {\n}\n");
}

TEST(Format, LeavesABraceAtAWordThatWouldIncludeItElse) {
  EXPECT_EQ(formatted("include{ a\n}"), "include{\n    a\n}\n");
  EXPECT_EQ(formatted("included{ a\n}"), "included {\n    a\n}\n");
}

TEST(Format, PutsOneSpaceBetweenWordsAndNoneAtTheEnd) {
  EXPECT_EQ(formatted("\xef\xbb\xbf"
                      "a\t b   c \r\nd\xc2\xa0"
                      "e\r\n"),
            "a b c\nd e\n");
}

TEST(Format, KeepsWhatIsInQuotesAndBehindABackslash) {
  EXPECT_EQ(formatted("a  \"b   c\"  'd   e'  f\\  g\n"), "a \"b   c\" 'd   e' f\\  g\n");
  EXPECT_EQ(formatted("a  b\"c   d\"e\n"), "a b\"c   d\"e\n") << "one word or three";
  EXPECT_EQ(formatted("a it's   b\n"), "a it's b\n") << "a quote alone is a letter";
  EXPECT_EQ(formatted("a \\ \nb \\{ \n}"), "a \\ \n\nb \\ {\n}\n") << "no new continuation";
  EXPECT_EQ(formatted("a  \\#b  \"#  {\"\n"), "a \\#b \"#  {\"\n");
}

TEST(Format, KeepsComments) {
  EXPECT_EQ(formatted("a { # one\n# two\n  b# three\n c     ! four\n} #five\n   # six  \n"),
            "a {  # one\n    # two\n    b# three\n    c  ! four\n}  #five\n\n# six\n");
  EXPECT_EQ(formatted("a # one\n# two\n{ # three\n}\n"), "a {  # one\n    # two\n    # three\n}\n");
  EXPECT_EQ(formatted("a { b } # one\n"), "a {\n    b\n}  # one\n");
}

TEST(Format, KeepsContinuedLines) {
  EXPECT_EQ(formatted("a {\nb \\\n c\\\nd # one\n}"), "a {\n    b \\\n        c\\\nd  # one\n}\n");
  EXPECT_EQ(formatted("a \"b \\\n  c\"  d \\\n\n"), "a \"b \\\n  c\" d\n");
}

TEST(Format, KeepsLinesThatThePreprocessorTakesWhole) {
  const std::string text =
      "$A=1   2\n"
      "$C=\\\n"
      "  d \"e # f\\\n"
      "  g # h \\\n"
      "    i\n"
      "@j $K= \\\n"
      "  l # m \\\n"
      "  n\n"
      "  $B=x \\\n"
      "       y   {z}\n"
      "\n"
      "include  a{b,c}.conf  # d\n"
      "\n"
      "a {\n"
      "    @one  track { b }\n"
      "    @^two  c\n"
      "    ~SEQ(i,1,3) track  { d$i }\n"
      "    ~LST({x,y},{1,2},{3,4}) e  $x\n"
      "    include  f\n"
      "    g ${A} ${_RANDOM 1 2}\n"
      "    $A { ~x }\n"
      "}\n";
  EXPECT_EQ(formatted(text), text);
}

TEST(Format, LetsNothingBecomeALineForThePreprocessor) {
  EXPECT_EQ(formatted("a { $B=1 }\n"), "a { $B=1 }\n");
  EXPECT_EQ(formatted("a {\nb } @c d\n"), "a {\n    b } @c d\n");
}

TEST(Format, ABraceBelowAUseOrAConditionStaysThere) {
  EXPECT_EQ(formatted("@x a\n@y b\n{\n c\n}\n"), "@x a\n@y b\n{\n    c\n}\n");
  EXPECT_EQ(formatted("a $B\n{\n c\n}\n"), "a $B\n{\n    c\n}\n");
  EXPECT_EQ(formatted("a   $B{\nc\n}\n"), "a $B {\n    c\n}\n");
}

TEST(Format, AlternativesOpenOneBlock) {
  EXPECT_EQ(formatted("@x a {\n@y b {\nc\n}\nd {\n}\n"), "@x a {\n@y b {\n    c\n}\n\nd {\n}\n");
}

TEST(Format, RefusesBracesAndQuotesThatDoNotMatch) {
  EXPECT_TRUE(formatted("a {\n  b\n").starts_with("refused:\nerror[HF0104]")) << formatted("a {\n");
  EXPECT_TRUE(formatted("a\n}\n").starts_with("refused:\nerror[HF0105]")) << formatted("a\n}\n");
  EXPECT_TRUE(formatted("a \"b\n").starts_with("refused:\nerror[HF0005]")) << formatted("a \"b\n");
  EXPECT_TRUE(formatted(std::string_view("a\0", 2)).starts_with("refused:\nerror[HF0002]"));
  EXPECT_TRUE(formatted(std::string(40, '{') + std::string(40, '}')).starts_with("refused:\n"));
  EXPECT_TRUE(formatted(std::string(kTextBytesMax + 1, 'x')).starts_with("refused:\n"));
}

}  // namespace
}  // namespace holdfast::config
