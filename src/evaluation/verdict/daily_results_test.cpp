#include "evaluation/verdict/daily_results.hpp"

#include <cmath>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm {
namespace {

std::vector<ForecastTable> two_forecasters(const testing::MarketShape& shape) {
  const auto rows = std::make_shared<const JudgedRows>(testing::make_rows(shape));
  return {{"skilled", rows, testing::forecast_with_skill(*rows, 0.2, 3)},
          {"other", rows, testing::forecast_with_skill(*rows, 0.0, 4)}};
}

TEST(DailyResults, AddUpToTheWholeBookAndItsRankIc) {
  const auto tables = two_forecasters({.symbols = 12, .times = 240, .horizon_bars = 6});
  const JudgeOptions options;
  const auto daily = daily_results(tables, options);
  ASSERT_EQ(daily.days(), 10U);
  EXPECT_EQ(daily.day_ms.front() % kDayMs, 0);
  EXPECT_EQ(daily.day_ms[1] - daily.day_ms[0], kDayMs);
  EXPECT_TRUE(daily.long_short);
  EXPECT_EQ(daily.overlap_days, 1U);
  EXPECT_EQ(daily.periods_per_year, 365.25);
  ASSERT_EQ(daily.forecasters.size(), 2U);
  for (std::size_t k = 0; k < 2; ++k) {
    const DailyResult& one = daily.forecasters[k];
    EXPECT_EQ(one.name, tables[k].name);
    const JudgedRows& rows = *tables[k].rows;
    const auto book = simulate_long_short(rows, tables[k].forecast, rows.forward_return, options.long_short);
    const auto net = net_returns(book, options.positions.costs.per_side_bps());
    EXPECT_NEAR(std::accumulate(one.net_return.begin(), one.net_return.end(), 0.0),
                std::accumulate(net.value.begin(), net.value.end(), 0.0) / 6, 1e-12);
    const auto ic = rank_ic_series(rows, tables[k].forecast, rows.label, {options.min_symbols}).ic;
    EXPECT_NEAR(std::accumulate(one.rank_ic.begin(), one.rank_ic.end(), 0.0) / 10,
                std::accumulate(ic.value.begin(), ic.value.end(), 0.0) / 240, 1e-12)
        << "every day has as many times";
  }
}

TEST(DailyResults, LeaveOutDaysOnWhichAnyOfThemIsSilent) {
  auto tables = two_forecasters({.symbols = 12, .times = 240, .horizon_bars = 6});
  const JudgedRows& rows = *tables[0].rows;
  const std::int64_t silent = rows.decided_at_ms.front() / kDayMs * kDayMs + 3 * kDayMs;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows.decided_at_ms[i] / kDayMs * kDayMs == silent) tables[1].forecast[i] = std::nanf("");
  const auto daily = daily_results(tables, {});
  EXPECT_EQ(daily.days(), 9U);
  for (const auto day : daily.day_ms) EXPECT_NE(day, silent);
  tables[1].forecast.assign(rows.size(), std::nanf(""));
  EXPECT_EQ(daily_results(tables, {}).days(), 0U) << "they never all have a forecast";
}

TEST(DailyResults, OfTooFewSymbolsForABookAreOfSinglePositions) {
  const auto tables = two_forecasters({.symbols = 2, .times = 480, .horizon_bars = 48});
  const auto daily = daily_results(tables, {});
  EXPECT_FALSE(daily.long_short);
  EXPECT_EQ(daily.overlap_days, 2U);
  const auto positions = simulate_positions(*tables[0].rows, tables[0].forecast, {});
  ASSERT_FALSE(positions.trades.empty());
  std::map<std::int64_t, double> by_exit;
  for (std::size_t t = 0; t < positions.net_return.size(); ++t)
    by_exit[positions.net_return.time_ms[t] / kDayMs * kDayMs] += positions.net_return.value[t];
  for (std::size_t d = 0; d < daily.days(); ++d)
    EXPECT_NEAR(daily.forecasters[0].net_return[d], by_exit.at(daily.day_ms[d]), 1e-12);
}

}  // namespace
}  // namespace clm
