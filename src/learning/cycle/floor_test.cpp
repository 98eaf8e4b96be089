// Who speaks while no type of training.models was accepted.
#include "learning/cycle/floor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/cycle/learning_fixture.hpp"
#include "learning/life_cycle/unlisted_versions.hpp"
#include "learning/options/serving_rules.hpp"
#include "serving/predictor.hpp"

namespace clm {
namespace {

using testing::kBars;

class FloorTest : public testing::LearningTest {
 protected:
  FloorTest() {
    options_.training.models = {"lightgbm"};
    options_.floor = Floor::ridge;
    options_.trainers.lightgbm.rounds = 1;  // the market is linear: ridge is far ahead
    options_.policy.superiority_alpha = 0.05;
    options_.policy.margin = PolicyOptions().margin;
    options_.lineup.spacing_days = 2;
  }
  /// What is asked is asked of the estimates: with ridge trees are no worse than it by so much, alone they are.
  void let_trees_in_beside_ridge() {
    options_.trainers.lightgbm.rounds = 20;
    options_.policy.superiority_alpha = 0.5;
    options_.policy.margin = 0.014;
  }
  void let_trees_in() {
    let_trees_in_beside_ridge();
    options_.policy.margin = 1;
  }
  std::vector<std::string> member_types() const {
    std::vector<std::string> types;
    for (const ManifestMember& member : manifest_of(active_version("ensemble")).members)
      types.push_back(member.model_type);
    return types;
  }

  LearningOptions options_ = testing::small_trees();
};

TEST_F(FloorTest, RidgeSpeaksWhereNoTypeIsAcceptedAndIsRefreshedWithEveryTry) {
  const CycleReport report = cycle(options_);
  ASSERT_GE(report.results.size(), 3U);
  EXPECT_EQ(report.results[0].model_type, "lightgbm");
  EXPECT_EQ(report.results[0].decision, "reject") << ::testing::PrintToString(report.results[0].reasons);
  EXPECT_EQ(report.results[1].model_type, "ridge");
  EXPECT_EQ(report.results[1].decision, "deploy") << ::testing::PrintToString(report.results[1].reasons);
  const std::string first = active_version("ridge");
  EXPECT_EQ(manifest_of(first).learned_until, testing::close_of(kBars)) << "fitted on everything known";
  EXPECT_TRUE(unlisted_versions(*registry_, options_)->empty()) << "it is there because it is asked for";

  cycle(options_, Force::no, kBars + 100);
  EXPECT_NE(active_version("ridge"), first);
  EXPECT_EQ(manifest_of(active_version("ridge")).learned_until, testing::close_of(kBars + 100));
  const auto rules = serving_rules(options_);
  EXPECT_EQ(rules->floor, "ridge");
  const auto predictor = Predictor::load(*registry_, *rules, {});
  ASSERT_TRUE(predictor) << to_string(predictor.error());
}

TEST_F(FloorTest, ItSpeaksBesideWhoIsAcceptedUntilTheyAreShownToNeedItNoLonger) {
  cycle(options_);
  const std::string first = active_version("ridge");
  ASSERT_NE(first, "");
  let_trees_in_beside_ridge();
  const CycleReport let_in = cycle(options_, Force::no, kBars + 100);
  ASSERT_EQ(let_in.results.front().decision, "deploy") << ::testing::PrintToString(let_in.results.front().reasons);
  EXPECT_EQ(let_in.results.front().floor, BenchmarkSpeaks::yes)
      << ::testing::PrintToString(let_in.results.front().reasons);
  EXPECT_NE(active_version("lightgbm"), "");
  EXPECT_NE(active_version("ridge"), "");
  EXPECT_NE(active_version("ridge"), first) << "as fresh as who speaks beside it";
  EXPECT_THAT(member_types(), ::testing::Contains("lightgbm"));
  EXPECT_THAT(member_types(), ::testing::Contains("ridge"));

  const CycleReport refreshed = cycle(options_, Force::no, kBars + 150);
  EXPECT_THAT(member_types(), ::testing::Contains("ridge"));
  EXPECT_EQ(manifest_of(active_version("ridge")).learned_until, testing::close_of(kBars + 150));

  options_.policy.margin = 1;
  cycle(options_, Force::no, kBars + 190);
  EXPECT_EQ(active_version("ridge"), "") << "by what both said live and at their origins";
  for (const std::string& type : member_types()) EXPECT_EQ(type, "lightgbm");
}

TEST_F(FloorTest, WhereNothingIsMixedItLeavesWithTheFirst) {
  cycle(options_);
  ASSERT_NE(active_version("ridge"), "");
  let_trees_in_beside_ridge();
  options_.ensemble.mode = EnsembleMode::off;
  const CycleReport report = cycle(options_, Force::no, kBars + 100);
  EXPECT_EQ(report.results.front().decision, "reject") << "alone it is not as good";
  options_.policy.margin = 1;
  cycle(options_, Force::no, kBars + 150);
  EXPECT_NE(active_version("lightgbm"), "");
  EXPECT_EQ(active_version("ridge"), "");
}

TEST_F(FloorTest, ItLeavesWithTheFirstTypeThatIsAcceptedIfThatIsAsGoodAlone) {
  cycle(options_);
  ASSERT_NE(active_version("ridge"), "");
  let_trees_in();
  cycle(options_, Force::no, kBars + 100);
  EXPECT_NE(active_version("lightgbm"), "");
  EXPECT_EQ(active_version("ridge"), "");
  for (const std::string& type : member_types()) EXPECT_EQ(type, "lightgbm");
}

TEST_F(FloorTest, NobodySpeaksOfNoiseNotEvenTheFloor) {
  options_.policy.acceptance_alpha = PolicyOptions().acceptance_alpha;
  SimulationOptions market;
  market.symbols = 10;
  market.bars = kBars;
  market.seed = 11;
  market.signal_ic = 0;
  const MemoryCandleSource candles(simulate(market)->series);
  const auto report = attempt(candles, testing::close_of(kBars), options_);
  ASSERT_TRUE(report) << to_string(report.error());
  ASSERT_EQ(report->results.size(), 2U);
  EXPECT_EQ(report->results[1].model_type, "ridge");
  EXPECT_EQ(report->results[1].decision, "reject") << ::testing::PrintToString(report->results[1].reasons);
  EXPECT_EQ(active_version("ridge"), "");
  EXPECT_EQ(active_version("lightgbm"), "");
}

TEST_F(FloorTest, NobodySpeaksWhereAPersonWantsNone) {
  options_.floor = Floor::none;
  options_.policy.acceptance_alpha = PolicyOptions().acceptance_alpha;
  const CycleReport report = cycle(options_);
  EXPECT_EQ(report.results.size(), 1U);
  EXPECT_EQ(active_version("ridge"), "");
}

TEST_F(FloorTest, ItIsNotAskedForWhereItIsTrainedAnywayOrNothingIsJudgedOrEachVersionIs) {
  EXPECT_TRUE(wants_floor(options_));
  LearningOptions other = options_;
  other.training.models = {"ridge"};
  EXPECT_FALSE(wants_floor(other));
  other = options_;
  other.policy.ladder = Ladder::on;
  EXPECT_FALSE(wants_floor(other));
  other = options_;
  other.deployment.gate = PolicyGate::none;
  EXPECT_FALSE(wants_floor(other));
}

}  // namespace
}  // namespace clm
