// The keyword table as such, and the reading of single arguments.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "config/arguments.h"
#include "config/describe.h"
#include "config/keyword.h"
#include "source_tree.h"

namespace holdfast::config {
namespace {

TEST(KeywordTable, HasEachKeywordOncePerBlock) {
  const Grammar grammar;
  std::set<std::pair<Block, std::string_view>> seen;
  for (const Keyword& row : grammar.rows()) {
    EXPECT_TRUE(seen.emplace(row.where, row.name).second) << row.name;
  }
  EXPECT_GT(seen.size(), 60U);
}

TEST(KeywordTable, SaysWhatEachRowMeansOrWhyItDoesNotWork) {
  const std::set<std::string_view> for_lints = {"strict_mode", "unicast_peer", "user"};
  for (const Keyword& row : all_keywords()) {
    EXPECT_TRUE(row.doc.ends_with('.') || (!row.why.empty() && !row.instead.empty())) << row.name;
    EXPECT_EQ(row.support != Support::kYes, !row.why.empty()) << row.name;
    EXPECT_TRUE(!row.name.empty() || info(row.where).is_list) << "only items have no name";
    if (row.support != Support::kYes) {
      EXPECT_TRUE(row.apply == nullptr || for_lints.contains(row.name)) << row.name;
      EXPECT_TRUE(row.into.empty()) << row.name;
      continue;
    }
    EXPECT_TRUE(row.apply != nullptr || row.opens != Block::kNone) << row.name;
    EXPECT_FALSE(row.into.empty()) << row.name;
  }
}

bool is_called(const std::vector<Keyword>& rows, Block block, const std::string& name) {
  return (block == Block::kRoot && name == "the file") ||
         std::ranges::any_of(
             rows, [&](const Keyword& row) { return row.opens == block && row.name == name; });
}

TEST(KeywordTable, HasEveryKeywordOfKeepalived) {
  const auto rows = all_keywords();
  std::istringstream lines(read_source("tests/unit/keepalived_keywords.txt"));
  size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const std::string block = line.substr(0, line.find(':'));
    std::istringstream words(line.substr(line.find(':') + 1));
    for (std::string word; words >> word; ++count) {
      const bool found = std::ranges::any_of(rows, [&](const Keyword& row) {
        return row.name == word && is_called(rows, row.where, block);
      });
      EXPECT_TRUE(found) << word << " in " << block;
    }
  }
  EXPECT_GT(count, 400U);
}

// A default with a space is for people, another one is a value of the first argument.
TEST(KeywordTable, HasDefaultsThatTheKeywordWouldTake) {
  const Grammar grammar;
  for (const Keyword& row : grammar.rows()) {
    if (row.otherwise.empty() || row.otherwise.find(' ') != std::string_view::npos) continue;
    ASSERT_FALSE(row.takes.empty()) << row.name;
    const Argument& first = row.takes.front();
    if (first.kind == Argument::Kind::kRest || first.kind == Argument::Kind::kOptions) continue;
    Diagnostics diagnostics;
    Value value;
    const Word word{.text = std::string(row.otherwise), .place = {.line = 1, .column = 1}};
    EXPECT_TRUE(read_word(first, word, row.name, diagnostics, value)) << row.name;
  }
}

TEST(KeywordTable, HasBoundsThatHoldSomething) {
  for (const Keyword& row : all_keywords()) {
    for (const Argument& argument : row.takes) {
      if (argument.kind == Argument::Kind::kChoice) {
        EXPECT_FALSE(argument.choices.empty()) << row.name;
      }
      if (argument.kind == Argument::Kind::kNumber || argument.kind == Argument::Kind::kTime) {
        EXPECT_LT(argument.least, argument.most) << row.name;
      }
      EXPECT_EQ(argument.kind == Argument::Kind::kOptions, argument.options != nullptr) << row.name;
      EXPECT_NE(argument.kind, Argument::Kind::kNone) << row.name;
    }
  }
}

TEST(KeywordTable, HasTheNewNameOfEachOldOne) {
  const Grammar grammar;
  for (const Keyword& row : grammar.rows()) {
    if (row.new_name.empty()) continue;
    const Keyword* now = grammar.find(row.where, row.new_name);
    ASSERT_NE(now, nullptr) << row.name;
    EXPECT_EQ(now->support, row.support) << row.name;
  }
}

TEST(KeywordTable, OpensBlocksThatHaveRows) {
  const auto rows = all_keywords();
  for (const Keyword& row : rows) {
    if (row.opens == Block::kNone || row.opens == Block::kUnknown) continue;
    const auto inside = [&](const Keyword& other) { return other.where == row.opens; };
    EXPECT_TRUE(std::ranges::any_of(rows, inside)) << row.name;
  }
}

TEST(KeywordTable, FindsItemsOfListsWhateverTheirFirstWord) {
  const Grammar grammar;
  const Keyword* item = grammar.find(Block::kAddresses, "192.0.2.1/24");
  ASSERT_NE(item, nullptr);
  EXPECT_TRUE(item->name.empty());
  EXPECT_EQ(grammar.find(Block::kUnknown, "priority"), nullptr);
  EXPECT_EQ(grammar.find(Block::kScript, "priority"), nullptr);
}

TEST(Syntax, ShowsWhatAKeywordTakes) {
  const Grammar grammar;
  const auto of = [&](Block block, std::string_view name) {
    return syntax(*grammar.find(block, name));
  };
  EXPECT_EQ(of(Block::kInstance, "priority"), "priority NUMBER");
  EXPECT_EQ(of(Block::kInstance, "smtp_alert"), "smtp_alert [on|off]");
  EXPECT_EQ(of(Block::kGlobalDefs, "smtp_server"), "smtp_server HOST [PORT]");
  EXPECT_EQ(of(Block::kRoot, "vrrp_script"), "vrrp_script NAME {");
  EXPECT_EQ(of(Block::kBfd, "weight"), "weight NUMBER [reverse] [noreverse]");
  EXPECT_EQ(of(Block::kVirtualServer, "lb_kind"),
            "lb_kind NAT|DR|TUN [type ipip|gue|gre] [port PORT] [nocsum] [csum] [remcsum]");
  EXPECT_EQ(range_text(*grammar.find(Block::kInstance, "priority")), "1 to 255");
  EXPECT_EQ(range_text(*grammar.find(Block::kInstance, "advert_int")), "0.01 to 255 s");
}

TEST(Explain, TellsOfEveryBlockThatHasTheKeyword) {
  const Grammar grammar;
  EXPECT_EQ(explain_keyword(grammar, "virtual_router_id"),
            "virtual_router_id NUMBER\n"
            "  The number that tells virtual routers on one network apart.\n"
            "  range     1 to 255\n"
            "  becomes   engine.pb and net.pb routers.vrid\n"
            "  support   supported\n"
            "  in        `vrrp_instance`\n");
  const std::string weight = explain_keyword(grammar, "weight");
  for (const char* block : {"`vrrp_script`", "`virtual_server`, `real_server`", "`bfd_instance`"}) {
    EXPECT_NE(weight.find(block), std::string::npos) << block;
  }
  EXPECT_NE(explain_keyword(grammar, "nat_mask").find("instead   remove"), std::string::npos);
  EXPECT_EQ(explain_keyword(grammar, ""), "");
  EXPECT_EQ(explain_keyword(grammar, "prioriti"), "");
  EXPECT_EQ(similar_keyword(grammar, "prioriti"), "priority");
}

TEST(ManualPage, HoldsEveryKeyword) {
  const auto rows = all_keywords();
  const std::string page = manual_page(rows);
  for (const Keyword& row : rows) {
    if (row.name.empty()) continue;
    std::string name;
    for (const char c : row.name) name += c == '-' ? "\\-" : std::string(1, c);
    EXPECT_NE(page.find("\\fB" + name + "\\fP"), std::string::npos) << row.name;
  }
}

TEST(MostSimilar, CountsATranspositionAsOneEdit) {
  const Grammar grammar;
  EXPECT_EQ(grammar.similar(Block::kScript, "weigth"), "weight");
  EXPECT_EQ(grammar.similar(Block::kScript, "raise"), "rise");
  EXPECT_EQ(grammar.similar(Block::kRealServer, "SMTP_CHEKC"), "SMTP_CHECK");
  EXPECT_EQ(grammar.similar(Block::kTcpCheck, "connetc_port"), "connect_port");
  EXPECT_EQ(grammar.similar(Block::kRoot, "vvrp_script"), "vrrp_script");
  EXPECT_EQ(grammar.similar(Block::kGlobalDefs, "vrrp_grap_master_delay"),
            "vrrp_garp_master_delay");
  EXPECT_EQ(grammar.similar(Block::kGlobalDefs, "smtp_connect_time"), "smtp_connect_timeout");
  EXPECT_EQ(grammar.similar(Block::kScript, "colour"), "");
  EXPECT_EQ(grammar.similar(Block::kScript, std::string(100'000, 'x')), "");
}

TEST(WholeNumber, TakesDigitsAndASign) {
  EXPECT_EQ(whole_number("0"), 0);
  EXPECT_EQ(whole_number("-254"), -254);
  EXPECT_EQ(whole_number("+7"), 7);
  for (const char* text : {"", "-", "5s", "0x10", "1.0", " 1", "1e3"}) {
    EXPECT_EQ(whole_number(text), std::nullopt) << text;
  }
  EXPECT_GT(whole_number(std::string(1000, '9')).value_or(0), 1'000'000'000'000);
}

TEST(Micros, TakesSixDecimals) {
  EXPECT_EQ(micros("1"), 1'000'000);
  EXPECT_EQ(micros("0.01"), 10'000);
  EXPECT_EQ(micros(".5"), 500'000);
  EXPECT_EQ(micros("3."), 3'000'000);
  EXPECT_EQ(micros("0.000001"), 1);
  for (const char* text : {"", ".", "0.0000001", "-1", "5s", "1.2.3"}) {
    EXPECT_EQ(micros(text), std::nullopt) << text;
  }
  EXPECT_GT(micros(std::string(1000, '9')).value_or(0), 1'000'000'000'000);
}

TEST(InterfaceName, FollowsTheKernel) {
  for (const char* good : {"eth0", "eno16777736", "br-lan", "eth0.100", "123456789012345"}) {
    EXPECT_TRUE(is_interface_name(good)) << good;
  }
  for (const char* bad : {"", ".", "..", "eth0:1", "a/b", "a b", "1234567890123456"}) {
    EXPECT_FALSE(is_interface_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace holdfast::config
