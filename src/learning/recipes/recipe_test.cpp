#include "learning/recipes/recipe.hpp"

#include <set>

#include <gtest/gtest.h>

#include "learning/cycle/learning_fixture.hpp"

namespace clm {
namespace {

class RecipeTest : public testing::LearningTest {
 protected:
  static Recipe in_force(const LearningOptions& options, const std::string& type = "lightgbm") {
    return recipe_in_force(type, options).value();
  }
};

TEST_F(RecipeTest, AVersionIsOfTheRecipeThatWasInForceWhenItWasTrained) {
  const auto options = testing::small_trees();
  for (const CycleResult& result : cycle(options).results) {
    if (result.model_type == kEnsembleType) continue;
    const auto manifest = stored_manifest(registry_->find(result.version.str()).value());
    ASSERT_TRUE(manifest);
    EXPECT_EQ(recipe_of(*manifest)->id, in_force(options, result.model_type).id)
        << describe_change(*recipe_of(*manifest), in_force(options, result.model_type));
  }
}

TEST_F(RecipeTest, DataAndSeedMakeNoNewRecipeAndWhatMattersDoes) {
  const auto options = testing::small_trees();
  const Recipe before = in_force(options);
  auto other = options;
  other.training.seed = 77;
  other.training.models = {"lightgbm"};
  other.universe.symbols = {"BTCUSDT"};
  other.trainers.xgboost.rounds = 999;
  other.triggers.retrain_hours = 1;
  EXPECT_EQ(in_force(other).id, before.id);
  EXPECT_EQ(describe_change(before, in_force(other)), "");

  other = options;
  other.trainers.lightgbm.rounds = 30;
  other.label.horizon_bars = 7;
  EXPECT_NE(in_force(other).id, before.id);
  EXPECT_EQ(describe_change(before, in_force(other)), "label.horizon_bars 5 -> 7, lightgbm.rounds 20 -> 30");

  other = options;
  other.feature_set = "core";
  EXPECT_EQ(describe_change(before, in_force(other)), "features.set classic22 -> core");

  std::set<std::string> ids{before.id, in_force(options, "xgboost").id};
  const auto with = [&](auto change) {
    auto changed = options;
    change(changed);
    ids.insert(in_force(changed).id);
  };
  with([](LearningOptions& o) { o.feature_set = "core"; });
  with([](LearningOptions& o) { o.training.window_days = 365; });
  with([](LearningOptions& o) { o.training.max_fit_rows = 5'000; });
  with([](LearningOptions& o) { o.training.embargo_bars = 3; });
  with([](LearningOptions& o) { o.universe.quality.min_frozen_bars = 9; });
  with([](LearningOptions& o) { o.label.entry_delay_bars = 0; });
  EXPECT_EQ(ids.size(), 8U);
}

}  // namespace
}  // namespace clm
