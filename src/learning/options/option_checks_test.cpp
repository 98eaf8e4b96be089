#include "learning/options/option_checks.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "models/model_type.hpp"

namespace clm {
namespace {

using Keys = std::vector<std::string>;

Keys keys_of(const LearningOptions& options) {
  Keys keys;
  for (const OptionProblem& problem : check_options(options)) {
    EXPECT_FALSE(problem.message.empty()) << problem.key;
    EXPECT_FALSE(problem.remedy.empty()) << problem.key;
    keys.push_back(problem.key + " " + problem.code);
  }
  return keys;
}

/// The only thing that is wrong after `change`.
template <typename Change>
std::string only(Change change) {
  LearningOptions options;
  change(options);
  const Keys keys = keys_of(options);
  EXPECT_EQ(keys.size(), 1u);
  return keys.empty() ? "nothing" : keys.front();
}

TEST(OptionChecks, TheDefaultsAreSound) { EXPECT_EQ(keys_of({}), Keys()); }

TEST(OptionChecks, NamesThatNobodyKnows) {
  EXPECT_EQ(only([](auto& o) { o.training.models = {"xgboost", "xgbost"}; }), "training.models model.type");
  EXPECT_EQ(only([](auto& o) { o.ensemble.models = {"foo"}; }), "ensemble.models model.type");
  EXPECT_EQ(only([](auto& o) { o.training.warm_start = {"xgboost"}; }), "training.warm_start train.warm_start");
  EXPECT_EQ(only([](auto& o) { o.universe.interval = "7q"; }), "universe.interval interval.unknown");
  EXPECT_EQ(only([](auto& o) { o.universe.symbols = {"BTC/USDT", "../x"}; }), "universe.symbols symbol.path");
  EXPECT_EQ(only([](auto& o) { o.universe.symbols = {"[\"BTCUSDT\""}; }), "universe.symbols symbol.name");
  EXPECT_EQ(only([](auto& o) { o.ensemble.weights = {"xgbost=0.3"}; }), "ensemble.weights model.type");
}

TEST(OptionChecks, ListsThatCannotBeMeant) {
  EXPECT_EQ(only([](auto& o) { o.training.models = {}; }), "training.models config.empty");
  EXPECT_EQ(only([](auto& o) { o.training.models = {"xgboost", "xgboost"}; }), "training.models config.twice");
  EXPECT_EQ(only([](auto& o) { o.universe.symbols = {"BTCUSDT", ""}; }), "universe.symbols config.empty");
  EXPECT_EQ(only([](auto& o) { o.universe.symbols = {"BTCUSDT", "BTCUSDT"}; }), "universe.symbols config.twice");
  EXPECT_EQ(only([](auto& o) { o.triggers.kinds = {"time_based", "time_based"}; }), "triggers.kinds config.twice");
}

TEST(OptionChecks, WeightsAreReadAsTheyWillBe) {
  for (const char* entry : {"xgboost", "=0.3", "xgboost=", "xgboost=-0.3", "xgboost=nan", "xgboost=2", "xgboost=0.3x"})
    EXPECT_EQ(only([&](auto& o) { o.ensemble.weights = {entry}; }), "ensemble.weights ensemble.weights") << entry;
  EXPECT_EQ(only([](auto& o) {
              o.ensemble.weights = {"xgboost=0.3", "xgboost=0.4"};
            }),
            "ensemble.weights ensemble.weights");
}

TEST(OptionChecks, SettingsThatContradictEachOther) {
  EXPECT_EQ(only([](auto& o) { o.ensemble.min_weight = 0.5; }), "ensemble.min_weight config.contradiction");
  EXPECT_EQ(only([](auto& o) { o.deployment.stages.canary.first_share = 0.6; }),
            "canary.first_share config.contradiction");
  EXPECT_EQ(only([](auto& o) { o.deployment.stages.shadow.min_hours = 24 * 31; }),
            "shadow.min_hours config.contradiction");
  EXPECT_EQ(only([](auto& o) { o.judging.long_short.fraction = 0.5; }),
            "judging.long_short_fraction config.contradiction");
}

TEST(OptionChecks, ParametersOfTheTypesThatAreTrained) {
  EXPECT_EQ(only([](auto& o) {
              o.training.models = {"dlinear"};
              o.trainers.dlinear.network.moving_average = 24;
            }),
            "dlinear.moving_average train.options");
  EXPECT_EQ(only([](auto& o) {
              o.training.models = {"dlinear"};
              o.trainers.dlinear.network.moving_average = 100'001;
            }),
            "dlinear.moving_average config.contradiction");
  EXPECT_EQ(only([](auto& o) { o.trainers.patchtst.network.width = 30; }), "patchtst.width train.options");
  EXPECT_EQ(only([](auto& o) { o.trainers.patchtst.network.patch_length = 4'000; }),
            "patchtst.patch_length config.contradiction");
  LearningOptions trees;
  trees.training.models = {"xgboost"};
  trees.trainers.dlinear.network.moving_average = 24;
  EXPECT_EQ(keys_of(trees), Keys()) << "nobody trains it";
}

TEST(OptionChecks, TheOrdersInTheTableOfModelTypesNameSettings) {
  LearningOptions options;
  Settings settings;
  add_settings(settings, options);
  const auto all = settings.in_force();
  const auto is_setting = [&](std::string_view type, std::string_view name) {
    return std::any_of(all.begin(), all.end(), [&](const SettingInForce& one) {
      return one.key == std::string(type) + "." + std::string(name);
    });
  };
  std::size_t orders = 0;
  for (const ModelType& type : model_types()) {
    if (type.orders == nullptr) continue;
    for (const SettingOrder& order : type.orders(options.trainers)) {
      EXPECT_TRUE(is_setting(type.name, order.least) && is_setting(type.name, order.most)) << type.name;
      EXPECT_LE(order.low, order.high) << "the defaults are in order";
      ++orders;
    }
  }
  EXPECT_EQ(orders, 2U);
}

TEST(OptionChecks, AllIsNamedAtOnce) {
  LearningOptions options;
  options.universe.interval = "x";
  options.training.models = {"foo", "xgboost"};
  options.ensemble.min_weight = 1;
  EXPECT_EQ(keys_of(options), (Keys{"universe.interval interval.unknown", "training.models model.type",
                                    "ensemble.min_weight config.contradiction"}));
}

TEST(OptionChecks, ALimitOfAgeThatEveryNewVersionIsBeyondIsNamed) {
  LearningOptions options;
  EXPECT_NEAR(withheld_share(options.training), 1 - 0.75 * 0.85, 1e-12);
  EXPECT_TRUE(doubtful_options(options).empty()) << "nobody is silent for age by default";
  options.serving.max_data_age_days = 90;
  ASSERT_EQ(doubtful_options(options).size(), 1u);
  EXPECT_NE(doubtful_options(options)[0].find("longer than 248 days"), std::string::npos)
      << doubtful_options(options)[0];
  options.training.window_days = 240;  // 87 of them are withheld
  EXPECT_TRUE(doubtful_options(options).empty());
  options.training.window_days = 250;
  ASSERT_EQ(doubtful_options(options).size(), 1u);
  EXPECT_NE(doubtful_options(options)[0].find("which are 91 days"), std::string::npos) << doubtful_options(options)[0];
}

}  // namespace
}  // namespace clm
