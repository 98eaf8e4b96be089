#include "learning/life_cycle/live_outcomes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

#include "learning/cycle/learning_fixture.hpp"
#include "learning/life_cycle/features_needed.hpp"

namespace clm {
namespace {

const VersionId kChallenger("aaaaaaaaaaaa"), kReference("bbbbbbbbbbbb");

const MarketTape& tape() {
  static const MarketTape recorded = [] {
    ManualClock clock{Timestamp(0)};
    CancelToken cancel;
    SilentProgress progress;
    return MarketTape::record(no_features(), testing::easy_candles(300), nullptr, LabelOptions(),
                              testing::close_of(300), {clock, cancel, progress, 1, {}})
        .value();
  }();
  return recorded;
}

/// From bar 168 on, volatility is known and so are labels. The challenger says the truth, the reference its opposite.
std::vector<ForecastRow> said_at(std::size_t bar) {
  std::vector<float> truth(tape().symbols().size(), 0.0F), opposite(truth.size(), 0.0F);
  for (std::size_t row = tape().row_begin(bar); row < tape().row_end(bar); ++row) {
    truth[tape().rows().symbol[row]] = tape().rows().label[row];
    opposite[tape().rows().symbol[row]] = -tape().rows().label[row];
  }
  return {{tape().close(bar), kChallenger.str(), truth}, {tape().close(bar), kReference.str(), opposite}};
}

LifeCycleState with_trial_since(std::size_t bar) {
  LifeCycleState state;
  state.trials.push_back(
      {"lightgbm", kChallenger, kReference, Stage::shadow, tape().close(bar), PairedTrial({}), {}, {}});
  return state;
}

class LiveOutcomesTest : public testing::RegistryTest {
 protected:
  RegretTally regret_{tape(), *registry_, 8};
};

/// Holds what it was given.
class Remembered : public ForecastHistory {
 public:
  Result<std::vector<ForecastRow>> forecasts(Timestamp from, Timestamp to, const std::string& /*who*/) const override {
    std::vector<ForecastRow> found;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(found),
                 [&](const ForecastRow& row) { return row.decided_at >= from && row.decided_at < to; });
    return found;
  }
  std::vector<ForecastRow> rows;
};

TEST_F(LiveOutcomesTest, AreHeardOnceTheTruthIsKnownAndNotBefore) {
  LearningOptions options;
  LiveOutcomes outcomes(tape(), options);
  LifeCycleState state = with_trial_since(199);
  for (std::size_t bar = 200; bar < 203; ++bar) outcomes.wait_for(bar, said_at(bar));
  ASSERT_TRUE(outcomes.add_known(tape().known_at(200) - Duration(1), state, regret_));
  EXPECT_EQ(state.trials[0].losses.bars(), 0U);
  ASSERT_TRUE(outcomes.add_known(tape().known_at(200), state, regret_));
  EXPECT_EQ(state.trials[0].losses.bars(), 1U);
  ASSERT_TRUE(outcomes.add_known(tape().known_at(202), state, regret_));
  EXPECT_EQ(state.trials[0].losses.bars(), 3U);
  EXPECT_GT(state.trials[0].losses.report().gain, 0) << "the challenger was right";
  EXPECT_EQ(state.trials[0].challenger_behaviour.bars, 3U);
}

TEST_F(LiveOutcomesTest, WhatWasDecidedBeforeATrialBeganIsNoneOfIts) {
  LearningOptions options;
  LiveOutcomes outcomes(tape(), options);
  LifeCycleState state = with_trial_since(201);
  for (std::size_t bar = 200; bar < 203; ++bar) outcomes.wait_for(bar, said_at(bar));
  ASSERT_TRUE(outcomes.add_known(tape().known_at(202), state, regret_));
  EXPECT_EQ(state.trials[0].losses.bars(), 1U);
}

// What a vintage said counts on when its successor is active by the time that the outcome is known.
TEST_F(LiveOutcomesTest, OfARefreshedReferenceEveryBarIsHeardAsItWasSaidThen) {
  const VersionId newer("cccccccccccc");
  LearningOptions options;
  LiveOutcomes outcomes(tape(), options);
  LifeCycleState state = with_trial_since(199);
  state.trials[0].reference = newer;
  state.trials[0].earlier_references = {{kReference, tape().close(201)}};
  TypeState& type = state.types["lightgbm"];
  type.charted = newer;
  type.charted_since = tape().close(199);
  type.earlier_charted = {{kReference, tape().close(201)}};
  type.chart.emplace(RankIcPromise{0.05, 0.1, 0.01}, PerformanceOptions{5, Interval::one_hour(), 180});
  for (std::size_t bar = 200; bar < 205; ++bar) {
    auto said = said_at(bar);
    if (bar > 201) said[1].who = newer.str();
    outcomes.wait_for(bar, std::move(said));
  }
  ASSERT_TRUE(outcomes.add_known(tape().known_at(200), state, regret_));
  EXPECT_EQ(state.trials[0].earlier_references.size(), 1U) << "its last word is still to be heard of";
  ASSERT_TRUE(outcomes.add_known(tape().known_at(204), state, regret_));
  EXPECT_EQ(state.trials[0].losses.bars(), 5U);
  EXPECT_EQ(type.chart->blocks(), 1U) << "five bars of a horizon of five";
  EXPECT_TRUE(state.trials[0].earlier_references.empty()) << "nothing of it is waited for any more";
  EXPECT_TRUE(type.earlier_charted.empty());
}

TEST_F(LiveOutcomesTest, AfterAKillTheSameBarsAreWaitedFor) {
  LearningOptions options;
  Remembered history;
  LiveOutcomes whole(tape(), options), resumed(tape(), options);
  LifeCycleState in_one_go = with_trial_since(199), killed = in_one_go;
  for (std::size_t bar = 200; bar < 210; ++bar) {
    whole.wait_for(bar, said_at(bar));
    for (const ForecastRow& row : said_at(bar)) history.rows.push_back(row);
  }
  const Timestamp last = tape().close(209);
  ASSERT_TRUE(whole.add_known(last, in_one_go, regret_));
  killed.trials[0].losses = in_one_go.trials[0].losses;
  ASSERT_TRUE(resumed.restore(history, last));
  ASSERT_TRUE(whole.add_known(tape().known_at(209), in_one_go, regret_));
  ASSERT_TRUE(resumed.add_known(tape().known_at(209), killed, regret_));
  EXPECT_EQ(killed.trials[0].losses.bars(), 10U);
  EXPECT_EQ(killed.trials[0].losses.state(), in_one_go.trials[0].losses.state());
}

}  // namespace
}  // namespace clm
