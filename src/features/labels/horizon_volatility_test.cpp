#include "features/labels/horizon_volatility.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace clm {
namespace {

/// Bars of one hour at these prices.
CandleSeries hours_at(const std::vector<double>& prices) {
  CandleSeries series{{Venue("v"), Symbol("s"), Interval::one_hour()}, {}};
  for (std::size_t i = 0; i < prices.size(); ++i) {
    Candle candle;
    candle.open_time = Timestamp(0) + series.key.interval.length() * static_cast<std::int64_t>(i);
    candle.open = candle.high = candle.low = candle.close = prices[i];
    candle.volume = 1;
    series.candles.push_back(candle);
  }
  return series;
}

TEST(HorizonVolatility, IsTheSampleDeviationOfTheWindowAndUsesNoLaterBar) {
  std::vector<double> prices{100};
  for (int i = 0; i < 40; ++i) prices.push_back(prices.back() * (i % 3 == 0 ? 1.02 : 0.995));
  const auto volatility = horizon_volatility(hours_at(prices), 10, 4);
  for (std::size_t t = 10; t < prices.size(); ++t) {
    double mean = 0, square = 0;
    for (std::size_t k = t - 9; k <= t; ++k) mean += std::log(prices[k] / prices[k - 1]) / 10;
    for (std::size_t k = t - 9; k <= t; ++k) square += std::pow(std::log(prices[k] / prices[k - 1]) - mean, 2);
    EXPECT_NEAR(volatility[t], std::sqrt(square / 9 * 4), 1e-7);
  }
  EXPECT_TRUE(std::isnan(volatility[9])) << "the window is not full";
  const auto cut = horizon_volatility(hours_at({prices.begin(), prices.begin() + 21}), 10, 4);
  for (std::size_t t = 0; t < cut.size(); ++t)
    EXPECT_TRUE(cut[t] == volatility[t] || (std::isnan(cut[t]) && std::isnan(volatility[t])));
}

TEST(HorizonVolatility, AFrozenPriceHasNone) {
  const auto volatility = horizon_volatility(hours_at(std::vector<double>(50, 7.5)), 10, 1);
  for (const float v : volatility) EXPECT_TRUE(std::isnan(v));
}

TEST(HorizonVolatility, AReturnAcrossAGapDoesNotCount) {
  std::vector<double> prices{100};
  for (int i = 0; i < 40; ++i) prices.push_back(prices.back() * (i % 2 == 0 ? 1.01 : 0.99));
  auto series = hours_at(prices);
  series.candles[30].close *= 3;
  for (std::size_t t = 30; t < series.candles.size(); ++t)
    series.candles[t].open_time = series.candles[t].open_time + series.key.interval.length();
  const float with_gap = horizon_volatility(series, 10, 1)[30];
  const float before = horizon_volatility(hours_at(prices), 10, 1)[29];
  EXPECT_NEAR(with_gap, before, 0.1F * before) << "a jump of 200 % lies across the gap";
}

TEST(HorizonVolatility, TooFewReturnsSayNothing) {
  std::vector<double> prices{100};
  for (int i = 0; i < 40; ++i) prices.push_back(prices.back() * (i % 2 == 0 ? 1.01 : 0.99));
  auto series = hours_at(prices);
  const auto missing = [&](std::size_t bar) { series.candles[bar].close = kMissing; };
  missing(20);  // two returns
  EXPECT_FALSE(std::isnan(horizon_volatility(series, 10, 1)[25])) << "8 of 10";
  missing(23);  // two more
  EXPECT_TRUE(std::isnan(horizon_volatility(series, 10, 1)[25])) << "6 of 10";
}

}  // namespace
}  // namespace clm
