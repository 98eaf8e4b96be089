#include "learning/triggers/feature_drift.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/data/label_overlap.hpp"

namespace clm {
namespace {

using testing::close_of;

constexpr std::size_t kBars = 2'600, kLearnedBars = 2'000;

/// Three symbols, eight times as volatile from `storm_from` on.
MemoryCandleSource market(std::size_t storm_from, std::size_t bars = kBars) {
  SimulationOptions options;
  options.symbols = 3;
  options.bars = kBars;
  options.seed = 5;
  auto series = simulate(options).value().series;
  for (CandleSeries& one : series) {
    double before = one.candles.front().close, level = before;
    for (std::size_t i = 1; i < kBars; ++i) {
      Candle& candle = one.candles[i];
      const double move = candle.close / before - 1;
      before = candle.close;
      level *= 1 + (i >= storm_from ? 8 : 1) * move;
      candle.open = candle.high = candle.low = candle.close = level;
    }
    one.candles.resize(bars);
  }
  return MemoryCandleSource(std::move(series));
}

/// Fitted on what was known after `kLearnedBars` bars, and made much later.
Manifest version() {
  Manifest manifest = testing::sample_manifest();
  manifest.label_json = to_json(LabelOptions()).dump();
  manifest.training_span = {close_of(100), close_of(kBars - 50)};
  manifest.learned_until = close_of(kLearnedBars);
  manifest.created_as_of = close_of(kBars - 1);
  return manifest;
}

class FeatureDriftTest : public testing::LearningTest {
 protected:
  MarketTape tape_of(const CandleSource& candles, std::size_t bars = kBars) {
    return MarketTape::record(*feature_set("classic22"), candles, nullptr, LabelOptions(), close_of(bars),
                              undisturbed())
        .value();
  }
};

TEST_F(FeatureDriftTest, TheFittedBarsEndWithTheLastDecisionWhoseLabelWasLearned) {
  const auto candles = market(kBars);
  const MarketTape tape = tape_of(candles);
  const FittedBars fitted = fitted_bars(tape, version());
  EXPECT_LE(label_end(tape.close(fitted.end - 1), LabelOptions(), tape.interval()), close_of(kLearnedBars));
  EXPECT_GT(label_end(tape.close(fitted.end), LabelOptions(), tape.interval()), close_of(kLearnedBars))
      << "and it is the last one";
  EXPECT_GE(tape.close(fitted.first), close_of(100));
  Manifest unreadable = version();
  unreadable.label_json = "{}x";
  EXPECT_EQ(fitted_bars(tape, unreadable).size(), 0U);
}

/// A reference that reached as far as the version's making would hold the storm, which is then nothing new.
TEST_F(FeatureDriftTest, WhatCameAfterTheFittedRowsIsNotTakenForUsual) {
  const auto candles = market(kLearnedBars + 10);
  const MarketTape tape = tape_of(candles);
  BarMeans means(tape);
  FeatureDriftMonitor monitor(tape, means);
  const FeatureDrift drift = monitor.look(fitted_bars(tape, version()), tape.bars() - 1);
  ASSERT_EQ(drift.why_not, "");
  EXPECT_LT(drift.finding.least_p(), 1e-4);
  EXPECT_LE(drift.fitted.to, close_of(kLearnedBars));
  ASSERT_FALSE(drift.since.empty());
  EXPECT_LT(drift.since.front(), close_of(kLearnedBars + 100)) << "the storm began with the first recent bars";
  EXPECT_GT(drift.since.front(), close_of(kLearnedBars - 10));
  const auto all = monitor.look(fitted_bars(tape, close_of(100), close_of(kBars - 30)), tape.bars() - 1);
  EXPECT_GT(all.finding.least_p(), drift.finding.least_p()) << "as a leak would have it";

  const std::string told = sentence(drift, 0.003);
  EXPECT_NE(told.find(" features have drifted from the "), std::string::npos) << told;
  EXPECT_NE(told.find(" bars fitted on ("), std::string::npos) << told;
  EXPECT_NE(told.find(", since 20"), std::string::npos) << told;
  const auto document = to_json(drift, 0.003);
  for (const char* key : {"why_not", "fitted", "recent_bars", "tested", "drifted", "level", "features"})
    EXPECT_TRUE(document.contains(key)) << key;
  EXPECT_EQ(document["features"].size(), kWorstSeries);
  EXPECT_TRUE(document["features"][0]["drifted"].get<bool>());
  for (const char* key :
       {"feature", "distance", "window_bars", "mean_shift", "scale_ratio", "wasserstein", "p", "since", "psi", "ks"})
    EXPECT_TRUE(document["features"][0].contains(key)) << key;
}

TEST_F(FeatureDriftTest, NothingAfterTheBarIsLookedAt) {
  constexpr std::size_t kAsked = kLearnedBars + 200;
  const auto candles = market(kAsked + 5), early = market(kAsked + 5, kAsked);
  const MarketTape tape = tape_of(candles), cut = tape_of(early, kAsked);
  BarMeans means(tape), means_then(cut);
  FeatureDriftMonitor whole(tape, means), then(cut, means_then);
  const FittedBars fitted = fitted_bars(tape, version());
  ASSERT_EQ(fitted, fitted_bars(cut, version()));
  EXPECT_LT(whole.look(fitted, tape.bars() - 1).finding.least_p(), 1e-4) << "asked first, so that it could leak";
  const auto asked = tape.bar_at_or_after(close_of(kAsked));
  EXPECT_EQ(to_json(whole.look(fitted, asked), 0.003), to_json(then.look(fitted, asked), 0.003));
}

TEST_F(FeatureDriftTest, SaysWhyNothingWasCompared) {
  const auto candles = market(kBars);
  const MarketTape tape = tape_of(candles);
  BarMeans means(tape);
  FeatureDriftMonitor monitor(tape, means);
  const FittedBars fitted = fitted_bars(tape, version());
  const FeatureDrift soon = monitor.look(fitted, fitted.end + 9);
  EXPECT_NE(soon.why_not.find("10 bars have closed since those that it was fitted on; 24 are needed"),
            std::string::npos)
      << soon.why_not;
  EXPECT_NE(sentence(soon, 0.003).find("features were not compared: 10 bars"), std::string::npos);
  const FeatureDrift past = monitor.look(fitted, fitted.end - 500);
  EXPECT_EQ(past.recent_bars, 0U);
  EXPECT_TRUE(past.finding.p.empty());
  const FeatureDrift few = monitor.look({0, 100}, tape.bars() - 1);
  EXPECT_NE(few.why_not.find("fitted on 100 bars"), std::string::npos) << few.why_not;
  EXPECT_TRUE(to_json(few, 0.003)["fitted"].is_null());
  EXPECT_NE(sentence(monitor.look(fitted, tape.bars() - 1), 1e-12).find("none of "), std::string::npos);
}

}  // namespace
}  // namespace clm
