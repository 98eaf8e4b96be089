#include "learning/triggers/regime_survey.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "learning/triggers/trigger_regime.hpp"

namespace clm {
namespace {

constexpr std::size_t kDayBars = 24, kDays = 200, kLateDay = 180;

Timestamp close_after(std::size_t bars) { return Timestamp(static_cast<std::int64_t>(bars) * kHourMs); }

enum class Late { calm, storm, rally };

/// Hourly closes of a quiet market, from day 180 on as `late` says.
CandleSeries walk(const char* symbol, std::uint64_t seed, Late late) {
  CandleSeries series{{Venue("test"), Symbol(symbol), Interval::one_hour()}, {}};
  Random random(seed);
  double level = 0;
  for (std::size_t bar = 0; bar < kDays * kDayBars; ++bar) {
    const bool is_late = bar / kDayBars >= kLateDay;
    const double drift = late == Late::rally && is_late ? 0.5 : 0;
    level += (late == Late::storm && is_late ? 0.009 : 0.003) * (random.normal() + drift);
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
  const Timestamp late = close_after(kLateDay * kDayBars);
  EXPECT_EQ(storm.symbol, "ASTORM");
  EXPECT_EQ(storm.volatility, VolatilityRegime::turbulent);
  ASSERT_TRUE(storm.volatility_since);
  EXPECT_GE(*storm.volatility_since, late);
  EXPECT_LE(*storm.volatility_since, close_after((kLateDay + 1) * kDayBars));
  EXPECT_GT(storm.times_usual, 2);
  EXPECT_EQ(storm.trend, TrendRegime::flat);
  EXPECT_FALSE(storm.trend_began);
  EXPECT_LT(storm.trend_evidence, 1);
  EXPECT_EQ(rally.trend, TrendRegime::up);
  ASSERT_TRUE(rally.trend_since && rally.trend_began);
  EXPECT_GT(*rally.trend_since, late);
  EXPECT_LE(*rally.trend_since, close_after((kLateDay + 7) * kDayBars));
  EXPECT_GE(*rally.trend_began, close_after((kLateDay - 2) * kDayBars));
  EXPECT_LE(*rally.trend_began, close_after((kLateDay + 2) * kDayBars));
  EXPECT_NE(rally.volatility, VolatilityRegime::turbulent);
  EXPECT_EQ(young.volatility, VolatilityRegime::unknown);
  EXPECT_FALSE(young.volatility_since);
  EXPECT_TRUE(std::isnan(young.times_usual));
  EXPECT_NE(young.why_unknown.find("40 days of bars"), std::string::npos) << young.why_unknown;
  EXPECT_EQ(young.trend, TrendRegime::flat) << "two weeks are enough";
  EXPECT_TRUE(found.market.symbol.empty());
  EXPECT_EQ(found.market.why_unknown, "");
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
    EXPECT_EQ(early.symbols[i].times_usual, again.symbols[i].times_usual);
    EXPECT_EQ(early.symbols[i].trend_evidence, again.symbols[i].trend_evidence);
  }
  EXPECT_EQ(early.market.trend_evidence, again.market.trend_evidence);
  EXPECT_NE(early.symbols[0].volatility, VolatilityRegime::unknown);
}

/// What the page draws of a bar is what `clm regimes` said at that bar.
TEST_F(RegimeSurveyTest, AHistoryIsWhatWasSaidAtEachOfItsBars) {
  const RunContext run{clock_, cancel_, progress_, 1};
  const auto traced =
      trace_regimes(MemoryCandleSource(three()), close_after(kDays * kDayBars), {"BRALLY", "ASTORM", "CNEW"}, run)
          .value();
  ASSERT_EQ(traced.size(), 4U);
  EXPECT_EQ(traced[0].symbol, "");
  EXPECT_EQ(traced[1].symbol, "BRALLY");
  EXPECT_TRUE(std::isnan(traced[0].price[0])) << "no return yet";
  EXPECT_NEAR(traced[0].price[1], 100, 2);
  EXPECT_EQ(traced[3].price.size(), 40 * kDayBars + 1);
  const auto at = [](const auto& stretches, Timestamp close) {
    const auto found = std::find_if(stretches.begin(), stretches.end(),
                                    [&](const auto& one) { return one.from <= close && close < one.to; });
    EXPECT_NE(found, stretches.end());
    return *found;
  };
  for (const std::size_t bars : {70U, 120U, 181U, 186U, 200U}) {
    const Timestamp close = close_after(bars * kDayBars);
    const auto then = survey(three(), bars * kDayBars);
    const auto expect_same = [&](const RegimeHistory& history, const StandingRegime& standing) {
      const auto volatility = at(history.volatility, close);
      const auto trend = at(history.trend, close);
      EXPECT_EQ(volatility.state, standing.volatility) << history.symbol << " " << bars;
      EXPECT_EQ(trend.state, standing.trend) << history.symbol << " " << bars;
      if (standing.volatility_since) {
        EXPECT_EQ(volatility.from, *standing.volatility_since);
      }
      if (standing.trend_since) {
        EXPECT_EQ(trend.from, *standing.trend_since);
      }
      if (standing.trend_began) {
        EXPECT_EQ(trend.began, *standing.trend_began);
      }
    };
    expect_same(traced[0], then.market);
    expect_same(traced[1], then.symbols[1]);
    expect_same(traced[2], then.symbols[0]);
    if (bars == 200) expect_same(traced[3], then.symbols[2]);
  }
  const auto refused = trace_regimes(MemoryCandleSource(three()), close_after(kDays * kDayBars), {"NOSUCH"}, run);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "regimes.unknown_symbol");
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
