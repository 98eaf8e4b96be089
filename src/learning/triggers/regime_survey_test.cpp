#include "learning/triggers/regime_survey.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"
#include "learning/triggers/trigger_regime.hpp"

namespace clm {
namespace {

constexpr std::size_t kDayBars = 24, kDays = 200, kLateDay = 180;

Timestamp close_after(std::size_t bars) { return Timestamp(static_cast<std::int64_t>(bars) * kHourMs); }

enum class Late { calm, storm, rally };

/// Hourly closes of a market that is quiet and loud by turns, 30 days each, quiet from day 120 on, and from day 180 on
/// as `late` says.
CandleSeries walk(const char* symbol, std::uint64_t seed, Late late) {
  CandleSeries series{{Venue("test"), Symbol(symbol), Interval::one_hour()}, {}};
  Random random(seed);
  double level = 0;
  for (std::size_t bar = 0; bar < kDays * kDayBars; ++bar) {
    const std::size_t day = bar / kDayBars;
    const bool loud = (day < 120 && day / 30 % 2 == 1) || (late == Late::storm && day >= kLateDay);
    const double drift = late == Late::rally && day >= kLateDay ? 0.5 : 0;
    level += (loud ? 0.009 : 0.003) * (random.normal() + drift);
    Candle candle;
    candle.open_time = close_after(bar);
    candle.open = candle.high = candle.low = candle.close = std::exp(level);
    candle.volume = 1;
    series.candles.push_back(candle);
  }
  return series;
}

class RegimeSurveyTest : public ::testing::Test {
 protected:
  RegimeSurvey survey(std::vector<CandleSeries> series, std::size_t bars = kDays * kDayBars, int jobs = 1) {
    for (CandleSeries& one : series) one.candles.resize(std::min(one.candles.size(), bars));
    const MemoryCandleSource source(std::move(series));
    return survey_regimes(source, close_after(bars), {clock_, cancel_, progress_, jobs}).value();
  }
  std::vector<CandleSeries> three() {
    auto young = walk("CNEW", 3, Late::calm);
    young.candles.erase(young.candles.begin(), young.candles.end() - 40 * kDayBars - 1);
    return {walk("ASTORM", 1, Late::storm), walk("BRALLY", 2, Late::rally), std::move(young)};
  }
  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
};

TEST_F(RegimeSurveyTest, SaysWhereEverySymbolStandsAndSinceWhen) {
  const auto found = survey(three());
  ASSERT_EQ(found.symbols.size(), 3U);
  const StandingRegime &storm = found.symbols[0], &rally = found.symbols[1], &young = found.symbols[2];
  EXPECT_EQ(storm.symbol, "ASTORM");
  EXPECT_EQ(storm.volatility, VolatilityRegime::turbulent);
  EXPECT_EQ(storm.volatility_since, close_after(kLateDay * kDayBars)) << "the day on which it began";
  EXPECT_GT(storm.volatility_probability, 0.9);
  EXPECT_EQ(storm.trend, TrendRegime::flat);
  EXPECT_EQ(rally.trend, TrendRegime::up);
  ASSERT_TRUE(rally.trend_since);
  EXPECT_GE(*rally.trend_since, close_after(kLateDay * kDayBars));
  EXPECT_LE(*rally.trend_since, close_after((kLateDay + 7) * kDayBars));
  EXPECT_NE(rally.volatility, VolatilityRegime::turbulent);
  EXPECT_EQ(young.volatility, VolatilityRegime::unknown);
  EXPECT_FALSE(young.volatility_since);
  EXPECT_TRUE(std::isnan(young.trend_probability));
  EXPECT_NE(young.why_unknown.find("40 observations"), std::string::npos) << young.why_unknown;
  EXPECT_TRUE(found.market.symbol.empty());
  EXPECT_NE(found.market.volatility, VolatilityRegime::unknown);
}

TEST_F(RegimeSurveyTest, TheFutureChangesNothing) {
  const std::size_t then = 179 * kDayBars;
  const auto early = survey(three(), then);
  auto changed = three();
  for (CandleSeries& one : changed)
    for (Candle& candle : one.candles)
      if (candle.open_time >= close_after(then)) candle.close *= 3;
  const MemoryCandleSource source(std::move(changed));
  const auto again = survey_regimes(source, close_after(then), {clock_, cancel_, progress_, 2}).value();
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(early.symbols[i].volatility, again.symbols[i].volatility);
    EXPECT_EQ(early.symbols[i].volatility_probability, again.symbols[i].volatility_probability);
    EXPECT_EQ(early.symbols[i].trend_probability, again.symbols[i].trend_probability);
  }
  EXPECT_EQ(early.market.trend_probability, again.market.trend_probability);
  EXPECT_NE(early.symbols[0].volatility, VolatilityRegime::unknown);
}

TEST_F(RegimeSurveyTest, CountsWhoHasShiftedByItself) {
  BarHistory bars;
  for (const CandleSeries& series : three()) {
    for (const Candle& candle : series.candles) {
      bars.open_time_ms.push_back(candle.open_time.ms());
      bars.log_close.push_back(std::log(candle.close));
    }
    bars.symbol_begin.push_back(bars.open_time_ms.size());
  }
  const auto quiet =
      count_shifted(bars, Interval::one_hour(), close_after(150 * kDayBars), close_after(170 * kDayBars));
  EXPECT_EQ(quiet.known, 2U);
  EXPECT_EQ(quiet.shifted, 0U);
  const auto later =
      count_shifted(bars, Interval::one_hour(), close_after(170 * kDayBars), close_after(kDays * kDayBars));
  EXPECT_EQ(later.known, 2U);
  EXPECT_EQ(later.shifted, 2U);
}

TEST(ReturnsOnGrid, AreThoseOfBarsThatFollowOneAnother) {
  const std::vector<std::int64_t> open{0, 1, 2, 5, 6, 7};
  std::vector<std::int64_t> open_ms;
  for (const auto hour : open) open_ms.push_back(hour * kHourMs);
  const std::vector<double> closes{0, 1, 3, 6, 10, 15};
  const auto returns = returns_on_grid(open_ms, closes, close_after(3), Interval::one_hour(), 5);  // bars 2 to 6
  ASSERT_EQ(returns.size(), 5U);
  EXPECT_EQ(returns[0], 2) << "from a close before the grid";
  EXPECT_TRUE(std::isnan(returns[1]) && std::isnan(returns[2]));
  EXPECT_TRUE(std::isnan(returns[3])) << "after a gap";
  EXPECT_EQ(returns[4], 4);
}

}  // namespace
}  // namespace clm
