#include "evaluation/metrics/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm {
namespace {

TEST(PointErrors, OfAKnownCase) {
  const auto e = point_errors(std::vector<float>{1, 2, std::nanf("")}, std::vector<float>{0, 4, 1});
  EXPECT_EQ(e.count, 2U);
  EXPECT_NEAR(e.rmse, std::sqrt(2.5), 1e-12);
  EXPECT_NEAR(e.mae, 1.5, 1e-12);
  EXPECT_NEAR(e.bias, -0.5, 1e-12);
  EXPECT_NEAR(e.rmse_zero, std::sqrt(8.0), 1e-12);
}

TEST(Wilson, AgreesWithTheFormula) {  // Wilson (1927), 110 of 200, z = 1.96
  const auto share = wilson(0.55, 200, 200, 0.05);
  EXPECT_NEAR(share.lo, 0.48075615138475697, 1e-12);
  EXPECT_NEAR(share.hi, 0.6173593159775166, 1e-12);
  EXPECT_EQ(wilson(0.5, 0, 0, 0.05).hi, 1);
}

TEST(DirectionalAccuracy, CountsWhatMovesTogetherOnce) {
  // Symbols that are copies of each other and labels that overlap by 6 bars: 20 x 600 rows are worth about 100.
  const auto rows = testing::make_rows({.symbols = 20, .times = 600, .horizon_bars = 6, .seed = 2, .market_share = 1});
  const std::vector<float> always_up(rows.size(), 1.0F);
  const auto together = directional_accuracy(rows, always_up, {0.05, 12});
  EXPECT_EQ(together.count, rows.size());
  EXPECT_LT(together.effective_count, 300);
  EXPECT_GT(together.effective_count, 30);

  const auto apart = testing::make_rows({.symbols = 20, .times = 600, .horizon_bars = 1, .seed = 2, .market_share = 0});
  EXPECT_GT(directional_accuracy(apart, always_up, {}).effective_count, 4000);
}

TEST(DirectionalAccuracy, LeavesOutZeros) {
  auto rows = testing::make_rows({.symbols = 1, .times = 4, .horizon_bars = 1, .seed = 2});
  rows.forward_return = {0.1F, -0.1F, 0.0F, 0.1F};
  const auto share = directional_accuracy(rows, std::vector<float>{1, 1, 1, 0}, {});
  EXPECT_EQ(share.count, 2U);
  EXPECT_EQ(share.share, 0.5);
}

TEST(VolatilityRegimes, KnowNothingOfTheFuture) {
  auto rows = testing::make_rows({.symbols = 3, .times = 200, .horizon_bars = 1, .seed = 2});
  Random random(4);
  for (auto& v : rows.volatility) v = static_cast<float>(0.01 + 0.01 * random.uniform());
  const auto before = volatility_regimes(rows, 30);
  for (std::size_t i = 100 * 3; i < rows.size(); ++i) rows.volatility[i] *= 50;
  const auto after = volatility_regimes(rows, 30);
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + 100, after.begin()));
  EXPECT_EQ(before[29], VolatilityRegime::unknown);
  EXPECT_NE(before[30], VolatilityRegime::unknown);
  EXPECT_EQ(after[100], VolatilityRegime::turbulent);
}

TEST(Slices, AddUpToTheWhole) {
  const auto rows = testing::make_rows({.symbols = 10, .times = 900, .horizon_bars = 2, .seed = 5});
  const auto forecast = testing::forecast_with_skill(rows, 0.2, 6);
  const auto ic = rank_ic_series(rows, forecast, rows.label, {});
  const auto months = metrics_by_month(rows, forecast, ic, {0.05, 4});
  ASSERT_EQ(months.size(), 2U);  // the rows begin on 15 January 2024
  EXPECT_EQ(months[0].name, "2024-01");
  EXPECT_EQ(months[0].times + months[1].times, 900U);
  double sum = 0;
  for (const auto& month : months) sum += month.rank_ic * static_cast<double>(month.times);
  EXPECT_NEAR(sum / 900, summarize(ic, {}).mean.mean, 1e-12);
  const auto same = metrics_by_period(rows, forecast, ic, {0.05, 4},
                                      std::vector<TimeRange>{{from_calendar(2024, 1, 15), from_calendar(2024, 2, 1)},
                                                             {from_calendar(2024, 2, 1), from_calendar(2024, 3, 1)}});
  ASSERT_EQ(same.size(), 2U);
  EXPECT_EQ(same[0].name, "2024-01-15");
  for (std::size_t i = 0; i < same.size(); ++i) {
    EXPECT_EQ(same[i].rows, months[i].rows);
    EXPECT_EQ(same[i].rank_ic, months[i].rank_ic);
    EXPECT_EQ(same[i].rank_ic_hi, months[i].rank_ic_hi);
  }
  std::size_t times = 0;
  for (const auto& regime : metrics_by_regime(rows, forecast, ic, {0.05, 4})) times += regime.times;
  EXPECT_EQ(times, 900U);
}

TEST(Slices, LeaveOutTimesOfNoPeriodAndPeriodsWithoutATime) {
  const auto rows = testing::make_rows({.symbols = 10, .times = 72, .horizon_bars = 2, .seed = 5});
  const auto forecast = testing::forecast_with_skill(rows, 0.2, 6);
  const auto ic = rank_ic_series(rows, forecast, rows.label, {});
  const Timestamp begin(rows.decided_at_ms.front());
  const Duration hour(3'600'000);
  const std::vector<TimeRange> periods{{begin - hour * 48, begin}, {begin + hour * 10, begin + hour * 30}};
  const auto slices = metrics_by_period(rows, forecast, ic, {0.05, 4}, periods);
  ASSERT_EQ(slices.size(), 1U);
  EXPECT_EQ(slices[0].times, 20U) << "the end of a period is not in it";
  EXPECT_EQ(slices[0].rows, 200U);
}

}  // namespace
}  // namespace clm
