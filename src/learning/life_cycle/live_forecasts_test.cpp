#include "learning/life_cycle/live_forecasts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(LiveForecasts, ActiveVersionsAndBothSidesOfTrialsAreConcernedOnce) {
  LifeCycleState state;
  state.types["lightgbm"].active = VersionId("b");
  state.types["xgboost"];
  state.trials.push_back(
      {"lightgbm", VersionId("a"), VersionId("b"), Stage::shadow, Timestamp(0), PairedTrial({}), {}, {}});
  state.trials.push_back(
      {"xgboost", VersionId("c"), VersionId(), Stage::shadow, Timestamp(0), PairedTrial({}), {}, {}});
  EXPECT_THAT(versions_concerned(state), ::testing::ElementsAre(VersionId("a"), VersionId("b"), VersionId("c")));
}

}  // namespace
}  // namespace clm
