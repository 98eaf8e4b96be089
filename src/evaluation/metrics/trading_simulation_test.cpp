#include "evaluation/metrics/trading_simulation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm {
namespace {

/// One symbol, hourly, three bars held: rows at hours 0, 1, 2, ... with the given log returns and a volatility of 1 %.
JudgedRows one_symbol(std::vector<float> returns) {
  JudgedRows rows;
  rows.interval = Interval::one_hour();
  rows.horizon_bars = 3;
  rows.symbols = {Symbol("BTCUSDT")};
  for (std::size_t i = 0; i < returns.size(); ++i) {
    rows.decided_at_ms.push_back(static_cast<std::int64_t>(i) * rows.interval.ms());
    rows.known_at_ms.push_back(rows.decided_at_ms.back() + 5 * rows.interval.ms());  // of a label entered later
    rows.symbol.push_back(0);
    rows.volatility.push_back(0.01F);
    rows.label.push_back(returns[i] / 0.01F);
  }
  rows.forward_return = std::move(returns);
  return rows;
}

TEST(ReturnStatistics, OfAKnownSeries) {
  const std::vector<double> returns{0.1, -0.5, 0.2, 0.0};
  const auto s = return_statistics(returns, 100);
  EXPECT_NEAR(s.total_return, 1.1 * 0.5 * 1.2 - 1, 1e-12);
  EXPECT_NEAR(s.max_drawdown, 0.5, 1e-12);
  const double mean = -0.05;
  const double deviation = std::sqrt((0.15 * 0.15 + 0.45 * 0.45 + 0.25 * 0.25 + 0.05 * 0.05) / 4);
  EXPECT_NEAR(s.sharpe, mean / deviation * 10, 1e-12);
  EXPECT_NEAR(s.sortino, mean / std::sqrt(0.25 / 4) * 10, 1e-12);
  EXPECT_NEAR(bars_per_year(Interval::one_hour()), 8766, 1e-9);
}

TEST(Positions, TradeOnlyBeyondCostsAndNeverTwoAtOnce) {
  const auto rows = one_symbol({0.01F, 0.02F, 0.03F, -0.02F, 0.01F, 0.01F, 0.04F});
  // 14 bps for both sides: .0014 / .01 = .14 label units must be exceeded.
  const std::vector<float> forecast{0.5F, 0.5F, 0.5F, -0.2F, 0.5F, 0.5F, 0.13F};
  const auto result = simulate_positions(rows, forecast, {});
  // Hours 0 and 3, at whose open the first one's exit fills; 1, 2, 4, 5 would overlap; 6 promises less than its cost.
  ASSERT_EQ(result.trades.size(), 2U);
  EXPECT_EQ(result.trades[0].exit_ms, 3 * rows.interval.ms());
  EXPECT_EQ(result.trades[1].decided_at_ms, 3 * rows.interval.ms());
  EXPECT_NEAR(result.trades[0].net_bps, std::expm1(0.01) * 1e4 - 14, 1e-3);
  EXPECT_EQ(result.trades[1].side, -1);
  EXPECT_NEAR(result.trades[1].gross_bps, -std::expm1(-0.02) * 1e4, 1e-3);
  EXPECT_NEAR(result.average_r, (result.trades[0].net_bps + result.trades[1].net_bps) / 2 / 100, 1e-6);
  EXPECT_EQ(result.win_rate, 1);
  EXPECT_TRUE(std::isinf(result.profit_factor));
  EXPECT_NEAR(result.exposure, 6.0 / 7, 1e-12);
  EXPECT_NEAR(result.turnover, 4.0 / 7, 1e-12);
  EXPECT_NEAR(result.net_return.value[3], result.trades[0].net_bps / 1e4, 1e-12);
}

TEST(Positions, OfRelativeForecastsAreHedgedAndOfTheSameGrossExposure) {
  auto rows = testing::make_rows({.symbols = 4, .times = 40, .horizon_bars = 1, .seed = 3});
  rows.basis = ReturnBasis::relative;
  for (std::size_t i = 0; i < rows.size(); ++i)  // the market rises by 2 %, the symbols .1 % more or less
    rows.forward_return[i] = static_cast<float>(std::log1p(0.02 + (rows.symbol[i] % 2 == 0 ? 0.001 : -0.001)));
  std::vector<float> forecast;
  for (const auto symbol : rows.symbol) forecast.push_back(symbol == 0 ? 5.0F : symbol == 1 ? 50.0F : 0.0F);
  const auto result = simulate_positions(rows, forecast, {{5, 2}, 0});
  ASSERT_EQ(result.trades.size(), 80U);
  for (const auto& trade : result.trades) {
    // Half of the exposure in the symbol, half against the mean, and the costs of both: the market's rise is no merit,
    // and ten times the forecast no larger position.
    EXPECT_NEAR(trade.gross_bps, trade.symbol == 0 ? 5 : -5, 1e-2);
    EXPECT_NEAR(trade.net_bps, trade.gross_bps - 14, 1e-9);
    EXPECT_NEAR(trade.r_multiple, trade.net_bps / (0.5 * 80), 1e-4);
  }
  // What a forecast promises, half of the position earns: .3 of a volatility of .8 % is 12 bps of the exposure.
  for (auto& value : forecast) value = value > 0 ? 0.3F : 0.0F;
  EXPECT_TRUE(simulate_positions(rows, forecast, {{5, 2}, 0}).trades.empty());
  rows.basis = ReturnBasis::own;
  EXPECT_EQ(simulate_positions(rows, forecast, {{5, 2}, 0}).trades.size(), 80U);
}

TEST(SignReturns, AreOfOneGrossExposureHedgedAndOfNoSize) {
  auto rows = testing::make_rows({.symbols = 2, .times = 3, .horizon_bars = 1, .seed = 3});
  const std::vector<double> simple{0.03, 0.01, 0.03, 0.01, 0.03, 0.01};
  for (std::size_t i = 0; i < rows.size(); ++i) rows.forward_return[i] = static_cast<float>(std::log1p(simple[i]));
  const std::vector<float> forecast{0.001F, -7.0F, -1.0F, 0.0F, 0.0F, 0.0F};
  const auto own = sign_returns(rows, forecast);
  ASSERT_EQ(own.size(), 3U);
  EXPECT_NEAR(own.value[0], (0.03 - 0.01) / 2, 1e-6);
  EXPECT_NEAR(own.value[1], -0.03, 1e-6);
  EXPECT_EQ(own.value[2], 0);
  rows.basis = ReturnBasis::relative;
  const auto hedged = sign_returns(rows, forecast);
  EXPECT_NEAR(hedged.value[0], (0.5 * 0.01 + 0.5 * 0.01) / 2, 1e-6);
  EXPECT_NEAR(hedged.value[1], -0.5 * 0.01, 1e-6);
}

TEST(Positions, WiderBandTradesLess) {
  const auto rows = testing::make_rows({.symbols = 8, .times = 300, .horizon_bars = 4, .seed = 3});
  const auto forecast = testing::forecast_with_skill(rows, 0.15, 4);
  const auto narrow = simulate_positions(rows, forecast, {{5, 2}, 0});
  const auto wide = simulate_positions(rows, forecast, {{5, 2}, 15});
  EXPECT_GT(narrow.trades.size(), wide.trades.size());
  EXPECT_GT(wide.trades.size(), 20U);
  std::map<std::uint16_t, std::int64_t> busy_until;
  for (const auto& trade : narrow.trades) {
    EXPECT_GE(trade.decided_at_ms, busy_until[trade.symbol]);
    busy_until[trade.symbol] = trade.exit_ms;
  }
}

TEST(Positions, MissingForecastIsNoTrade) {
  const auto rows = one_symbol({0.01F, 0.02F});
  const auto result = simulate_positions(rows, std::vector<float>(2, std::nanf("")), {});
  EXPECT_TRUE(result.trades.empty());
  EXPECT_EQ(result.returns.sharpe, 0);
}

/// Ten symbols, one bar held; forecasts are the symbol's number, so the book never changes.
JudgedRows ten_symbols(std::size_t times) {
  auto rows = testing::make_rows({.symbols = 10, .times = times, .horizon_bars = 1, .seed = 5});
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows.forward_return[i] = static_cast<float>(std::log1p(0.001 * (rows.symbol[i] - 4.5)));
  return rows;
}

TEST(LongShort, EarnsTheSpreadAndPaysForChangesOnly) {
  const auto rows = ten_symbols(20);
  std::vector<float> forecast;
  for (const auto symbol : rows.symbol) forecast.push_back(static_cast<float>(symbol));
  const auto result = simulate_long_short(rows, forecast, rows.forward_return, {});
  EXPECT_EQ(result.rebalances, 20U);
  // Longs 8 and 9 earn .4 % on average, shorts 0 and 1 cost -.4 %: 80 bps a rebalance.
  EXPECT_NEAR(result.gross_bps, 80, 1e-3);
  // Opened once and closed once: sum |weight change| = 2 + 2 over 20 rebalances.
  EXPECT_NEAR(result.turnover, 4.0 / 20 / 4, 1e-12);
  EXPECT_NEAR(result.break_even_cost_bps, 80 / 0.2, 1e-2);
  ASSERT_EQ(result.by_cost.size(), 4U);
  EXPECT_NEAR(result.by_cost[3].net_bps, 80 - 10 * 0.2, 1e-3);
}

TEST(LongShort, FullChangeOfBothLegsCostsFourSides) {
  const auto rows = ten_symbols(10);
  std::vector<float> forecast;
  for (std::size_t i = 0; i < rows.size(); ++i)
    forecast.push_back(static_cast<float>(rows.symbol[i]) * (i / 10 % 2 == 0 ? 1.0F : -1.0F));
  const auto result = simulate_long_short(rows, forecast, rows.forward_return, {});
  EXPECT_NEAR(result.weight_change.value[3], 4, 1e-12);
  EXPECT_NEAR(result.gross_return.value[3], -0.008, 1e-6);
}

TEST(LongShort, HoldingBandCutsTurnover) {
  const auto rows = testing::make_rows({.symbols = 40, .times = 400, .horizon_bars = 2, .seed = 6});
  const auto forecast = testing::forecast_with_skill(rows, 0.1, 7);
  const auto plain = simulate_long_short(rows, forecast, rows.forward_return, {});
  LongShortOptions options;
  options.hold_fraction = 0.4;
  const auto banded = simulate_long_short(rows, forecast, rows.forward_return, options);
  EXPECT_LT(banded.turnover, 0.75 * plain.turnover);
  EXPECT_GT(banded.break_even_cost_bps, 0);
  EXPECT_EQ(plain.rebalances, 400U);
}

TEST(LongShort, WeightsOfTheRowsGiveBackWhatItEarnedAndPaid) {
  auto rows = testing::make_rows({.symbols = 12, .times = 60, .horizon_bars = 3, .seed = 6});
  auto forecast = testing::forecast_with_skill(rows, 0.1, 7);
  for (std::size_t i = 0; i < 12; ++i) forecast[12 * 17 + i] = std::numeric_limits<float>::quiet_NaN();  // no book then
  LongShortOptions options;
  EXPECT_TRUE(simulate_long_short(rows, forecast, rows.forward_return, options).weight.empty()) << "not asked for";
  options.keep_weights = true;
  const auto result = simulate_long_short(rows, forecast, rows.forward_return, options);
  ASSERT_EQ(result.weight.size(), rows.size());
  std::size_t entry = 0;
  for (std::size_t t = 0; t < 60; ++t) {
    double gross = 0, change = 0;
    for (std::size_t i = 12 * t; i < 12 * (t + 1); ++i) {
      if (t == 17) {
        EXPECT_TRUE(std::isnan(result.weight[i]));
        continue;
      }
      const auto weight = static_cast<double>(result.weight[i]);
      gross += weight * std::expm1(static_cast<double>(rows.forward_return[i]));
      const bool follows = t >= 3 && t != 20;
      const bool last = t + 3 >= 60 || t + 3 == 17;  // closed before a gap and at the end
      change +=
          std::abs(weight - (follows ? static_cast<double>(result.weight[i - 36]) : 0)) + (last ? std::abs(weight) : 0);
    }
    if (t == 17) continue;
    EXPECT_NEAR(result.gross_return.value[entry], gross, 1e-7) << t;
    EXPECT_NEAR(result.weight_change.value[entry], change, 1e-6) << t;
    ++entry;
  }
  EXPECT_EQ(entry, result.rebalances);
}

TEST(LongShort, ForecastThatRanksNothingDoesNotTrade) {
  const auto rows = ten_symbols(10);
  const auto result = simulate_long_short(rows, std::vector<float>(100, 0.0F), rows.forward_return, {});
  EXPECT_EQ(result.gross_bps, 0);
  EXPECT_EQ(result.turnover, 0);
  EXPECT_EQ(result.break_even_cost_bps, 0);
}

}  // namespace
}  // namespace clm
