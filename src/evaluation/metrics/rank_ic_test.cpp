#include "evaluation/metrics/rank_ic.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <cmath>

#include "base/random.hpp"
#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm {
namespace {

TEST(Spearman, AgreesWithScipyWithTies) {  // tools/oracles/significance.py
  const std::vector<float> x{1, 2, 2, 3, 5, 8}, y{2, 1, 4, 4, 9, 3};
  EXPECT_NEAR(spearman(x, y), 0.4852941176470589, 1e-12);
  EXPECT_EQ(average_ranks(x), (std::vector<double>{1, 2.5, 2.5, 4, 5, 6}));
}

TEST(AverageRanks, AreWhatCountingSays) {
  Random random(5);
  for (const std::size_t n :
       std::vector<std::size_t>{1, 2, 60, 128, 129, 300}) {  // few are compared all with all, many are sorted
    std::vector<float> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(static_cast<float>(random.below(n)) - 20.0F);
    const auto ranks = average_ranks(values);
    ASSERT_EQ(ranks.size(), n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto below = std::count_if(values.begin(), values.end(), [&](float v) { return v < values[i]; });
      const auto equal = std::count(values.begin(), values.end(), values[i]);
      EXPECT_EQ(ranks[i], static_cast<double>(below) + 0.5 * static_cast<double>(equal + 1)) << n << " " << i;
    }
  }
}

TEST(Spearman, IsZeroWhereNothingIsRanked) {
  EXPECT_EQ(spearman(std::vector<float>{1, 1, 1}, std::vector<float>{1, 2, 3}), 0);
}

TEST(RankIcSeries, IsOneValuePerTimeOverTheSymbolsThatSpoke) {
  auto rows = testing::make_rows({.symbols = 3, .times = 2, .horizon_bars = 1, .seed = 1});
  rows.label = {1, 2, 3, 1, 2, 3};
  const float none = std::nanf("");
  const std::vector<float> forecast{1, 2, 3, none, 5, 4};
  const auto series = rank_ic_series(rows, forecast, rows.label, {.min_symbols = 2});
  EXPECT_EQ(series.kind, RankSkill::cross_section);
  EXPECT_EQ(series.ic.value, (std::vector<double>{1, -1}));
}

TEST(RankIcSeries, OfOneSymbolIsItsRankCorrelationOverTime) {
  const auto rows = testing::make_rows({.symbols = 1, .times = 200, .horizon_bars = 1, .seed = 2});
  const auto forecast = testing::forecast_with_skill(rows, 0.3, 3);
  const auto series = rank_ic_series(rows, forecast, rows.label, {});
  EXPECT_EQ(series.kind, RankSkill::time_series);
  EXPECT_EQ(series.ic.size(), 200U);
  EXPECT_NEAR(summarize(series, {}).mean.mean, spearman(forecast, rows.label), 1e-12);
}

TEST(RankIc, FindsTheSkillThatWasPlanted) {
  const auto rows = testing::make_rows({.symbols = 40, .times = 400, .horizon_bars = 5, .seed = 4, .market_share = 0});
  const auto forecast = testing::forecast_with_skill(rows, 0.1, 5);
  const auto ic = summarize(rank_ic_series(rows, forecast, rows.label, {}), {0.05, 10});
  EXPECT_NEAR(ic.mean.mean, 0.1, 0.02);
  EXPECT_GT(ic.mean.lo, 0.05);
  EXPECT_NEAR(ic.information_ratio, ic.mean.mean / ic.standard_deviation, 1e-12);
}

}  // namespace
}  // namespace clm
