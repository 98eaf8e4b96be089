#include "evaluation/metrics/rank_ic.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/metrics/forecast_test_support.hpp"
#include "evaluation/statistics/ranks.hpp"

namespace clm {
namespace {

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
