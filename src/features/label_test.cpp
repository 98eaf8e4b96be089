#include "features/label.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace clm {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

CandleSeries opens(const std::vector<double>& prices) {
  CandleSeries series{{Venue("v"), Symbol("s"), Interval::one_hour()}, {}};
  for (std::size_t i = 0; i < prices.size(); ++i) {
    Candle candle;
    candle.open_time = Timestamp(static_cast<std::int64_t>(i) * kHourMs);
    candle.open = candle.high = candle.low = candle.close = prices[i];
    candle.volume = 1;
    series.candles.push_back(candle);
  }
  return series;
}

TEST(ForwardReturns, EntersAtTheNextOpenAndLeavesHorizonBarsLater) {
  const auto series = opens({100, 110, 121, 150, 160});
  const auto forward = forward_returns(series, 2, 0, Timestamp::max());
  EXPECT_FLOAT_EQ(forward.log_return[0], static_cast<float>(std::log(150.0 / 110.0)));
  EXPECT_FLOAT_EQ(forward.log_return[1], static_cast<float>(std::log(160.0 / 121.0)));
  EXPECT_TRUE(std::isnan(forward.log_return[2])) << "the last horizon rows have no label, they are not 'down'";
  EXPECT_EQ(forward.known_at_ms[0], 4 * kHourMs) << "known when the exit bar has closed";
}

TEST(ForwardReturns, AnEntryDelayMovesBothEnds) {
  const auto series = opens({100, 110, 121, 150, 160});
  const auto forward = forward_returns(series, 2, 1, Timestamp::max());
  EXPECT_FLOAT_EQ(forward.log_return[0], static_cast<float>(std::log(160.0 / 121.0)));
  EXPECT_TRUE(std::isnan(forward.log_return[1]));
}

TEST(ForwardReturns, NothingIsKnownBeforeTheExitBarCloses) {
  const auto series = opens({100, 110, 121, 150, 160});
  const auto early = forward_returns(series, 2, 0, Timestamp(4 * kHourMs - 1));
  EXPECT_TRUE(std::isnan(early.log_return[0]));
  const auto late = forward_returns(series, 2, 0, Timestamp(4 * kHourMs));
  EXPECT_FALSE(std::isnan(late.log_return[0]));
  EXPECT_TRUE(std::isnan(late.log_return[1]));
}

TEST(ForwardReturns, AGapOnTheWayMeansNoLabel) {
  auto series = opens({100, 110, 121, 150, 160, 170});
  for (std::size_t i = 3; i < series.candles.size(); ++i)
    series.candles[i].open_time = series.candles[i].open_time + Duration(kHourMs);
  const auto forward = forward_returns(series, 1, 0, Timestamp::max());
  EXPECT_FALSE(std::isnan(forward.log_return[0])) << "1 -> 2 is unbroken";
  EXPECT_TRUE(std::isnan(forward.log_return[1])) << "2 -> 3 crosses the gap";
  EXPECT_TRUE(std::isnan(forward.log_return[2])) << "the entry itself lies behind the gap";
  EXPECT_FALSE(std::isnan(forward.log_return[3]));
}

TEST(HorizonVolatility, IsTheSampleDeviationOfTheWindowAndUsesNoLaterBar) {
  std::vector<double> prices{100};
  for (int i = 0; i < 40; ++i) prices.push_back(prices.back() * (i % 3 == 0 ? 1.02 : 0.995));
  const auto volatility = horizon_volatility(opens(prices), 10, 4);
  for (std::size_t t = 10; t < prices.size(); ++t) {
    double mean = 0, square = 0;
    for (std::size_t k = t - 9; k <= t; ++k) mean += std::log(prices[k] / prices[k - 1]) / 10;
    for (std::size_t k = t - 9; k <= t; ++k) square += std::pow(std::log(prices[k] / prices[k - 1]) - mean, 2);
    EXPECT_NEAR(volatility[t], std::sqrt(square / 9 * 4), 1e-7);
  }
  EXPECT_TRUE(std::isnan(volatility[9])) << "the window is not full";
  const auto cut = horizon_volatility(opens({prices.begin(), prices.begin() + 21}), 10, 4);
  for (std::size_t t = 0; t < cut.size(); ++t)
    EXPECT_TRUE(cut[t] == volatility[t] || (std::isnan(cut[t]) && std::isnan(volatility[t])));
}

TEST(HorizonVolatility, AFrozenPriceHasNone) {
  const auto volatility = horizon_volatility(opens(std::vector<double>(50, 7.5)), 10, 1);
  for (const float v : volatility) EXPECT_TRUE(std::isnan(v));
}

TEST(LabelTarget, NamesRoundTripAndUnknownOnesAreRefused) {
  for (const auto* name : {"plain", "relative", "rank", "blend"})
    EXPECT_EQ(to_string(parse_label_target(name).value()), name);
  EXPECT_EQ(parse_label_target("up").error().code, "label.target");
}

}  // namespace
}  // namespace clm
