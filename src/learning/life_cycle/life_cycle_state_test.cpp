#include "learning/life_cycle/life_cycle_state.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clm {
namespace {

using Json = nlohmann::json;

LifeCycleState one_trial() {
  const LearningOptions options;
  const auto how = trial_options(Stage::shadow, options.deployment.stages, options.label, Interval::one_hour());
  LifeCycleState state;
  state.trials.push_back(Trial{"lightgbm",
                               VersionId("aaaaaaaaaaaa"),
                               VersionId("bbbbbbbbbbbb"),
                               Stage::shadow,
                               Timestamp(0),
                               PairedTrial(how),
                               {},
                               {},
                               Route::direct,
                               true,
                               StageMove::go_on});
  return state;
}

Result<LifeCycleState> read(const std::string& text) {
  const LearningOptions options;
  return read_life_cycle_state(text, options.deployment.stages, options.label, Interval::one_hour());
}

TEST(LifeCycleState, RouteAndProposalAreStoredByName) {
  const std::string text = to_json_text(one_trial());
  const Json trial = Json::parse(text).at("trials").at(0);
  EXPECT_EQ(trial.at("route"), "direct");
  EXPECT_EQ(trial.at("proposed"), "go_on");
  const auto again = read(text);
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(again->trials.front().route, Route::direct);
  EXPECT_EQ(again->trials.front().proposed, StageMove::go_on);
}

TEST(LifeCycleState, TheFirstLineupIsStored) {
  LifeCycleState state;
  state.first_lineup = {{"ensemble", VersionId("aaaaaaaaaaaa")}, {"lightgbm/yearly", VersionId("bbbbbbbbbbbb")}};
  const std::string text = to_json_text(state);
  const auto again = read(text);
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(again->first_lineup, state.first_lineup);
  Json old = Json::parse(text);
  old.erase("first_lineup");
  EXPECT_TRUE(read(old.dump())->first_lineup.empty()) << "nobody noted it then";
}

TEST(LifeCycleState, NumbersOfAnOlderReleaseAreRead) {
  Json old = Json::parse(to_json_text(one_trial()));
  old.at("trials").at(0)["route"] = 1;
  old.at("trials").at(0)["proposed"] = 2;
  const auto state = read(old.dump());
  ASSERT_TRUE(state) << to_string(state.error());
  EXPECT_EQ(state->trials.front().route, Route::through_canary);
  EXPECT_EQ(state->trials.front().proposed, StageMove::refuse);
}

TEST(LifeCycleState, VintagesWhoseOutcomesMayStillComeAreStored) {
  LifeCycleState state = one_trial();
  state.trials.front().earlier_references = {{VersionId("cccccccccccc"), Timestamp(7)},
                                             {VersionId("dddddddddddd"), Timestamp(9)}};
  state.types["lightgbm"].earlier_charted = {{VersionId("eeeeeeeeeeee"), Timestamp(8)}};
  const auto again = read(to_json_text(state));
  ASSERT_TRUE(again) << to_string(again.error());
  ASSERT_EQ(again->trials.front().earlier_references.size(), 2U);
  EXPECT_EQ(again->trials.front().earlier_references[1].version.str(), "dddddddddddd");
  EXPECT_EQ(again->trials.front().earlier_references[1].until, Timestamp(9));
  ASSERT_EQ(again->types.at("lightgbm").earlier_charted.size(), 1U);
  EXPECT_EQ(again->types.at("lightgbm").earlier_charted[0].until, Timestamp(8));
  EXPECT_EQ(to_json_text(*again), to_json_text(state));

  Json old = Json::parse(to_json_text(state));
  old.at("trials").at(0).erase("earlier_references");
  old.at("types").at("lightgbm").erase("earlier_charted");
  const auto of_before = read(old.dump());
  ASSERT_TRUE(of_before) << to_string(of_before.error());
  EXPECT_TRUE(of_before->trials.front().earlier_references.empty());
  EXPECT_TRUE(of_before->types.at("lightgbm").earlier_charted.empty());
}

TEST(LifeCycleState, ANameThatNobodyKnowsIsAnError) {
  for (const Json& wrong : {Json("sideways"), Json(7), Json(-1), Json()}) {
    Json state = Json::parse(to_json_text(one_trial()));
    state.at("trials").at(0)["route"] = wrong;
    const auto refused = read(state.dump());
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, "life_cycle.state");
  }
}

}  // namespace
}  // namespace clm
