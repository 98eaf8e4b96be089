#include "learning/triggers/trigger_monitor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;

constexpr std::size_t kDataEnd = 2'000, kMonitoredBars = 2'600;

/// Three symbols, five times as volatile in a stretch of the training and from `storm_from` on.
MemoryCandleSource stormy_market(std::size_t storm_from, std::size_t bars) {
  SimulationOptions options;
  options.symbols = 3;
  options.bars = kMonitoredBars;
  options.seed = 5;
  auto series = simulate(options).value().series;
  for (CandleSeries& one : series) {
    double before = one.candles.front().close, level = before;
    for (std::size_t i = 1; i < kMonitoredBars; ++i) {
      Candle& candle = one.candles[i];
      const double move = candle.close / before - 1;
      before = candle.close;
      const bool storm = i >= storm_from || (i >= 600 && i < 1'300);
      level *= 1 + (storm ? 5 : 1) * move;
      candle.open = candle.high = candle.low = candle.close = level;
    }
    one.candles.resize(bars);
  }
  return MemoryCandleSource(std::move(series));
}

class NoForecasts : public ForecastHistory {
 public:
  Result<std::vector<ForecastRow>> forecasts(Timestamp, Timestamp, const std::string&) const override { return {}; }
};

class TriggerMonitorTest : public testing::LearningTest {
 protected:
  MarketTape tape_of(const CandleSource& candles, std::size_t bars) {
    return MarketTape::record(*feature_set("classic22"), candles, nullptr, LabelOptions(), close_of(bars),
                              undisturbed())
        .value();
  }
  TriggerReading regime(TriggerMonitor& watch, const MarketTape& tape, std::size_t bars) {
    return watch
        .look({"lightgbm", VersionId("abcdef012345"), close_of(kDataEnd), close_of(kDataEnd / 2), {}, nullptr},
              tape.bar_at_or_after(close_of(bars)), {TriggerKind::regime_shift})
        .value()
        .front();
  }
  NoForecasts history_;
  LearningOptions options_;
};

TEST_F(TriggerMonitorTest, ARegimeIsNotKnownBeforeItLastedAndNeverFromTheFuture) {
  const auto candles = stormy_market(kDataEnd + 100, kMonitoredBars);
  const auto early = stormy_market(kDataEnd + 100, kDataEnd + 150);
  const MarketTape tape = tape_of(candles, kMonitoredBars), cut = tape_of(early, kDataEnd + 150);
  TriggerMonitor whole(tape, *registry_, history_, options_), part(cut, *registry_, history_, options_);
  const auto storm = regime(whole, tape, kMonitoredBars);
  EXPECT_TRUE(storm.fired) << "asked first, so that what it keeps could leak";
  EXPECT_NE(storm.trigger.reason.find("3 of the 3 symbols"), std::string::npos) << storm.trigger.reason;
  const auto then = regime(whole, tape, kDataEnd + 150), alone = regime(part, cut, kDataEnd + 150);
  EXPECT_FALSE(then.fired) << then.trigger.reason;
  EXPECT_EQ(then.trigger.reason, alone.trigger.reason);
  EXPECT_EQ(then.value, alone.value);
}

TEST_F(TriggerMonitorTest, ReturnsOfTheMarketAreThoseOfItsSymbols) {
  const auto candles = stormy_market(kMonitoredBars, 300);
  const MarketTape tape = tape_of(candles, 300);
  BarMeans means(tape);
  const auto returns = means.market_returns(0, tape.bars());
  for (std::size_t bar = 1; bar < tape.bars(); bar += 31) {
    double sum = 0;
    for (std::size_t s = 0; s < 3; ++s) {
      const auto series = candles.load(s).value();
      std::size_t i = 0;
      while (series.candles[i].open_time + std::chrono::hours(1) != tape.close(bar)) ++i;
      sum += std::log(series.candles[i].close / series.candles[i - 1].close);
    }
    EXPECT_NEAR(returns[bar], sum / 3, 1e-12);
  }
  // Means of features, against the rows one by one.
  const auto seen = means.features(200, 203);
  const FeatureFrame& frame = *tape.frame();
  for (std::size_t column = 0; column < frame.columns(); ++column) {
    double sum = 0, count = 0;
    for (std::size_t row = tape.row_begin(201); row < tape.row_end(201); ++row) {
      const auto value = static_cast<double>(frame.row(tape.rows().frame_row[row])[column]);
      if (std::isnan(value)) continue;
      sum += value;
      ++count;
    }
    if (count > 0) {
      EXPECT_FLOAT_EQ(seen[frame.columns() + column], static_cast<float>(sum / count)) << frame.names[column];
    } else {
      EXPECT_TRUE(std::isnan(seen[frame.columns() + column]));
    }
  }
}

// 25 % and 15 % of the newest data are withheld: were the schedule to go by a version's age, it would train at every
// bar.
TEST_F(TriggerMonitorTest, TheScheduleCountsFromTheTrainingAndExpiryFromTheLastFittedLabel) {
  const MarketTape tape = tape_of(stormy_market(kMonitoredBars, kMonitoredBars), kMonitoredBars);
  options_.triggers.retrain_hours = 24;
  const Timestamp learned_until = close_of(kDataEnd - 700);
  const auto look_at = [&](std::size_t bars) {
    TriggerMonitor watch(tape, *registry_, history_, options_);
    return watch
        .look({"lightgbm", VersionId("abcdef012345"), close_of(kDataEnd), learned_until, {}, nullptr},
              tape.bar_at_or_after(close_of(bars)), {TriggerKind::time_based})
        .value()
        .front();
  };
  const TriggerReading early = look_at(kDataEnd + 23);
  EXPECT_FALSE(early.fired);
  EXPECT_EQ(early.value, 23);
  const std::string told = "the active version learned until " + to_string(learned_until);
  EXPECT_NE(early.trigger.reason.find(told), std::string::npos) << early.trigger.reason;
  const TriggerReading due = look_at(kDataEnd + 24);
  EXPECT_TRUE(due.fired);
  EXPECT_NE(due.trigger.reason.find("was trained 1 d 0 h ago, as of " + to_string(close_of(kDataEnd))),
            std::string::npos)
      << due.trigger.reason;
  EXPECT_NE(due.trigger.reason.find(told), std::string::npos) << due.trigger.reason;

  options_.serving.max_data_age_days = 30;
  EXPECT_FALSE(look_at(kDataEnd + 20).fired);
  const TriggerReading expired = look_at(kDataEnd + 21);
  EXPECT_TRUE(expired.fired);
  EXPECT_NE(expired.trigger.reason.find("has expired: it learned until " + to_string(learned_until)), std::string::npos)
      << expired.trigger.reason;
}

TEST(TriggerTimes, FallDueOncePerPeriod) {
  int asked = 0;
  for (int hour = 1; hour <= 48; ++hour)
    asked += falls_due(Timestamp((hour - 1) * 3'600'000LL), Timestamp(hour * 3'600'000LL), 6) ? 1 : 0;
  EXPECT_EQ(asked, 8);
  EXPECT_TRUE(falls_due(Timestamp(1), Timestamp(2), 0));
  EXPECT_TRUE(falls_due(Timestamp(0), Timestamp(100 * 3'600'000LL), 6)) << "after an outage";
}

}  // namespace
}  // namespace clm
