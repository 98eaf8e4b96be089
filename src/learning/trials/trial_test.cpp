#include "learning/trials/trial.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

constexpr Stage kStages[] = {Stage::shadow, Stage::canary_first, Stage::canary_second, Stage::watch};

TEST(Trial, AStageIsReadByItsName) {
  for (const Stage stage : kStages) EXPECT_EQ(parse_stage(to_string(stage)), stage);
  EXPECT_FALSE(parse_stage("night"));
}

TEST(Trial, OnlyACanaryServesAShare) {
  CanaryOptions canary;
  for (const Stage stage : kStages) {
    const Trial trial{"lightgbm", VersionId("a"), VersionId("b"), stage, Timestamp(0), PairedTrial({}), {}, {}};
    const double share = canary_share(trial, canary);
    EXPECT_EQ(share > 0, status_in(stage) == VersionStatus::canary) << to_string(stage);
  }
}

TEST(Trial, PlacesOfTheShadowShareItsLevelAndHoursAreBars) {
  StageOptions stages;
  stages.shadow.alpha = 0.03;
  stages.shadow.places = 3;
  stages.shadow.min_hours = 10;
  stages.shadow.min_predictions = 1;
  stages.shadow.max_days = 1;
  LabelOptions label;
  const auto options = trial_options(Stage::shadow, stages, label, *Interval::parse("4h"));
  EXPECT_DOUBLE_EQ(options.alpha, 0.01);
  EXPECT_EQ(options.min_bars, 3U) << "no bar too few";
  EXPECT_EQ(options.max_bars, 6U);
  EXPECT_EQ(options.horizon_bars, label.horizon_bars);
}

TEST(Trial, ItsLossIsSetByName) {
  LearningOptions options;
  Settings settings;
  add_settings(settings, options);
  const auto loss = [&] {
    return trial_options(Stage::watch, options.deployment.stages, options.label, Interval::one_hour()).loss;
  };
  EXPECT_EQ(loss(), BarLoss::rank);
  ASSERT_TRUE(settings.load_toml_text("[shadow]\nloss = \"squared_error\"\n", "test"));
  EXPECT_EQ(loss(), BarLoss::squared_error);
  EXPECT_NE(settings.to_toml({"shadow.loss"}).find("loss = \"squared_error\""), std::string::npos);
  const auto unknown = settings.load_toml_text("[shadow]\nloss = \"rang\"\n", "test");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "config.range");
  EXPECT_EQ(loss(), BarLoss::squared_error);
}

}  // namespace
}  // namespace clm
