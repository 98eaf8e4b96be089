#include "learning/recipes/recipe_checks.hpp"

#include <gtest/gtest.h>

#include "learning/options/recipe_options.hpp"
#include "learning/recipes/recipe.hpp"

namespace clm {
namespace {

NamedTable recipe_of_table(std::string name, std::string kind, std::vector<NamedTable::Setting> settings) {
  return {std::move(name), std::move(kind), "clm.toml:1", std::move(settings)};
}

LearningOptions with(std::vector<NamedTable> recipes) {
  LearningOptions options;
  options.training.models = {"lightgbm", "xgboost"};
  options.recipes = std::move(recipes);
  return options;
}

/// What is wrong, as "key code", comma-separated.
std::string wrong(const LearningOptions& options) {
  std::string text;
  for (const OptionProblem& problem : check_recipes(options)) {
    EXPECT_FALSE(problem.message.empty() || problem.remedy.empty()) << problem.key;
    text += (text.empty() ? "" : ", ") + problem.key + " " + problem.code;
  }
  return text;
}

const NamedTable kYearly = recipe_of_table("yearly", "lightgbm", {{"training.window_days", "365.0", "clm.toml:4"}});

TEST(RecipeChecks, ARecipeByNameIsTheWorkspacesWithWhatItSetsOtherwise) {
  auto options = with({kYearly});
  options.trainers.lightgbm.rounds = 77;
  EXPECT_EQ(wrong(options), "");
  EXPECT_EQ(trained_recipes(options), (std::vector<std::string>{"lightgbm", "xgboost", "lightgbm/yearly"}));
  const auto own = options_of(options, "lightgbm/yearly");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->training.window_days, 365);
  EXPECT_EQ(own->trainers.lightgbm.rounds, 77) << "what it does not set follows the workspace";
  EXPECT_EQ(options_of(options, "lightgbm")->training.window_days, 0);
  EXPECT_EQ(describe_change(*recipe_in_force("lightgbm", options), *recipe_in_force("lightgbm/yearly", options)),
            "training.window_days 0.0 -> 365.0");
  for (const char* unknown : {"xgboost/yearly", "lightgbm/monthly"}) {
    const auto none = options_of(options, unknown);
    ASSERT_FALSE(none) << unknown;
    EXPECT_EQ(none.error().code, "recipe.unknown");
  }
}

TEST(RecipeChecks, EverySettingOfARecipesIdentityMayBeSetAndMakesAnotherRecipe) {
  const std::string before = recipe_in_force("lightgbm", with({}))->id;
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"features.set", "\"classic22\""},
                                                                                   {"label.clip", "4.0"},
                                                                                   {"label.entry_delay_bars", "3"},
                                                                                   {"label.rank_weight", "0.5"},
                                                                                   {"label.target", "\"rank\""},
                                                                                   {"lightgbm.rounds", "5"},
                                                                                   {"lineup.fits", "2"},
                                                                                   {"training.embargo_bars", "30"},
                                                                                   {"training.max_fit_rows", "5000"},
                                                                                   {"training.window_days", "9.0"}}) {
    const auto options = with({recipe_of_table("other", "lightgbm", {{key, value, ""}})});
    EXPECT_EQ(wrong(options), "") << key;
    const auto keys = settings_of_recipe("lightgbm");
    EXPECT_NE(std::find(keys.begin(), keys.end(), key), keys.end()) << key;
    const auto made = recipe_in_force("lightgbm/other", options);
    ASSERT_TRUE(made) << key;
    EXPECT_NE(made->id, before) << key;
  }
  for (const char* all_share : {"label.horizon_bars", "label.volatility_bars", "universe.min_frozen_bars",
                                "training.seed", "xgboost.rounds", "triggers.retrain_hours"}) {
    const auto keys = settings_of_recipe("lightgbm");
    EXPECT_EQ(std::find(keys.begin(), keys.end(), all_share), keys.end()) << all_share;
  }
  EXPECT_TRUE(settings_of_recipe("lightgbn").empty());
}

TEST(RecipeChecks, NamesThatMeanSomethingElseAreRefused) {
  for (const char* name : {"xgboost", "ridge", "ensemble", "served", "default", "Yearly", "a/b", "a b", ""}) {
    const auto options = with({recipe_of_table(name, "lightgbm", kYearly.settings)});
    EXPECT_EQ(wrong(options), "recipes." + std::string(name) + " recipe.name") << name;
  }
  for (const char* name : {"yearly", "a-b_2", "2"})
    EXPECT_EQ(wrong(with({recipe_of_table(name, "lightgbm", kYearly.settings)})), "") << name;
}

TEST(RecipeChecks, WhatNoCycleCouldWorkWithIsRefusedByItsSetting) {
  EXPECT_EQ(wrong(with({recipe_of_table("a", "lightgbn", {})})), "recipes.a.model_type model.type");
  EXPECT_EQ(wrong(with({recipe_of_table("a", "lightgbm", {})})), "recipes.a recipe.twice") << "the workspace's own";
  NamedTable same = kYearly;
  same.name = "annual";
  EXPECT_EQ(wrong(with({same, kYearly})), "recipes.yearly recipe.twice");
  EXPECT_EQ(wrong(with({recipe_of_table("a", "lightgbm", {{"label.target", "\"plain\"", ""}})})),
            "recipes.a.label.target recipe.label");
  // Of a type that is not trained there is nothing that it could be the same as.
  auto alone = with({recipe_of_table("a", "ridge", {})});
  EXPECT_EQ(wrong(alone), "");
}

TEST(RecipeChecks, AskedForAreTypesAndRecipesByName) {
  auto options = with({kYearly});
  ASSERT_TRUE(train_only(options, {"xgboost"}, "--models"));
  EXPECT_EQ(trained_recipes(options), (std::vector<std::string>{"xgboost"}));
  options = with({kYearly});
  ASSERT_TRUE(train_only(options, {"lightgbm/yearly"}, "--models"));
  EXPECT_EQ(trained_recipes(options), (std::vector<std::string>{"lightgbm/yearly"}));
  ASSERT_TRUE(options_of(options, "lightgbm/yearly"));
  options = with({kYearly});
  const auto unknown = train_only(options, {"lightgbm/yearli"}, "--models");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "model.type");
  EXPECT_EQ(unknown.error().where, "--models");
  EXPECT_NE(unknown.error().remedy.find("lightgbm/yearly"), std::string::npos) << unknown.error().remedy;
}

}  // namespace
}  // namespace clm
