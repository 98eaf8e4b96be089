#include "learning/options/serving_rules.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(ServingRules, AreWhatTheSettingsSay) {
  LearningOptions options;
  options.training.models = {"lightgbm", "ridge"};
  options.ensemble.models = {"xgboost"};
  options.ensemble.weights = {"ridge=0.5"};
  options.label.horizon_bars = 24;
  options.serving.max_data_age_days = 1.5;
  const auto rules = serving_rules(options);
  ASSERT_TRUE(rules) << to_string(rules.error());
  EXPECT_EQ(rules->model_types, (std::set<std::string>{"lightgbm", "ridge", "xgboost"})) << "an ensemble is no type";
  EXPECT_EQ(rules->weights, (std::map<std::string, double>{{"ridge", 0.5}}));
  EXPECT_EQ(rules->other_weight, options.ensemble.other_weight);
  EXPECT_EQ(rules->bounds.least, options.ensemble.min_weight);
  EXPECT_EQ(rules->bounds.most, options.ensemble.max_weight);
  EXPECT_EQ(rules->label.horizon_bars, 24);
  EXPECT_EQ(rules->max_data_age, Duration(std::chrono::hours(36)));
  options.ensemble.weights = {"ridge"};
  EXPECT_EQ(serving_rules(options).error().code, "ensemble.weights");
}

}  // namespace
}  // namespace clm
