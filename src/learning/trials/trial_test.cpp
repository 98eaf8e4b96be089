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

}  // namespace
}  // namespace clm
