#include "features/labels/label.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace clm {
namespace {

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

TEST(LabelTarget, NamesRoundTripAndUnknownOnesAreRefused) {
  for (const auto* name : {"plain", "relative", "rank", "blend"})
    EXPECT_EQ(to_string(parse_label_target(name).value()), name);
  EXPECT_EQ(parse_label_target("up").error().code, "label.target");
}

TEST(Label, ForecastsAreAboutTheSameWhateverTheWayItIsLearned) {
  const LabelOptions label;
  LabelOptions learned_otherwise = label;
  learned_otherwise.clip = 3;
  learned_otherwise.entry_delay_bars = 4;
  learned_otherwise.rank_weight = 0.9;
  learned_otherwise.target = LabelTarget::rank;
  EXPECT_TRUE(are_judged_alike(label, learned_otherwise));
  LabelOptions horizon = label, unit = label, own_return = label;
  horizon.horizon_bars = 24;
  unit.volatility_bars = 24;
  own_return.target = LabelTarget::plain;
  for (const LabelOptions& other : {horizon, unit, own_return}) {
    EXPECT_FALSE(are_judged_alike(label, other));
    EXPECT_TRUE(are_judged_alike(other, other));
  }
}

}  // namespace
}  // namespace clm
