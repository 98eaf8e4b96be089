#include "serving/data_lateness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Timestamp at(const char* text) { return parse_timestamp(text).value(); }
Interval interval(const char* name) { return Interval::parse(name).value(); }

DataLateness late(const char* interval_name, const char* newest, const char* now, std::int64_t max_late_bars = 2,
                  CountedFrom from = CountedFrom::clock) {
  return data_lateness({at(newest), at(newest), interval(interval_name), at(now), from, max_late_bars});
}

TEST(DataLateness, CountsWholeBarsThatShouldHaveClosedSince) {
  EXPECT_EQ(late("1h", "2026-05-31T10:00", "2026-05-31T10:00").late_bars, 0);
  EXPECT_EQ(late("1h", "2026-05-31T10:00", "2026-05-31T10:59:59.999Z").late_bars, 0);
  EXPECT_EQ(late("1h", "2026-05-31T10:00", "2026-05-31T11:00").late_bars, 1);
  EXPECT_EQ(late("1h", "2026-05-31T10:00", "2026-11-29T10:00").late_bars, 182 * 24);
  EXPECT_EQ(late("1s", "2026-05-31T10:00:00", "2026-05-31T10:00:05.500Z").late_bars, 5);
  EXPECT_EQ(late("3d", "2026-05-30", "2026-06-04T23:59").late_bars, 1);
}

TEST(DataLateness, AWeekThatBeginsOnAMondayIsAWeek) {
  // The epoch was a Thursday: weeks counted from there would end in the middle of these.
  EXPECT_EQ(late("1w", "2026-05-25", "2026-05-31T23:59:59").late_bars, 0);
  EXPECT_EQ(late("1w", "2026-05-25", "2026-06-01").late_bars, 1);
  EXPECT_EQ(late("1w", "2026-05-25", "2026-06-14").late_bars, 2);
}

TEST(DataLateness, IsStaleBeyondTheLimitAndSaysWhatToDo) {
  EXPECT_FALSE(late("1h", "2026-05-31T10:00", "2026-05-31T12:59").stale);
  EXPECT_EQ(warning(late("1h", "2026-05-31T10:00", "2026-05-31T12:59")), "");
  const DataLateness stale = late("1h", "2026-05-31T10:00", "2026-05-31T13:00");
  EXPECT_TRUE(stale.stale);
  for (const char* part : {"3 bars of 1h late", "serving.max_late_bars is 2", "clm import PATH",
                           "clm fetch binance --interval 1h --from 2026-05-31T10:00:00Z --symbol SYMBOL"})
    EXPECT_THAT(warning(stale), HasSubstr(part));
  EXPECT_TRUE(late("1h", "2026-05-31T10:00", "2026-05-31T11:00", 0).stale);
  EXPECT_FALSE(late("1h", "2026-05-31T10:00", "2026-05-31T10:59", 0).stale);
}

TEST(DataLateness, OfHistoryNothingIsTooLate) {
  const DataLateness asked = late("1h", "2026-05-31T10:00", "2026-11-29", 2, CountedFrom::asked_moment);
  EXPECT_EQ(asked.late_bars, 181 * 24 + 14);
  EXPECT_FALSE(asked.stale);
  EXPECT_EQ(warning(asked), "");
  EXPECT_THAT(describe(asked), HasSubstr("before 2026-11-29T00:00:00Z"));
}

TEST(DataLateness, AClockThatIsBehindTheDataIsSaidAndNothingIsLate) {
  LatenessQuestion question{at("2026-05-31T10:00"), at("2026-05-31T18:00"), interval("1h"), at("2026-05-31T10:30")};
  const DataLateness ahead = data_lateness(question);
  EXPECT_EQ(ahead.late_bars, 0);
  EXPECT_FALSE(ahead.stale);
  EXPECT_THAT(warning(ahead), HasSubstr("Is the clock right?"));
  // Before the newest bar itself there is less than nothing to count.
  question.now = at("2026-05-31T09:00");
  EXPECT_EQ(data_lateness(question).late_bars, 0);
  // A bar that is still open says nothing about the clock, and neither does the rest of history.
  question = {at("2026-05-31T10:00"), at("2026-05-31T11:00"), interval("1h"), at("2026-05-31T10:30")};
  EXPECT_EQ(warning(data_lateness(question)), "");
  question.newest_stored = at("2027-01-01");
  question.counted_from = CountedFrom::asked_moment;
  EXPECT_EQ(warning(data_lateness(question)), "");
}

TEST(DataLateness, IsThreeKeysOfADocument) {
  nlohmann::json document{{"as_of", "x"}};
  add_lateness(document, late("1h", "2026-05-31T10:00", "2026-05-31T14:10"));
  EXPECT_EQ(document, nlohmann::json(
                          {{"as_of", "x"}, {"newest_bar", "2026-05-31T10:00:00Z"}, {"late_bars", 4}, {"stale", true}}));
}

}  // namespace
}  // namespace clm
