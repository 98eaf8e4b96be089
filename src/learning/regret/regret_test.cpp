#include "learning/regret/regret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "evaluation/statistics/bootstrap.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Interval kHourly = Interval::one_hour();

Timestamp day(int number) { return from_calendar(2024, 1, 1) + number * kDay; }

/// Sums to zero over `days` of them.
double scatter(int number, int days) {
  std::vector<double> all;
  Random random(3);
  for (int i = 0; i < days; ++i) all.push_back(0.25 * random.normal());
  return all[static_cast<std::size_t>(number)] - mean_of(all);
}

/// So many days of 24 bars on which what was served is `behind` IC-bars behind, but for some scatter.
std::vector<RegretDay> days_behind(const std::string& forecaster, double behind, int days = 40) {
  std::vector<RegretDay> all;
  for (int i = 0; i < days; ++i) all.push_back({day(i), forecaster, 24, 1.0 + behind, 1.0 + scatter(i, days)});
  return all;
}
void add(std::vector<RegretDay>& to, const std::vector<RegretDay>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

TEST(Regret, IsTheSumOfTheDifferencesWithTheIntervalOfItsDays) {
  std::vector<RegretDay> days = days_behind(kNewest, 0.5);
  std::swap(days.front(), days.back());  // their order is nobody's business
  const RegretReport report = regret_of(days, 5, kHourly);
  const Regret* newest = report.of(kNewest);
  ASSERT_NE(newest, nullptr);
  EXPECT_EQ(newest->bars, 40 * 24);
  EXPECT_NEAR(newest->ic_bars, -0.5 * 40, 1e-9);
  EXPECT_NEAR(newest->forecaster_ic, 1.5 / 24, 1e-12);
  EXPECT_NEAR(newest->served_ic, 1.0 / 24, 1e-12);
  EXPECT_EQ(newest->from, day(0));
  EXPECT_EQ(newest->to, day(40));
  std::vector<double> difference;
  for (int i = 0; i < 40; ++i) difference.push_back(scatter(i, 40) - 0.5);
  const MeanEstimate mean = estimate_mean(difference, {});
  EXPECT_NEAR(newest->lo, 40 * mean.lo, 1e-9);
  EXPECT_NEAR(newest->hi, 40 * mean.hi, 1e-9);
  EXPECT_NEAR(newest->standard_error, 40 * mean.standard_error, 1e-9);
  EXPECT_EQ(report.of(kStatic), nullptr);
}

// Labels of daily bars overlap over days, and the interval has to know.
TEST(Regret, BlocksAreAtLeastTwiceAsLongAsALabel) {
  std::vector<RegretDay> days;
  for (int i = 0; i < 400; ++i) days.push_back({day(i), kNewest, 1, 0, std::sin(0.7 * i)});
  std::vector<double> difference;
  for (const RegretDay& one : days) difference.push_back(one.served_ic);
  const RegretReport report = regret_of(days, 10, *Interval::parse("1d"));
  EXPECT_NEAR(report.of(kNewest)->hi, 400 * estimate_mean(difference, {0.05, 20}).hi, 1e-9);
}

TEST(Regret, TheBestInHindsightIsWhoeverLeavesTheMostBehind) {
  std::vector<RegretDay> days = days_behind(kNewest, 0.1);
  add(days, days_behind(kStatic, -0.2));
  add(days, days_behind("xgboost", 0.3));
  add(days, days_behind(kSilence, -1));
  const RegretReport report = regret_of(days, 5, kHourly);
  ASSERT_NE(report.best(), nullptr);
  EXPECT_EQ(report.best()->forecaster, "xgboost");
  ASSERT_EQ(report.all.size(), 4U);
  EXPECT_EQ(report.all[0].forecaster, kNewest);
  EXPECT_EQ(report.all[3].forecaster, "xgboost");
  const auto words = regret_in_words(report);
  ASSERT_EQ(words.size(), 3U);
  EXPECT_THAT(words[0], HasSubstr("less the newest vintages -4.0 IC-bars, 95 % interval ["));
  EXPECT_THAT(words[0], HasSubstr("over 960 bars from 2024-01-01 to 2024-02-09"));
  EXPECT_THAT(words[1], HasSubstr("less the first lineup +8.0 IC-bars"));
  EXPECT_THAT(words[2], HasSubstr("less the best in hindsight, xgboost alone, -12.0 IC-bars"));
}

TEST(Regret, WarnsFromTwentyFiveIcBarsOnBehindTheNewest) {
  EXPECT_THAT(regret_of(days_behind(kNewest, 0.62), 5, kHourly).warning(), IsEmpty()) << "24.8";
  EXPECT_THAT(regret_of(days_behind(kNewest, 0.63), 5, kHourly).warning(), HasSubstr("25.2 IC-bars behind"));
  EXPECT_THAT(regret_of(days_behind(kNewest, -0.63), 5, kHourly).warning(), IsEmpty()) << "ahead";
  EXPECT_THAT(regret_of(days_behind(kStatic, 2), 5, kHourly).warning(), IsEmpty());
}

TEST(Regret, IsNullOfNothingAndHasNoIntervalOfAFewDays) {
  EXPECT_TRUE(to_json(regret_of({}, 5, kHourly)).is_null());
  EXPECT_THAT(regret_in_words(regret_of({}, 5, kHourly)), IsEmpty());
  const RegretReport report = regret_of(days_behind(kNewest, 0.5, 3), 5, kHourly);
  const nlohmann::json document = to_json(report);
  EXPECT_TRUE(document["newest"]["interval"].is_null());
  EXPECT_TRUE(document["newest"]["standard_error"].is_null());
  EXPECT_TRUE(document["static"].is_null());
  EXPECT_TRUE(document["warning"].is_null());
  EXPECT_EQ(document["best"]["in_words"], "the newest vintages");
  EXPECT_THAT(regret_in_words(report).front(), HasSubstr("too few days for an interval"));
}

}  // namespace
}  // namespace clm
