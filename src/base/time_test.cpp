#include "base/time.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(Timestamp, ReadsIsoAndMilliseconds) {
  const Timestamp expected(1755856800000);
  for (const auto* text : {"2025-08-22T10:00:00Z", "2025-08-22T10:00", "2025-08-22 10:00:00", "1755856800000",
                           "2025-08-22T12:00:00+02:00", "2025-08-22T10:00:00.000Z", "2025-08-22T10:00:00.000000+00:00"})
    EXPECT_EQ(parse_timestamp(text).value(), expected) << text;
  EXPECT_EQ(parse_timestamp("2025-08-22").value(), from_calendar(2025, 8, 22));
  EXPECT_EQ(parse_timestamp("20250822").value(), from_calendar(2025, 8, 22)) << "not 1970-01-01T05:37:30";
  EXPECT_EQ(to_string(expected), "2025-08-22T10:00:00Z");
}

TEST(Timestamp, RefusesWhatIsNotATime) {
  for (const auto* text : {"", "soon", "2025-13-01", "2025-02-30", "2025-08-22T25:00", "2025-08-22Tx", "12 monkeys",
                           "2025-08-22T10:00:nanZ", "2025-08-22T10:00:1e5Z", "2025-08-22T000:0:00.250Z",
                           "2025-08-22T10:00:61Z", "2025-08-22T10:00ZZ", "2025-8-22", "2025-08-22T10:00:00+2:00",
                           "2025-02-29", "20250230", "99999999", "99999-01-01", "9223372036854775808"}) {
    const auto parsed = parse_timestamp(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, "time.syntax");
  }
}

TEST(Timestamp, WritesWhatItReads) {
  for (const std::int64_t ms : {0LL, 1LL, 999LL, 1755856800123LL, -1LL, -86'400'000LL}) {
    const Timestamp t(ms);
    EXPECT_EQ(parse_timestamp(to_string(t)).value(), t) << to_string(t);
  }
}

TEST(Calendar, KnowsWeekdaysAndLeapYears) {
  const auto thursday = calendar_time(Timestamp(0));
  EXPECT_EQ(thursday.weekday, 3);
  EXPECT_EQ(thursday.year, 1970);
  const auto leap = calendar_time(from_calendar(2024, 12, 31, 23, 59));
  EXPECT_EQ(leap.year_day, 365);
  EXPECT_EQ(leap.hour, 23);
  EXPECT_EQ(leap.minute, 59);
}

TEST(Interval, NamesAndLengthsAgree) {
  EXPECT_EQ(Interval::parse("5m").value().ms(), 300'000);
  EXPECT_EQ(Interval::from_length(Duration(3'600'000)).value().name(), "1h");
  EXPECT_EQ(Interval::parse("1M").error().code, "interval.unknown");
  EXPECT_FALSE(Interval::from_length(Duration(7)));
}

TEST(Durations, AreWrittenForPeople) {
  EXPECT_EQ(to_string(Duration(250)), "250 ms");
  EXPECT_EQ(to_string(Duration(90'000)), "1 min 30 s");
  EXPECT_EQ(to_string(Duration(3LL * 86'400'000 + 4 * 3'600'000)), "3 d 4 h");
  EXPECT_EQ(to_string(Duration(-1500)), "-1.5 s");
}

}  // namespace
}  // namespace clm
