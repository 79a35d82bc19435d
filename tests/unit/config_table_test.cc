// The keyword table as such, and the reading of single arguments.
#include <gtest/gtest.h>

#include <set>

#include "config/arguments.h"
#include "config/keyword.h"

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
  const Grammar grammar;
  for (const Keyword& row : grammar.rows()) {
    if (row.support != Support::kYes) {
      EXPECT_FALSE(row.why.empty()) << row.name;
      continue;
    }
    if (row.name.empty()) {
      EXPECT_TRUE(info(row.where).is_list) << "only items of lists have no name";
    } else {
      EXPECT_TRUE(row.doc.ends_with('.')) << row.name;
    }
    EXPECT_TRUE(row.apply != nullptr || row.opens != Block::kNone) << row.name;
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

TEST(MostSimilar, CountsATranspositionAsOneEdit) {
  const Grammar grammar;
  EXPECT_EQ(grammar.similar(Block::kScript, "weigth"), "weight");
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
