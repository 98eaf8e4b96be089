// A market whose signal turns its sign: what was learned before it falls silent, and what is learned from the rows
// since speaks in its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "evaluation/trials/bar_score.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/data/protocol.hpp"
#include "learning/life_cycle/life_cycle_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using ::testing::Contains;
using testing::kBars;

constexpr std::size_t kTurnedAt = kBars + 40, kTurnedEnd = kBars + 240;

const std::vector<CandleSeries>& turning_market() {
  static const std::vector<CandleSeries> made = [] {
    SimulationOptions options;
    options.symbols = 16;
    options.bars = kTurnedEnd;
    options.seed = 3;
    options.signal_ic = 0.35;
    options.signal_shape = SignalShape::linear;
    options.signal_ends_at_bar = kTurnedAt;
    options.signal_end = SignalEnd::flip;
    return simulate(options).value().series;
  }();
  return made;
}

MemoryCandleSource turning_candles(std::size_t bars) {
  std::vector<CandleSeries> series = turning_market();
  for (CandleSeries& one : series) one.candles.resize(bars);
  return MemoryCandleSource(std::move(series));
}

LearningOptions refreshed_seldom() {
  LearningOptions options = testing::small_trees();
  options.training.models = {"ridge"};
  options.feature_set =
      "core";  // it has the share of taker buys, whose meaning turns; past returns go on to mean the same
  options.triggers.kinds = {};
  options.triggers.retrain_hours = 10'000;
  return options;
}

class MarketBreak : public testing::LifeCycleTest {
 protected:
  /// From `kBars` to the end; opened anew every so many bars.
  void live(std::size_t bars_each = 1'000'000) {
    for (bool is_done = false; !is_done;) {
      auto life = LifeCycle::resume(tape_, workplace(candles_), life_log_, options_, undisturbed());
      ASSERT_TRUE(life) << to_string(life.error());
      life->begin_at(close_of(kBars));
      for (std::size_t bar = 0; bar < bars_each && life->next_bar() < tape_.bars(); ++bar) {
        const auto stepped = life->step(StepMode::decide, undisturbed());
        ASSERT_TRUE(stepped) << to_string(stepped.error());
      }
      is_done = life->next_bar() == tape_.bars();
      state_ = life->state();
    }
  }
  /// Mean rank IC of what was served at bars [from, to) of the market; those at which nothing was are left out.
  double served_rank_ic(std::size_t from, std::size_t to) const {
    double sum = 0;
    int bars = 0;
    const auto rows = life_log_.forecasts(close_of(from), close_of(to), kServed);
    for (const ForecastRow& row : *rows) {
      const std::size_t bar = tape_.bar_at_or_after(row.decided_at);
      std::vector<float> labels(tape_.symbols().size(), std::nanf(""));
      for (std::size_t r = tape_.row_begin(bar); r < tape_.row_end(bar); ++r)
        labels[tape_.rows().symbol[r]] = tape_.rows().label[r];
      const double rank_ic = score_bar(row.forecast, labels, 8).rank_ic;
      if (std::isnan(rank_ic)) continue;
      sum += rank_ic;
      ++bars;
    }
    return bars == 0 ? std::nan("") : sum / bars;
  }
  std::size_t served_bars(std::size_t from, std::size_t to) const {
    const auto rows = life_log_.forecasts(close_of(from), close_of(to), kServed);
    return static_cast<std::size_t>(std::count_if(rows->begin(), rows->end(), [](const ForecastRow& row) {
      return std::any_of(row.forecast.begin(), row.forecast.end(), [](float f) { return !std::isnan(f); });
    }));
  }
  /// What happened, in words and numbers, and who stands how.
  std::string account() const {
    std::string text;
    for (const LifeEvent& event : all_events()) text += to_line(event) + "\n";
    const auto versions = registry_->list();
    for (const VersionRecord& one : *versions) text += one.version.str() + std::string(to_string(one.status)) + "\n";
    const auto suspended = registry_->suspensions();
    for (const Suspension& one : *suspended) text += one.version.str() + one.reason + "\n";
    const auto rows = life_log_.forecasts(close_of(kBars), close_of(kTurnedEnd + 1), kServed);
    for (const ForecastRow& row : *rows)
      for (const float forecast : row.forecast) text += std::to_string(forecast);
    return text;
  }

  LearningOptions options_ = refreshed_seldom();
  const MemoryCandleSource candles_ = turning_candles(kTurnedEnd);
  MarketTape tape_ =
      MarketTape::record(*feature_set("core"), candles_, nullptr, LabelOptions(), close_of(kTurnedEnd), undisturbed())
          .value();
  LifeCycleState state_;
};

struct MarketBreakBeside : MarketBreak {
  void TestBody() override {}
  using MarketBreak::account;
  using MarketBreak::live;
};

TEST_F(MarketBreak, WhatWasLearnedBeforeFallsSilentAndWhatIsLearnedSinceSpeaks) {
  live();
  const auto events = all_events();
  const auto found = std::find_if(events.begin(), events.end(),
                                  [](const LifeEvent& event) { return event.kind == EventKind::suspended; });
  ASSERT_NE(found, events.end());
  EXPECT_LE(found->at, close_of(kTurnedAt + 130));
  EXPECT_GT(found->at, close_of(kTurnedAt));
  const auto since = registry_->newest_break();
  ASSERT_TRUE(*since);
  EXPECT_GE(**since, close_of(kTurnedAt - 20)) << "about when it turned";
  EXPECT_LE(**since, close_of(kTurnedAt + 20));

  const Manifest vintage = manifest_of(active_version("ridge"));
  EXPECT_GE(vintage.training_span.from, **since) << "no row from before the change";
  EXPECT_EQ(read_protocol(vintage.protocol_json)->since, *since);
  std::size_t from_before = 0;
  const auto suspended = registry_->suspensions();
  for (const Suspension& one : *suspended)
    if (manifest_of(one.version.str()).training_span.from < one.changed_at) ++from_before;
  EXPECT_GE(from_before, 2U) << "the vintages of its lineup";

  EXPECT_GT(served_rank_ic(kBars, kTurnedAt - 5), 0.1);
  EXPECT_LT(served_rank_ic(kTurnedAt, kTurnedAt + 25), 0);
  EXPECT_GT(served_rank_ic(kTurnedEnd - 80, kTurnedEnd), 0);
  EXPECT_GT(served_bars(kTurnedEnd - 80, kTurnedEnd), 40U);
  // Those that were suspended are asked on, and what they say is no good.
  ASSERT_FALSE(state_.withdrawals.empty());
  EXPECT_FALSE(state_.withdrawals.front().heard.empty());
}

TEST_F(MarketBreak, WithoutTheWatchHarmGoesOn) {
  options_.deployment.harm.run_length = 0;
  live();
  EXPECT_TRUE(registry_->suspensions()->empty());
  EXPECT_LT(served_rank_ic(kTurnedEnd - 80, kTurnedEnd), -0.05);
}

TEST_F(MarketBreak, OpenedAnewEveryFewBarsItIsTheSameToTheBit) {
  live();
  MarketBreakBeside other;
  other.live(7);
  EXPECT_EQ(account(), other.account());
  EXPECT_THAT(kinds(), Contains("suspended"));
}

}  // namespace
}  // namespace clm
