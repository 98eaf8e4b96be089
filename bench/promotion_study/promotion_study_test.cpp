#include "promotion_study.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/temp_directory.hpp"

namespace clm {
namespace {

/// Small trees, so that a market takes a second.
PromotionStudyOptions small_study(double signal_ic, std::size_t markets, const std::filesystem::path& scratch) {
  PromotionStudyOptions options;
  options.market.symbols = 24;
  options.market.bars = 1800;
  options.market.signal_ic = signal_ic;
  options.market.seed = 1;
  options.markets = markets;
  options.learning.training.models = {"lightgbm"};
  auto& trees = options.learning.trainers.lightgbm;
  trees.rounds = 80;
  trees.num_leaves = 8;
  trees.learning_rate = 0.05;
  trees.min_data_in_leaf = 200;
  trees.colsample = 0.5;
  options.scratch = scratch;
  return options;
}

PromotionStudy run_study(const PromotionStudyOptions& options, int jobs) {
  const ManualClock clock(Timestamp(0));
  const CancelToken cancel;
  SilentProgress progress;
  auto study = run_promotion_study(options, RunContext{clock, cancel, progress, jobs});
  EXPECT_TRUE(study.has_value()) << (study ? "" : to_string(study.error()));
  return study ? *std::move(study) : PromotionStudy{};
}

TEST(PromotionRates, NothingIsPromotedWhereNothingCanBeLearned) {
  const testing::TempDirectory scratch;
  PromotionStudyOptions options = small_study(0, 6, scratch.path());
  options.market.seed = 2;  // of 120 markets from 1 on, 2 let something through (level .01): 1 and 101
  const PromotionStudy study = run_study(options, 2);
  ASSERT_EQ(study.markets.size(), 6U);
  EXPECT_EQ(study.best_rank_ic, 0);
  EXPECT_EQ(study.promotions(), 0U) << describe(study);
  EXPECT_GT(study.promoted_markets().hi, 0.3) << "six markets show little";
  for (const StudiedMarket& market : study.markets) {
    ASSERT_EQ(market.candidates.size(), 1U);
    EXPECT_EQ(market.candidates[0].decision, "reject");
    EXPECT_EQ(market.baseline_rank_ic.count("ridge"), 1U);
  }
  EXPECT_FALSE(study.reasons_of_refusals().empty());
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path())) << "nothing is left behind";
}

TEST(PromotionRates, AStrongSignalIsPromoted) {
  const testing::TempDirectory scratch;
  PromotionStudyOptions options = small_study(0.3, 3, scratch.path());
  options.market.symbols = 40;  // enough rows to learn from, and to show the lead over ridge on
  options.market.bars = 3000;
  const PromotionStudy study = run_study(options, 2);
  EXPECT_NEAR(study.best_rank_ic, 0.3, 0.002);
  EXPECT_EQ(study.promotions(), 3U) << describe(study);
  EXPECT_EQ(study.promoted_markets().share, 1);
  EXPECT_EQ(study.promoted_markets("lightgbm").share, 1);
}

TEST(PromotionRates, TheOutcomeDoesNotDependOnJobs) {
  const testing::TempDirectory scratch;
  PromotionStudyOptions options = small_study(0.1, 2, scratch.path());
  options.market.bars = 900;
  EXPECT_EQ(to_json(run_study(options, 1)), to_json(run_study(options, 2)));
}

}  // namespace
}  // namespace clm
