// What the compiler says, to the letter.
//
// With HOLDFAST_WRITE_GOLDENS=1 in the environment, Diagnostics.AreWordForWordAsAgreed fails where
// a .txt or .json in tests/diagnostics differs, and writes it anew (Cluster.SaysWhatWasAgreed does
// so for those of clusters). Read what has changed as if you had made the mistake.
#include "config/diagnostics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "config/catalogue.h"
#include "config/compile.h"
#include "config/lexer.h"
#include "config/render_json.h"
#include "golden_files.h"
#include "source_tree.h"
#include "tree_files.h"

namespace holdfast::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGoldens = "tests/diagnostics";

std::vector<std::string> golden_inputs() {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(source_tree() / kGoldens)) {
    if (entry.path().extension() == ".conf") files.push_back(entry.path().filename());
  }
  std::ranges::sort(files);
  return files;
}

// A name ending in `_lenient` asks for that.
CompileResult compile_golden(const std::string& name) {
  TreeFiles files(kGoldens);
  CompileOptions options = golden_options();
  options.text.files = &files;
  options.lenient = name.ends_with("_lenient.conf");
  return compile(read_source(fs::path(kGoldens) / name), name, options);
}

TEST(Diagnostics, AreWordForWordAsAgreed) {
  const auto inputs = golden_inputs();
  ASSERT_GT(inputs.size(), 60U);
  for (const std::string& input : inputs) {
    const auto result = compile_golden(input);
    fs::path file = fs::path(kGoldens) / input;
    expect_as_agreed(file.replace_extension(".txt"), result.report);
    expect_as_agreed(file.replace_extension(".json"),
                     render_json(result.diagnostics, result.sources));
    const std::string id = input.substr(0, 6);
    const auto has_id = [&](const Diagnostic& one) { return one.finding.id == id; };
    EXPECT_TRUE(std::ranges::any_of(result.diagnostics.all(), has_id)) << input;
  }
}

TEST(Diagnostics, HaveAGoldenForEachIdOfTheCatalogue) {
  // Two are too large for a file in the tree, and tested below; one is said where no file can be
  // read at all.
  std::set<std::string> covered = {"HF0001", "HF0003", "HF0507"};
  for (const std::string& input : golden_inputs()) covered.insert(input.substr(0, 6));
  // Those of several files are in config_cluster_test.cc.
  for (const auto& entry : fs::directory_iterator(source_tree() / kGoldens / "cluster")) {
    covered.insert(entry.path().filename().string().substr(0, 6));
  }
  const std::string catalogue = read_source("config/catalogue.h");
  std::map<std::string, int> seen;
  const std::regex id("\"(HF[0-9]{4})\"");
  for (std::sregex_iterator at(catalogue.begin(), catalogue.end(), id), end; at != end; ++at) {
    const std::string name = (*at)[1];
    EXPECT_EQ(++seen[name], 1) << name << " is used twice";
    EXPECT_TRUE(covered.contains(name)) << name << " has no golden";
  }
  EXPECT_GT(seen.size(), 50U);
}

TEST(Diagnostics, SayOneMistakeOnce) {
  const std::set<std::string> braces_and_quotes = {"HF0005", "HF0103", "HF0104", "HF0105",
                                                   "HF0106", "HF0108", "HF0112"};
  for (const std::string& input : golden_inputs()) {
    if (!braces_and_quotes.contains(input.substr(0, 6))) continue;
    EXPECT_EQ(compile_golden(input).diagnostics.all().size(), 1U) << input;
  }
}

TEST(Diagnostics, ReportAnOverlongLineOnce) {
  const auto result = compile("a " + std::string(kLineBytesMax, 'x'), "x.conf");
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.diagnostics.all().front().finding.id, "HF0001");
  EXPECT_LT(result.report.size(), 1000U) << "the line itself is cut";
}

TEST(Diagnostics, RefuseATextThatIsTooLarge) {
  const auto result = compile(std::string(kTextBytesMax + 1, '\n'), "x.conf");
  ASSERT_EQ(result.diagnostics.all().size(), 1U);
  EXPECT_EQ(result.diagnostics.all().front().finding.id, "HF0003");
}

TEST(Diagnostics, AreBoundedAndTheRestIsCounted) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "colour\n";
  const auto result = compile(text, "x.conf");
  EXPECT_EQ(result.diagnostics.all().size(), kDiagnosticsMax);
  EXPECT_EQ(result.diagnostics.errors(), 5000U);
  EXPECT_NE(result.report.find("4000 more left out\n"), std::string::npos);
}

TEST(Diagnostics, ComeInTheOrderOfTheText) {
  const auto result = compile("vrrp_instance a {\n}\nvrrp_script b {\n}\ncolour\n}\n", "x.conf");
  const auto& all = result.diagnostics.all();
  ASSERT_GT(all.size(), 4U);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Diagnostic::place));
}

// A password may stand in the line that is shown, never in our own words.
TEST(Diagnostics, DoNotRepeatAPassword) {
  for (const char* line : {"auth_pass correcthorse", "auth_pass horse1 extra", "auth_pass horse#x",
                           "auth_pass \"horse"}) {
    const auto text =
        fmt::format("vrrp_instance a {{\nauthentication {{\nauth_type PASS\n{}\n}}\n}}\n", line);
    const auto result = compile(text, "x.conf");
    ASSERT_FALSE(result.diagnostics.all().empty());
    for (const Diagnostic& one : result.diagnostics.all()) {
      std::string words = one.text + one.label + one.other_label;
      for (const auto& note : one.notes) words += note;
      for (const auto& help : one.helps) words += help;
      EXPECT_EQ(words.find("horse"), std::string::npos) << one.text;
    }
  }
}

TEST(RenderJson, IsUtf8WhateverTheTextIs) {
  const std::string name = "caf\xe9.conf";
  for (const std::string& text :
       {std::string("colour\xff\x01 {\n"), std::string("vrrp_instance \"\xe9\x1b\" {\n}\n"),
        std::string("global_defs {\nrouter_id \xc3\n}\n"), std::string("a\0b\n", 4)}) {
    const auto result = compile(text, name);
    const std::string out = render_json(result.diagnostics, result.sources);
    EXPECT_TRUE(is_utf8(out)) << out;
    EXPECT_TRUE(std::ranges::none_of(out, [](char c) {
      return c != '\n' && static_cast<unsigned char>(c) < ' ';
    })) << out;
  }
}

TEST(RenderJson, TellsOfIncludesAndExpansions) {
  Sources sources("main.conf", "include other.conf\n");
  const uint32_t other = sources.add("other.conf", "\npriority $P\n", {.line = 1, .column = 9});
  const Place use{.file = other, .line = 2, .column = 10, .width = 2};
  const uint32_t expansion = sources.add({"`$P`", use, {.line = 1, .column = 1, .width = 7}});
  Diagnostics diagnostics;
  Place place = use;
  place.expansion = expansion;
  diagnostics.report<kNotANumber>(place, "`priority`");
  const std::string out = render_json(diagnostics, sources);
  EXPECT_NE(
      out.find(R"("included_from":[{"file":"main.conf","line":1,"column":9,"end_column":10}])"),
      std::string::npos)
      << out;
  EXPECT_NE(out.find(R"("expanded_from":[{"file":"other.conf","line":2,"column":10,)"
                     R"("end_column":12,"what":"`$P`","origin":{"file":"main.conf","line":1,)"
                     R"("column":1,"end_column":8}}])"),
            std::string::npos)
      << out;
}

TEST(RenderJson, CountsInItsLastLine) {
  const auto result = compile("colour\n", "x.conf");
  EXPECT_TRUE(render_json(result.diagnostics, result.sources)
                  .ends_with(R"({"summary":{"file":"x.conf","errors":1,"warnings":0,"lints":0,)"
                             R"("notes":0,"left_out":0}})"
                             "\n"));
}

TEST(Render, ColoursAsTheSeverityAsks) {
  const Sources source("x.conf", "  bad\n");
  Diagnostics diagnostics;
  diagnostics.report<kNotUtf8>(Place{.line = 1, .column = 3, .width = 3}).mark("this").help("mend");
  EXPECT_EQ(render(diagnostics.all().front(), source, Colour::kAnsi),
            "\x1b[1;31merror[HF0006]\x1b[0m\x1b[1m: this word is not UTF-8 text\x1b[0m\n"
            " \x1b[1;34m-->\x1b[0m x.conf:1:3\n"
            "  \x1b[1;34m|\x1b[0m\n"
            "\x1b[1;34m1 |\x1b[0m   bad\n"
            "  \x1b[1;34m|\x1b[0m   \x1b[1;31m^^^ this\x1b[0m\n"
            "  \x1b[1;34m=\x1b[0m \x1b[1mhelp\x1b[0m: mend\n");
}

// Colour changes no letter.
TEST(Render, SaysTheSameInColour) {
  const std::regex escape("\x1b\\[[0-9;]*m");
  for (const std::string& input : golden_inputs()) {
    const auto result = compile_golden(input);
    const auto coloured = render(result.diagnostics, result.sources, Colour::kAnsi);
    EXPECT_EQ(std::regex_replace(coloured, escape, ""), result.report) << input;
  }
}

TEST(Render, KeepsTerminalsSafe) {
  EXPECT_EQ(in_backticks("a\x1b[31m\x7f\xff"), "`a\ufffd[31m\ufffd\ufffd`");
  EXPECT_EQ(in_backticks("\u202ex\u009b"), "`\ufffdx\ufffd`");
  EXPECT_EQ(in_backticks(std::string(100, 'x')), "`" + std::string(60, 'x') + "...`");
  const auto result = compile("colour\x1b[31m\n", "x.conf");
  EXPECT_EQ(result.report.find('\x1b'), std::string::npos);
}

TEST(Render, PutsTheCaretUnderTabsAndAccents) {
  const std::string text = "\t\u00e9\tx yy\n";
  const Sources source("x.conf", text);
  Diagnostics diagnostics;
  diagnostics.report<kNotUtf8>(Place{.line = 1, .column = 6, .width = 2});
  EXPECT_EQ(render(diagnostics.all().front(), source),
            "error[HF0006]: this word is not UTF-8 text\n"
            " --> x.conf:1:6\n"
            "  |\n"
            "1 |     \u00e9    x yy\n"
            "  |            ^^\n");
}

TEST(Render, ShowsTheMarkedPartOfALongLine) {
  const std::string text = std::string(500, 'a') + " bad " + std::string(500, 'c');
  const Sources source("x.conf", text);
  Diagnostics diagnostics;
  diagnostics.report<kNotUtf8>(Place{.line = 1, .column = 502, .width = 3});
  const std::string out = render(diagnostics.all().front(), source);
  EXPECT_NE(out.find("...aaa"), std::string::npos);
  EXPECT_NE(out.find("ccc...\n"), std::string::npos);
  EXPECT_NE(out.find("^^^\n"), std::string::npos);
  EXPECT_LT(out.size(), 400U);
}

}  // namespace
}  // namespace holdfast::config
