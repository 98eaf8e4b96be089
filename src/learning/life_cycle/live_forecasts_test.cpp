#include "learning/life_cycle/live_forecasts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "learning/life_cycle/life_cycle_parts_fixture.hpp"
#include "learning/options/serving_rules.hpp"

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

class LiveForecastsTest : public testing::LifeCyclePartsTest {};

TEST_F(LiveForecastsTest, WhoNoSettingNamesForecastsAndIsNotServed) {
  const VersionId ridge = served(1), unlisted = served(1, "lightgbm");
  known();
  LiveForecasts forecasts(tape_, *registry_, options_, serving_rules(options_).value());
  const auto rows = forecasts.at(tape_.bars() - 1, journal_.state());
  ASSERT_TRUE(rows) << to_string(rows.error());
  ASSERT_EQ(rows->size(), 4U) << "and what the newest say alone";
  const std::vector<float>&served = rows->back().forecast, &of_ridge = row_of(*rows, ridge)->forecast,
        &of_unlisted = row_of(*rows, unlisted)->forecast;
  EXPECT_EQ(rows->back().who, kServed);
  std::size_t different = 0;
  for (std::size_t s = 0; s < served.size(); ++s) {
    ASSERT_FALSE(std::isnan(served[s])) << s;
    EXPECT_FLOAT_EQ(served[s], of_ridge[s]) << s;
    different += of_unlisted[s] != of_ridge[s] ? 1U : 0U;
  }
  EXPECT_GT(different, 0U);
}

// As where it is served: what is broken is put out of service when the life cycle is resumed.
TEST_F(LiveForecastsTest, ABrokenVersionSaysNothingAndStopsNobody) {
  const VersionId ridge = served(1);
  const VersionId sound = served(1, "lightgbm");
  options_.training.models = {"ridge", "lightgbm"};
  known();
  lose_a_file_of(ridge);
  LiveForecasts forecasts(tape_, *registry_, options_, serving_rules(options_).value());
  const auto rows = forecasts.at(tape_.bars() - 1, journal_.state());
  ASSERT_TRUE(rows) << to_string(rows.error());
  const std::vector<float>&of_ridge = row_of(*rows, ridge)->forecast, &of_sound = row_of(*rows, sound)->forecast;
  EXPECT_EQ(rows->back().who, kServed);
  EXPECT_EQ(rows->back().forecast, of_sound);
  EXPECT_TRUE(std::all_of(of_ridge.begin(), of_ridge.end(), [](float said) { return std::isnan(said); }));
}

}  // namespace
}  // namespace clm
