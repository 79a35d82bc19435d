#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "notifier/spool.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::notifier {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Mail mail(const std::string& text, bool urgent = false) {
  return {.from = "a@b", .to = {"c@d", "root"}, .text = text, .urgent = urgent};
}

class SpoolTest : public testing::Test {
 protected:
  Spool open() { return Spool::open(state_.path()).value(); }
  TemporaryDirectory state_;
};

TEST_F(SpoolTest, GivesBackWhatANewRunFinds) {
  {
    Spool spool = open();
    ASSERT_TRUE(spool.add(mail("first\r\n.\r\n\r\nend\r\n"), 1000).has_value());
    ASSERT_TRUE(spool.add(mail("second", true), 2000).has_value());
    ASSERT_TRUE(spool.sync().has_value());
  }
  const Spool spool = open();
  const auto names = spool.names();
  ASSERT_EQ(names.size(), 2U);
  const auto first = spool.read(names[0]);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->from, "a@b");
  EXPECT_THAT(first->to, ElementsAre("c@d", "root"));
  EXPECT_EQ(first->text, "first\r\n.\r\n\r\nend\r\n");
  EXPECT_FALSE(first->urgent);
  EXPECT_TRUE(spool.read(names[1])->urgent);
  EXPECT_TRUE(is_urgent_name(names[1]));
}

TEST_F(SpoolTest, KeepsTheOrderWhenTheClockStepsBackAndOverARestart) {
  std::vector<std::string> made;
  {
    Spool spool = open();
    made.push_back(*spool.add(mail("1"), 5000));
    made.push_back(*spool.add(mail("2"), 5000));
    made.push_back(*spool.add(mail("3"), 10));
  }
  Spool spool = open();
  made.push_back(*spool.add(mail("4"), 20));
  EXPECT_EQ(spool.names(), made);
}

TEST_F(SpoolTest, HidesItsFilesFromOthers) {
  Spool spool = open();
  const auto name = spool.add(mail("x"), 1);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(state_.path("mail")).permissions(), perms::owner_all);
  EXPECT_EQ(std::filesystem::status(state_.path("mail/" + *name)).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST_F(SpoolTest, DeletesHalfWrittenFilesAndLeavesStrangersAlone) {
  open();
  state_.write("mail/.new-000000000000001000-routine.mail", "half");
  state_.write("mail/README", "mine");
  state_.write("mail/00000000000000100x-routine.mail", "mine");
  const Spool spool = open();
  EXPECT_THAT(spool.names(), ElementsAre());
  EXPECT_FALSE(std::filesystem::exists(state_.path("mail/.new-000000000000001000-routine.mail")));
  EXPECT_EQ(state_.read("mail/README"), "mine");
}

TEST_F(SpoolTest, RemovesReplacesAndSetsAside) {
  Spool spool = open();
  const auto gone = spool.add(mail("gone"), 1);
  const auto fewer = spool.add(mail("fewer"), 2);
  const auto refused = spool.add(mail("refused"), 3);
  EXPECT_TRUE(spool.remove(*gone).has_value());
  Mail rest = mail("fewer");
  rest.to = {"c@d"};
  EXPECT_TRUE(spool.replace(*fewer, rest).has_value());
  EXPECT_TRUE(spool.move_to_failed(*refused).has_value());
  EXPECT_THAT(spool.names(), ElementsAre(*fewer));
  EXPECT_THAT(spool.read(*fewer)->to, ElementsAre("c@d"));
  EXPECT_THAT(state_.read("mail/failed/" + *refused), HasSubstr("refused"));
  EXPECT_FALSE(spool.remove(*gone).has_value());
}

TEST_F(SpoolTest, KeepsABoundedNumberOfFailedMails) {
  Spool spool = open();
  std::vector<std::string> names;
  for (uint64_t i = 0; i < Spool::kFailedMax + 5; ++i) {
    names.push_back(*spool.add(mail("x"), i));
    ASSERT_TRUE(spool.move_to_failed(names.back()).has_value());
  }
  const std::filesystem::directory_iterator kept(state_.path("mail/failed"));
  EXPECT_EQ(std::distance(begin(kept), end(kept)), static_cast<long>(Spool::kFailedMax));
  EXPECT_FALSE(std::filesystem::exists(state_.path("mail/failed/" + names[4])));
  EXPECT_TRUE(std::filesystem::exists(state_.path("mail/failed/" + names[5])));
}

TEST_F(SpoolTest, SaysWhyAMailCannotBeKept) {
  Spool spool = open();
  std::filesystem::remove_all(state_.path("mail"));
  const auto name = spool.add(mail("x"), 1);
  ASSERT_FALSE(name.has_value());
  EXPECT_THAT(name.error().text, HasSubstr("No such file"));
}

TEST_F(SpoolTest, RefusesFilesThatAreNoMailOfOurs) {
  const std::string good = spool_file_bytes(mail("text"));
  EXPECT_TRUE(parse_spool_file(good).has_value());
  for (const std::string& bad : std::vector<std::string>{
           "", "\n", "holdfast-mail 2\nfrom a\nto b\n\ntext", "holdfast-mail 1\n",
           "holdfast-mail 1\nfrom a\n\ntext", "holdfast-mail 1\nfrom a\nto b\n",
           "holdfast-mail 1\nfrom a\nto b\n\n", "holdfast-mail 1\nto b\nfrom a\n\ntext",
           "holdfast-mail 1\nfrom a\nto b c\n\ntext", "holdfast-mail 1\nfrom a\nto b\nx\n\ntext"}) {
    EXPECT_FALSE(parse_spool_file(bad).has_value()) << bad;
  }
  for (size_t size = 0; size < good.size() - 4; ++size) {
    EXPECT_FALSE(parse_spool_file(good.substr(0, size)).has_value()) << size;
  }
  const Spool spool = open();
  state_.write("mail/000000000000000001-routine.mail", std::string(Spool::kFileBytesMax + 1, 'x'));
  EXPECT_THAT(spool.read("000000000000000001-routine.mail").error().text, HasSubstr("larger"));
}

}  // namespace
}  // namespace holdfast::notifier
