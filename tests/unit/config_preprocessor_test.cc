// What becomes of a line before its keyword is looked up. Most of it was observed on keepalived
// 2.2.7, which names the first word of each line that it does not know.
#include "config/preprocessor.h"

#include <gtest/gtest.h>

#include <map>

#include "config/catalogue.h"
#include "config/compile.h"

namespace holdfast::config {
namespace {

using Ids = std::vector<std::string>;

// A file system of names; a pattern matches by its part before `*`.
class FakeFiles : public FileAccess {
 public:
  std::vector<std::string> glob(const std::string& pattern, size_t most) override {
    patterns.push_back(pattern);
    const size_t star = pattern.find('*');
    std::vector<std::string> names;
    for (const auto& [name, text] : texts) {
      const bool matches =
          star == std::string::npos ? name == pattern : name.starts_with(pattern.substr(0, star));
      if (matches && names.size() < most) names.push_back(name);
    }
    return names;
  }
  IncludedFile read(const std::string& path, size_t most_bytes) override {
    if (kinds.contains(path)) {
      return {.kind = kinds[path], .text = {}, .identity = {}, .reason = "Permission denied"};
    }
    const std::string& text = texts[path];
    const auto kind =
        text.size() > most_bytes ? IncludedFile::Kind::kTooLarge : IncludedFile::Kind::kRead;
    ++reads;
    return {.kind = kind, .text = text, .identity = knows ? path : "", .reason = {}};
  }
  std::string identity(const std::string& path) override { return path; }
  std::string absolute(const std::string& directory) override { return "/abs/" + directory; }

  std::map<std::string, std::string> texts;
  std::map<std::string, IncludedFile::Kind> kinds;
  std::vector<std::string> patterns;
  size_t reads = 0;
  bool knows = true;  // which file is which
};

class PreprocessorTest : public testing::Test {
 protected:
  PreprocessorTest() {
    options_.files = &files_;
    options_.config_id = "web";
  }

  // The lines, their pieces as they are: "a b|c { d".
  std::string lines(const std::string& text) {
    diagnostics_ = Diagnostics{};
    Sources sources("dir/main.conf", text);
    Preprocessor preprocessor(sources, diagnostics_, options_);
    std::string out;
    for (auto line = preprocessor.next_line(); !line.empty(); line = preprocessor.next_line()) {
      if (!out.empty()) out += '|';
      bool first = true;
      for (const Piece& piece : line) {
        if (!std::exchange(first, false)) out += ' ';
        if (piece.kind == Piece::Kind::kOpen) out += '{';
        if (piece.kind == Piece::Kind::kClose) out += '}';
        for (const Glyph& glyph : piece.glyphs) out += glyph.byte;
      }
    }
    fingerprint_ = preprocessor.fingerprint();
    diagnostics_.sort();
    return out;
  }

  Ids ids() const {
    Ids result;
    for (const Diagnostic& one : diagnostics_.all()) result.emplace_back(one.finding.id);
    return result;
  }

  FakeFiles files_;
  PreprocessorOptions options_;
  Diagnostics diagnostics_;
  uint64_t fingerprint_ = 0;
};

TEST_F(PreprocessorTest, ConditionsCompareTheId) {
  EXPECT_EQ(lines("@web a\n@^web b\n@nope c\n@^nope d\n \t@web\te f\n@webx g\n@we h\n@web\n"),
            "a|d|e f");
  EXPECT_TRUE(ids().empty());
  EXPECT_EQ(lines("@ a\n@^ b"), "b");
  EXPECT_EQ(ids(), (Ids{"HF0509", "HF0509"}));
  EXPECT_EQ(lines("@web @web a"), "@web a") << "one condition a line";
}

TEST_F(PreprocessorTest, ABlockGoesWithItsFirstLine) {
  EXPECT_EQ(lines("@nope a {\nb\nc {\nd }\n} e\nf"), "e|f");
  EXPECT_EQ(ids(), (Ids{"HF0521"}));
  EXPECT_EQ(lines("@nope a {\nb"), "");
  EXPECT_EQ(ids(), (Ids{"HF0104", "HF0521"}));
  EXPECT_EQ(lines("x {\n@nope a {\nb }\nc }"), "x {|c }");
  EXPECT_EQ(ids(), (Ids{"HF0522"}));
  EXPECT_EQ(lines("@nope a {\n@web b\n@nope c\nd }\ne"), "e");
  EXPECT_EQ(ids(), (Ids{"HF0521"}));
  EXPECT_EQ(lines("@ a {\nb }\nc"), "c");
  EXPECT_EQ(ids(), (Ids{"HF0509"}));
}

TEST_F(PreprocessorTest, ABlockStaysWithOneOfItsFirstLines) {
  // Alternatives share what follows them, whichever comes first.
  EXPECT_EQ(lines("@nope a {\n@web b {\nc }"), "b {|c }");
  EXPECT_EQ(lines("@web a {\n@nope b {\nc }"), "a {|c }");
  EXPECT_EQ(lines("@web a {\n@web x\n@nope b {\n@nope y\nc }"), "a {|x|c }");
  EXPECT_EQ(lines("@nope a {\n@nope x\n@web b {\n@web y\nc }"), "b {|y|c }");
  // Each line has its condition.
  EXPECT_EQ(lines("@nope a {\n@nope b {\n@nope c }\n@nope }\nd"), "d");
  EXPECT_EQ(lines("@nope a {\n@web b {\n@nope c }\n@web d }\ne"), "b {|d }|e");
  EXPECT_EQ(lines("@web a {\n@web }\n@nope b {\n@nope }\nc"), "a {|}|c");
  EXPECT_EQ(lines("@nope $X={\na\n@nope b { c }\nd"), "a|d");
  EXPECT_TRUE(ids().empty());
  // No host is any of them.
  EXPECT_EQ(lines("@nope a {\n@none b {\nc }\nd"), "d");
  EXPECT_EQ(ids(), (Ids{"HF0521"}));
}

TEST(PrintableName, ReplacesWhatATerminalWouldObey) {
  EXPECT_EQ(printable_name("/etc/keep\xc3\xa9.conf"), "/etc/keep\xc3\xa9.conf");
  Sources sources("a\x1b[2J\xff.conf", "x");
  Diagnostics diagnostics;
  diagnostics.report<kUnknownKeyword>({.file = 0, .line = 1, .column = 1}, "x", "the file");
  const std::string report = render(diagnostics, sources);
  EXPECT_TRUE(is_utf8(report)) << report;
  EXPECT_EQ(report.find('\x1b'), std::string::npos) << report;
}

TEST_F(PreprocessorTest, NamesAreReplacedWhereTheyEnd) {
  EXPECT_EQ(lines("$A=foo\nw$A\nw$A,x\nw$A)x\n${A}x\n$A$A\n$$A\n\\$A\n'$A x\n$A # c"),
            "wfoo|wfoo,x|wfoo)x|foox|$Afoo|$foo|\\foo|'foo x|foo");
  EXPECT_EQ(ids(), Ids{"HF0512"}) << "$A$A: the first is not followed by what ends a name";
  EXPECT_EQ(lines("$A=foo\n$A.x $A: \"$A\" '$A'"), "$A.x $A: \"$A\" '$A'");
  EXPECT_EQ(ids(), (Ids{"HF0512", "HF0512", "HF0512", "HF0512"}));
  EXPECT_EQ(lines("$A=foo\n\"$A x ${A}\""), "\"foo x foo\"");
}

TEST_F(PreprocessorTest, UndefinedNamesStay) {
  EXPECT_EQ(lines("auth_pass a$b\n$A x\n$5 a$"), "auth_pass a$b|$A x|$5 a$");
  EXPECT_TRUE(ids().empty());
  lines("x \"${A} ${A:-b}\"");
  EXPECT_EQ(ids(), Ids{"HF0511"}) << "what is no name is the shell's";
  EXPECT_EQ(lines("x ${A}y {\n}"), "x $(A)y {|}") << "its braces are no block";
  EXPECT_EQ(ids(), Ids{"HF0510"});
}

TEST_F(PreprocessorTest, ValuesAreTakenAtTheUse) {
  EXPECT_EQ(lines("$A=10.${B}\n$B=0\n${A}.1\n$B=10\n${A}.1"), "10.0.1|10.10.1");
  EXPECT_EQ(lines("$A=x${B}y\n$B=q$C\n$C=7\n$A"), "xq$Cy") << "what follows decides, too";
  EXPECT_EQ(lines("$A=  a   b  \n[$A]\n[${A}]\n$E=\nx${E}y\n$E"), "[$A]|[a   b]|xy");
  EXPECT_EQ(lines("$A=\"a # b\" # c\nx $A"), "x \"a # b\"");
  EXPECT_EQ(lines("  $A=1\n@web $B=2\n@nope $B=3\n$A $B"), "1 2");
}

TEST_F(PreprocessorTest, AValueMayBeAnyStep) {
  EXPECT_EQ(lines("$IF=@web\n$IF a\n$IF=@nope\n$IF b"), "a");
  EXPECT_EQ(lines("$S=~SEQ(i,1,2)\n$S w$i"), "w1|w2");
  EXPECT_EQ(lines("$D=$Y=5\n$D\nw$Y"), "w5");
  files_.texts["dir/x"] = "included";
  EXPECT_EQ(lines("$I=include x\n$I\n$X=x\ninclude $X\n@web include x"),
            "included|included|included");
  EXPECT_TRUE(ids().empty());
}

TEST_F(PreprocessorTest, BracesOfAValueCount) {
  EXPECT_EQ(lines("$B=w { v }\n$B\n$O=a {\n$O\n}"), "w { v }|a {|}");
}

TEST_F(PreprocessorTest, BlocksOfLinesEndALine) {
  const std::string block = "$M= \\\n  m1 $i \\\n\\\n m2 # c \\\n @web m3 \\\n @nope m4\n$i=7\n";
  EXPECT_EQ(lines(block + "$M\nend"), "m1 7|m2|m3|end");
  EXPECT_EQ(lines(block + "pre$M\n${M} # c\nend"), "prem1 7|m2|m3|m1 7|m2|m3|end");
  EXPECT_EQ(lines("$A=first \\\n second\n$A"), "first|second");
  EXPECT_TRUE(ids().empty());
  lines(block + "a $M b\n$M {\n}");
  EXPECT_EQ(ids(), (Ids{"HF0513", "HF0513"}));
}

TEST_F(PreprocessorTest, BlocksNestAndDefine) {
  EXPECT_EQ(lines("$R= \\\nr $N { \\\n}\n$V= \\\nv { \\\n$N=1 \\\n$R \\\n$N=2 \\\n$R \\\n}\n$V"),
            "v {|r 1 {|}|r 2 {|}|}");
  files_.texts["dir/x"] = "included";
  EXPECT_EQ(lines("$M= \\\n~SEQ(i,1,2) s$i \\\n include x \\\n e\n$M"), "s1|s2|included|e");
}

TEST_F(PreprocessorTest, BuiltInNames) {
  EXPECT_EQ(lines("${_PWD} ${_INSTANCE} $_INSTANCE ${_HASH}x${_BANG}"), "/abs/dir/ web web #x!");
  EXPECT_EQ(lines("$_PWD=/x\n${_PWD}"), "/x");
  options_.environment = [](const std::string& name) {
    return name == "HOME" ? std::optional<std::string>("/root") : std::nullopt;
  };
  EXPECT_EQ(lines("${_ENV HOME}/a"), "/root/a");
  lines("${_ENV NONE}/a ${_RANDOM a} ${_PWD x}");
  EXPECT_EQ(ids(), (Ids{"HF0510", "HF0510", "HF0510"}));
}

TEST_F(PreprocessorTest, RandomNumbersRepeat) {
  const std::string text = "${_RANDOM} ${_RANDOM 5 7} ${_RANDOM 7 5} ${_RANDOM 40000}";
  const std::string once = lines(text);
  EXPECT_EQ(lines(text), once);
  EXPECT_EQ(lines("${_RANDOM 6 6}"), "6");
  options_.config_id = "other";
  EXPECT_NE(lines(text), once);
  const std::string seeded = lines("random_seed 5\n" + text);
  options_.config_id = "web";
  EXPECT_EQ(lines("random_seed 5\n" + text), seeded);
  EXPECT_NE(lines("random_seed 6\n" + text), seeded);
  for (int i = 0; i < 100; ++i) {
    const std::string number = lines("random_seed " + std::to_string(i) + "\n${_RANDOM 3 4}");
    EXPECT_TRUE(number.ends_with("|3") || number.ends_with("|4")) << number;
  }
}

TEST_F(PreprocessorTest, SequencesOfNumbers) {
  EXPECT_EQ(lines("~SEQ(i,1,3) w${i}"), "w1|w2|w3");
  EXPECT_EQ(lines("~SEQ(i,3)w$i"), "w1|w2|w3");
  EXPECT_EQ(lines("~SEQ(i,-2) w$i\n~SEQ(i,0) v$i"), "w-1|w-2|v1|v0");
  EXPECT_EQ(lines("~SEQ( i , 3 ,-1, 1 ) w$i\n~SEQ (i,5,3) v$i"), "w3|w2|w1|v5|v4|v3");
  EXPECT_EQ(lines("~SEQ(i,1,3,8) w$i\n~SEQ(i,5,2,5) v$i"), "w1|w4|w7|v5");
  EXPECT_EQ(lines("~SEQ(i,0x10,0x11) w$i\n~SEQ(i,010,011) v$i"), "w16|w17|v8|v9");
  EXPECT_EQ(lines("~SEQx(i,8,4,16) w$i"), "w8|wc|w10");
  EXPECT_EQ(lines("$N=2\n~SEQ(i,1,$N) w$i\n~SEQ(i,1,${N}) v$i"), "w1|w2|v1|v2");
  EXPECT_EQ(lines("~SEQ(i,1,2) w\n$i"), "w|w|2") << "the last value stays";
  EXPECT_EQ(lines("w ~SEQ(i,1,2)\n~FOO(1) x"), "w ~SEQ(i,1,2)|~FOO(1) x");
  EXPECT_TRUE(ids().empty());
}

TEST_F(PreprocessorTest, SequencesNest) {
  EXPECT_EQ(lines("~SEQ(i,1,2) ~SEQ(j,1,$i) w${i}_$j"), "w1_1|w2_1|w2_2");
  EXPECT_EQ(lines("~SEQ(i,1,2) $Z=$i\n$Z"), "2");
  EXPECT_EQ(lines("$M= \\\na$i { \\\n}\n~SEQ(i,1,2) $M"), "a1 {|}|a2 {|}");
  files_.texts["dir/x1"] = "one";
  files_.texts["dir/x2"] = "two";
  EXPECT_EQ(lines("~SEQ(i,1,2) include x$i"), "one|two");
}

TEST_F(PreprocessorTest, Lists) {
  EXPECT_EQ(lines("~LST(l,x,y , z) w$l"), "wx|wy|wz");
  EXPECT_EQ(lines("~LST({a,b},{1,2}, {3,4}) $a.${b}"), "$a.2|$a.4");
  EXPECT_EQ(lines("~LST({a,b},{1,2},{3},4) ${a}_$b"), "1_2|3_|4_");
  EXPECT_EQ(lines("~LST(l,,2) w${l}_\n~LST(l,) v${l}_"), "w_|w2_|v_");
  EXPECT_EQ(lines("~LST({a,b},{1,2},{3,4}) ~SEQ(c,1,2) ${a}.${b}.$c"), "1.2.1|1.2.2|3.4.1|3.4.2");
}

TEST_F(PreprocessorTest, BadSequencesAreReported) {
  for (const char* bad : {"~SEQ(i) a",
                          "~SEQ(i,) a",
                          "~SEQ(i,1,2,3,4) a",
                          "~SEQ(i,a) a",
                          "~SEQ(i,1,0,3) a",
                          "~SEQ(i,1,-1,3) a",
                          "~SEQ(i,1 a",
                          "~SEQ(1,2) a",
                          "~SEQ(i,1.5,2) a",
                          "~SEQx(i,-1) a",
                          "~SEQ(i,9223372036854775807) a",
                          "~SEQ(i,99999999999999999999) a",
                          "~SEQ() a",
                          "~LST() a",
                          "~LST(l) a",
                          "~LST(l,a b) a",
                          "~LST(l,\"a\") a",
                          "~LST({a}b{c}, 1) a",
                          "~LST({a,b}, {a}b{c}) a",
                          "~LST({a,b},{1,2,3}) a",
                          "~LST({a,1) a",
                          "~LST({},1) a",
                          "~SEQ(i,{,2) a"}) {
    EXPECT_EQ(lines(bad), "") << bad;
    EXPECT_EQ(ids(), Ids{"HF0515"}) << bad;
  }
}

TEST_F(PreprocessorTest, NothingStandsInItself) {
  for (const char* text : {"$X=$X\n$X", "$X=a${X}b\n$X", "$X=$Y\n$Y=$X\n$X",
                           "$X=~SEQ(i,1,2) $X\n$X", "$M= \\\na \\\n$M\n$M",
                           "$M= \\\na \\\n${B}\n$B=$M\n$M", "$M= \\\n~SEQ(i,1,3) $M \\\nb\n$M"}) {
    lines(text);
    EXPECT_EQ(ids(), Ids{"HF0514"}) << text;
  }
}

TEST_F(PreprocessorTest, ExpansionIsBounded) {
  std::string chain;
  for (int i = 0; i < 40; ++i) chain += fmt::format("$A{}=${{A{}}}\n", i, i + 1);
  lines(chain + "$A40=\n$A0");
  EXPECT_EQ(ids(), Ids{"HF0517"});
  std::string doubling;
  for (int i = 0; i < 25; ++i) doubling += fmt::format("$A{}=${{A{}}}${{A{}}}\n", i, i + 1, i + 1);
  options_.limits.substitutions = 100'000;
  lines(doubling + "$A25=\n$A0\nmore");
  EXPECT_EQ(ids(), Ids{"HF0516"});
  options_.limits = {};
  lines(doubling + "$A25=xxxxxxxx\n$A0\n");
  EXPECT_EQ(ids(), Ids{"HF0001"}) << "a line is as long as a line may be";
  lines("~SEQ(i,1,1000000000) a\n");
  EXPECT_EQ(ids(), Ids{"HF0516"});
  options_.limits.lines = 1000;
  lines("~SEQ(i,1,100) ~SEQ(j,1,100) a\n");
  EXPECT_EQ(ids(), Ids{"HF0516"});
  options_.limits = {.lines = 1000, .bytes = 100, .substitutions = 10};
  lines("~SEQ(i,1,100) aaaaaaaaaaaa\n");
  EXPECT_EQ(ids(), Ids{"HF0516"});
  options_.limits = {};
  std::string nested;
  for (int i = 0; i < 40; ++i) nested += "~SEQ(i,1,1) ";
  lines(nested + "a");
  EXPECT_EQ(ids(), Ids{"HF0517"});
}

TEST_F(PreprocessorTest, TheManualsExampleIsWithinTheBounds) {
  Sources sources(
      "x",
      "$VI4= \\\nvrrp_instance vrrp4.${IF}.${NUM}.${ID} { \\\n interface vrrp.${IF} \\\n"
      "virtual_router_id ${ID} \\\n virtual_ipaddress { \\\n"
      "10.${IF}.${NUM}.${ID}/24 \\\n } \\\n }\n"
      "~SEQ(IF,0,7) ~SEQ(NUM,0,31) ~SEQ(ID,1,254) $VI4\n");
  Preprocessor preprocessor(sources, diagnostics_, options_);
  size_t count = 0;
  while (!preprocessor.next_line().empty()) ++count;
  EXPECT_EQ(count, 65'024U * 7);
  EXPECT_TRUE(ids().empty());
}

TEST_F(PreprocessorTest, ADefinitionsNameStandsInItsFirstLines) {
  const auto broken = [](size_t times) {
    std::string text = "$A";
    for (size_t i = 0; i < times; ++i) text += "\\\n";
    return text + "=1 \\\nb\n$A";
  };
  EXPECT_EQ(lines(broken(kHeadLinesMax - 1)), "1|b");
  EXPECT_EQ(lines(broken(kHeadLinesMax)), "1 b");
}

TEST_F(PreprocessorTest, WhatSequencesMakeIsKnownBefore) {
  const auto written = [&](const std::string& text) {
    Sources sources("x", text);
    diagnostics_ = Diagnostics{};
    Preprocessor preprocessor(sources, diagnostics_, options_);
    size_t count = 0;
    while (!preprocessor.next_line().empty()) ++count;
    return count;
  };
  EXPECT_EQ(written("~SEQ(i,1,65537) x {}"), 0U);
  EXPECT_EQ(ids(), Ids{"HF0516"});
  EXPECT_EQ(written("~LST(l,a,b) ~SEQ(i,1,1000000000) ~SEQ(j,1,10000000000) x {}"), 0U);
  EXPECT_EQ(ids(), Ids{"HF0516"});
  EXPECT_EQ(written("$N=65537\n~LST(l,a,b) ~SEQ(i,1,$N) x"), 0U);
  EXPECT_EQ(ids(), Ids{"HF0516"});
  EXPECT_EQ(written("x {\n~SEQ(i,1,1000) ~SEQ(j,1,30) a\n}"), 1U) << "a block earns at its end";
  EXPECT_EQ(ids(), Ids{"HF0516"});
  options_.limits.repetitions = 100;
  EXPECT_EQ(written("~SEQ(i,1,99) x {}"), 99U);
  EXPECT_EQ(written("~SEQ(i,1,60) x {}\n~SEQ(i,1,60) x {}"), 60U) << "of all together";
  EXPECT_EQ(ids(), Ids{"HF0516"});
}

TEST_F(PreprocessorTest, EachNameOfAListIsAReplacement) {
  std::string names = "a";
  std::string values = "1";
  for (int i = 0; i < 200; ++i) {
    names += ",a";
    values += ",1";
  }
  lines(fmt::format("~LST({{{}}},{}) $a", names, values));
  EXPECT_EQ(ids(), Ids{"HF0516"}) << "201 names, 201 times";
}

TEST_F(PreprocessorTest, WhatIncludesReadIsBounded) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "include {,}{,}{,}{,}{,}{,}{,}{,}x\n";
  lines(text);
  EXPECT_EQ(files_.patterns.size(), kPatternsMax);
  files_.texts["dir/a"] = std::string(4000, 'a');
  text.clear();
  for (int i = 0; i < 200; ++i) text += "include a\n";
  lines(text);
  EXPECT_EQ(ids(), Ids{"HF0516"}) << "one file again and again";
  files_.texts["dir/a"] = std::string(20'000, '\n') + "a";
  EXPECT_EQ(lines("include a\ninclude a\ninclude a\n"), "a|a");
  EXPECT_EQ(ids(), Ids{"HF0516"}) << "its lines count";
  files_.knows = false;
  lines("include {,}{,}{,}a\n");
  EXPECT_EQ(ids(), Ids{"HF0516"}) << "nor may it be one that nobody knows";
}

TEST_F(PreprocessorTest, WhatIncludesAskForInVainIsBounded) {
  // One alternative too many in each.
  std::string text;
  for (int i = 0; i < 20; ++i) text += "include {" + std::string(kAlternativesMax, ',') + "}x\n";
  lines(text + "include x\n");
  EXPECT_EQ(ids(), Ids(21, "HF0506"));
  EXPECT_TRUE(files_.patterns.empty());
  const std::string name(kPatternBytesMax - 96, 'x');
  text = "include {,}{,}{,}{,}{,}{,}{,}{,}" + name + "\n";
  lines(text + text);
  EXPECT_EQ(files_.patterns.size(), kAlternativesMax) << "a long one costs as much as many";
  // A file that includes itself is read no more often than others.
  files_.texts["dir/main.conf"] = std::string(100'000, '\n');
  text.clear();
  for (int i = 0; i < 1000; ++i) text += "include main.conf\n";
  lines(text);
  EXPECT_LE(files_.reads, 2U);
}

TEST_F(PreprocessorTest, WhatMakesNoBlocksIsBoundedMore) {
  for (const std::string text : {"~SEQ(i,1,100) ~SEQ(j,1,1000) a", "~SEQ(i,1,100000)",
                                 "~SEQ(i,1,100000) a {}", "$M= \\\na \\\nb\n~SEQ(i,1,100000) $M"}) {
    Sources sources("x", text);
    diagnostics_ = Diagnostics{};
    Preprocessor preprocessor(sources, diagnostics_, options_);
    size_t count = 0;
    while (!preprocessor.next_line().empty()) ++count;
    EXPECT_LE(count, 20'010U) << text;
    EXPECT_EQ(ids(), Ids{"HF0516"}) << text;
  }
}

TEST_F(PreprocessorTest, IncludedFilesStandInTheirLine) {
  files_.texts = {
      {"dir/sub/a", "a1\ninclude deep/b\n${_PWD}"}, {"dir/sub/deep/b", "b1\n"}, {"/abs", "root\n"}};
  EXPECT_EQ(lines("one {\n  include sub/a   # here\ninclude /abs\n}"),
            "one {|a1|b1|/abs/dir/sub/|root|}");
  files_.texts["dir/a b"] = "blank";
  EXPECT_EQ(lines("include a b"), "blank") << "the rest of the line is one name";
  EXPECT_EQ(lines("includefoo a\nx include a\n"), "includefoo a|x include a");
  EXPECT_TRUE(ids().empty());
}

TEST_F(PreprocessorTest, DefinitionsAreOfAllFiles) {
  files_.texts["dir/x"] = "$A=2\nx$B";
  EXPECT_EQ(lines("$B=1\ninclude x\ny$A"), "x1|y2");
}

TEST_F(PreprocessorTest, PatternsAndAlternatives) {
  files_.texts = {{"dir/c/1", "one"}, {"dir/c/2", "two"}, {"dir/d", "three"}};
  EXPECT_EQ(lines("include c/*"), "one|two");
  EXPECT_EQ(lines("include {d,c/*}"), "three|one|two");
  EXPECT_EQ(lines("include {d,nope}"), "three");
  EXPECT_EQ(ids(), Ids{"HF0502"});
  EXPECT_EQ(*brace_alternatives("a{b,c{d,e}}f"), (Ids{"abf", "acdf", "acef"}));
  EXPECT_EQ(*brace_alternatives("{foo/{,cat},bar}"), (Ids{"foo/", "foo/cat", "bar"}));
  EXPECT_EQ(*brace_alternatives("a{}b{c"), Ids{"a{}b{c"});
  EXPECT_EQ(*brace_alternatives("\\{a,b}"), Ids{"\\{a,b}"});
  EXPECT_EQ(pattern_in("a[1]/", "b*"), "a\\[1]/b*") << "the directory is no pattern";
}

TEST_F(PreprocessorTest, WhatIsMissing) {
  files_.texts = {{"dir/c", ""}};
  const std::map<std::string, Ids> expected = {
      {"include nope", {"HF0501"}},
      {"include nope*", {"HF0502"}},
      {"includer nope*", {"HF0502"}},
      {"includem nope", {"HF0501"}},
      {"includem nope*", {"HF0502"}},
      {"includew nope*", {"HF0501"}},
      {"includeb {c,nope}", {"HF0501"}},
      {"includea nope*", {"HF0501"}},
      {"include \"c\"", {"HF0501"}},
      {"include", {"HF0508"}},
      {"include_check match\ninclude nope", {"HF0501"}},
      {"include_check readable\ninclude nope", {"HF0502"}},
      {"include_check\ninclude nope*", {"HF0501"}},
      {"include_check +wildcard_match\ninclude nope*", {"HF0501"}},
      {"include_check -match\ninclude nope", {"HF0502"}},
  };
  for (const auto& [text, found] : expected) {
    lines(text);
    EXPECT_EQ(ids(), found) << text;
  }
}

TEST_F(PreprocessorTest, ChecksHoldForAFileAndThoseInIt) {
  files_.texts = {{"dir/a", "include nope\ninclude_check readable\ninclude nope"}, {"dir/b", "b"}};
  lines("include_check match\ninclude a\ninclude nope");
  EXPECT_EQ(ids(), (Ids{"HF0501", "HF0501", "HF0502"}));
}

TEST_F(PreprocessorTest, WhatIsNoFileToRead) {
  files_.texts = {{"dir/x", ""}};
  for (const auto kind : {IncludedFile::Kind::kExecutable, IncludedFile::Kind::kDirectory,
                          IncludedFile::Kind::kSpecial}) {
    files_.kinds["dir/x"] = kind;
    lines("include x");
    EXPECT_EQ(ids(), Ids{"HF0503"});
    lines("includer x");
    EXPECT_EQ(ids(), Ids{"HF0504"});
  }
  files_.kinds["dir/x"] = IncludedFile::Kind::kUnreadable;
  lines("include x");
  EXPECT_EQ(ids(), Ids{"HF0504"});
  options_.files = nullptr;
  lines("include x");
  EXPECT_EQ(ids(), Ids{"HF0507"});
}

TEST_F(PreprocessorTest, CyclesAreRefused) {
  files_.texts = {{"dir/a", "a\ninclude b"}, {"dir/b", "b\ninclude a"}, {"dir/main.conf", "main"}};
  EXPECT_EQ(lines("include a\nend"), "a|b|end");
  EXPECT_EQ(ids(), Ids{"HF0505"});
  EXPECT_EQ(diagnostics_.all().front().notes.front(), "`dir/a` includes `dir/b` includes `dir/a`");
  EXPECT_EQ(lines("include main.conf\nend"), "end");
  EXPECT_EQ(ids(), Ids{"HF0505"});
  files_.texts["dir/b"] = "b";
  EXPECT_EQ(lines("include a\ninclude a"), "a|b|a|b") << "twice is no cycle";
  EXPECT_TRUE(ids().empty());
}

TEST_F(PreprocessorTest, IncludesAreBounded) {
  for (int i = 0; i < 40; ++i) {
    files_.texts[fmt::format("dir/f{}", i)] = fmt::format("include f{}", i + 1);
  }
  lines("include f0");
  EXPECT_EQ(ids(), Ids{"HF0506"});
  files_.texts = {{"dir/x", "x"}};
  lines("~SEQ(i,1,5000) include x");
  EXPECT_EQ(ids(), Ids{"HF0506"});
  std::string large;
  while (large.size() < 3UL << 20U) large += std::string(63, ' ') + '\n';
  files_.texts = {{"dir/x", large}};
  lines("include x\ninclude x\ninclude x");
  EXPECT_EQ(ids(), Ids{"HF0003"}) << "8 MiB in all";
  lines("include " + std::string(kPatternBytesMax + 1, 'x'));
  EXPECT_EQ(ids(), Ids{"HF0506"});
  lines("include " + std::string(kPatternBytesMax / 2, '{'));
  EXPECT_EQ(ids(), Ids{"HF0506"});
}

TEST_F(PreprocessorTest, TheFingerprintIsOfAllThatWasRead) {
  files_.texts = {{"dir/x", "a"}};
  lines("include x");
  const uint64_t before = fingerprint_;
  lines("include x");
  EXPECT_EQ(fingerprint_, before);
  files_.texts["dir/x"] = "# a";
  lines("include x");
  EXPECT_NE(fingerprint_, before);
  lines("@web a");
  const uint64_t web = fingerprint_;
  options_.config_id = "other";
  lines("@web a");
  EXPECT_NE(fingerprint_, web);
}

TEST_F(PreprocessorTest, DefinitionsThatAreNone) {
  EXPECT_EQ(lines("$D = x\n$1x=3\n$a.b=c\n${D}=3\n"), "$(D)=3");
  EXPECT_EQ(ids(), (Ids{"HF0518", "HF0518", "HF0518", "HF0510"}));
}

TEST_F(PreprocessorTest, OneMistakeInARepeatedLineIsSaidOnce) {
  const auto result = compile(
      "$B= \\\nvrrp_script a$i { \\\ncolour \\\nscript \"/bin/true\" \\\n}\n"
      "~SEQ(i,1,5000) $B\n",
      "x.conf");
  EXPECT_EQ(result.diagnostics.errors(), 1U);
}

TEST_F(PreprocessorTest, ACommentCutsAValueToo) {
  const auto result =
      compile("$P=ab!c\nvrrp_instance a {\nauthentication {\nauth_pass $P\n}\n}\n", "x.conf");
  const auto cut = [](const Diagnostic& one) { return one.finding.id == "HF0405"; };
  EXPECT_TRUE(std::ranges::any_of(result.diagnostics.all(), cut));
}

TEST_F(PreprocessorTest, PlacesCoverTheUse) {
  Sources sources("x", "$PRIO=999\na ${PRIO} b");
  Preprocessor preprocessor(sources, diagnostics_, options_);
  const auto line = preprocessor.next_line();
  const auto words = split_plain(line.front().glyphs, diagnostics_);
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[1].place, (Place{0, 2, 3, 7, 1}));
  EXPECT_EQ(words[2].place, (Place{0, 2, 11, 1, 0}));
  EXPECT_EQ(chain(words[1].place, sources), Ids{"in the expansion of `${PRIO}`, defined at x:1:1"});
}

}  // namespace
}  // namespace holdfast::config
