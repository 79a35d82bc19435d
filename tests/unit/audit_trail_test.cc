// What `holdfast audit log` makes of a record.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/audit/trail_entry.h"

namespace holdfast::cli::audit {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using testing::HasSubstr;

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

TrailEntry entry() {
  return {.when = kNow,
          .fields = {{"MESSAGE", "myr 10.0.0.1/24 dev eth0: address added [HFN040]"},
                     {"HOLDFAST_ID", "HFN040"},
                     {"HOLDFAST_ACT", "address added"},
                     {"HOLDFAST_OUTCOME", "done"},
                     {"HOLDFAST_POLICY_ROW", "myr 10.0.0.1/24 dev eth0"},
                     {"HOLDFAST_KERNEL", "0"},
                     {"HOLDFAST_PEER_PID", "12"},
                     {"HOLDFAST_PEER_UID", "997"},
                     {"HOLDFAST_SUPPRESSED", "0"}},
          .peer_unit = "holdfast-vrrp-engine.service"};
}

TEST(TrailEntry, IsALineOfWhoWhatRowAndOutcome) {
  const std::string line = trail_line(entry());
  EXPECT_THAT(line, HasSubstr("  holdfast-vrrp-engine.service (pid 12, user 997)  "));
  EXPECT_THAT(line, HasSubstr("  address added  "));
  EXPECT_THAT(line, HasSubstr("  myr 10.0.0.1/24 dev eth0  "));
  EXPECT_TRUE(line.ends_with("  done\n")) << line;
}

TEST(TrailEntry, SaysWhatWasLeftOutAndWhoNobodyWas) {
  TrailEntry flood = entry();
  flood.fields["HOLDFAST_SUPPRESSED"] = "57";
  flood.fields.erase("HOLDFAST_PEER_PID");
  flood.fields["HOLDFAST_POLICY_ROW"] = "";
  flood.fields["MESSAGE"] = "request refused: too many requests [HFN014]";
  flood.fields["HOLDFAST_ID"] = "HFN014";
  const std::string line = trail_line(flood);
  EXPECT_THAT(line, HasSubstr("  net-helper  "));
  EXPECT_THAT(line, HasSubstr("  request refused: too many requests  "));
  EXPECT_THAT(line, HasSubstr("  -  "));
  EXPECT_TRUE(line.ends_with("  done (and 57 more like it before, left out)\n")) << line;
}

TEST(TrailEntry, IsAnObjectOnOneLine) {
  EXPECT_EQ(trail_json(entry()),
            R"({"realtime_us":1800000000000000,"id":"HFN040","act":"address added",)"
            R"("outcome":"done","policy_row":"myr 10.0.0.1/24 dev eth0","kernel":"0",)"
            R"("peer_pid":"12","peer_uid":"997","suppressed":"0",)"
            R"("message":"myr 10.0.0.1/24 dev eth0: address added [HFN040]",)"
            R"("peer_unit":"holdfast-vrrp-engine.service"})"
            "\n");
}

TEST(Since, IsATimeOrHowLongAgo) {
  ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): one thread
  EXPECT_EQ(parse_since("90s", kNow), kNow - 90s);
  EXPECT_EQ(parse_since("10min", kNow), kNow - 10min);
  EXPECT_EQ(parse_since("2h", kNow), kNow - 2h);
  EXPECT_EQ(parse_since("3d", kNow), kNow - 72h);
  EXPECT_EQ(parse_since("1970-01-02", kNow), WallTime(24h));
  EXPECT_EQ(parse_since("1970-01-02 01:02", kNow), WallTime(25h + 2min));
  EXPECT_EQ(parse_since("1970-01-02 01:02:03", kNow), WallTime(25h + 2min + 3s));
}

TEST(Since, SaysWhatItTakes) {
  for (const char* wrong : {"", "h", "-1h", "1", "1 h", "1week", "2026", "2026-11-23T", "now",
                            "99999999999999999999s", "9999999999d"}) {
    const auto since = parse_since(wrong, kNow);
    ASSERT_FALSE(since.has_value()) << wrong;
    EXPECT_THAT(since.error().text, HasSubstr("or how long ago as 90s, 10min"));
  }
}

}  // namespace
}  // namespace holdfast::cli::audit
