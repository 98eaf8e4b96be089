// Two recipes of a type in the life cycle: each is due, refreshed, watched and recorded by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "learning/life_cycle/lived_fixture.hpp"
#include "learning/life_cycle/unlisted_versions.hpp"
#include "learning/recipes/recipe.hpp"
#include "learning/record/record.hpp"

namespace clm {
namespace {

using testing::because;
using testing::close_of;
using testing::easy_candles;
using ::testing::HasSubstr;
using testing::kBars;

LearningOptions two_recipes_daily() {
  LearningOptions options = testing::small_trees();
  options.training.models = {"lightgbm"};
  options.trainers.lightgbm.rounds = 5;
  options.triggers.kinds = {"time_based"};
  options.triggers.retrain_hours = 24;
  options.triggers.cooldown_hours = 1;
  options.lineup.spacing_days = 1;
  options.deployment.gate = PolicyGate::none;
  options.recipes = {{"few", "lightgbm", "clm.toml:9", {{"lightgbm.rounds", "3", ""}}}};
  return options;
}

class NamedRecipesLive : public testing::LivedTest {
 protected:
  NamedRecipesLive() : LivedTest(two_recipes_daily()) {}

  std::size_t trainings_of(const std::string& recipe) const {
    const auto jobs = all_jobs();
    return static_cast<std::size_t>(std::count_if(jobs.begin(), jobs.end(), [&](const Job& job) {
      return job.kind == JobKind::train && job.model_type == recipe && job.state == JobState::completed;
    }));
  }
};

struct NamedRecipesLiveOf : NamedRecipesLive {
  void TestBody() override {}
  using NamedRecipesLive::active_version;
  using NamedRecipesLive::live_until;
  using NamedRecipesLive::state_;
};

TEST_F(NamedRecipesLive, EachIsDueAndRefreshedByItself) {
  live_until(kBars + 10);
  EXPECT_FALSE(active_version("lightgbm").empty());
  EXPECT_FALSE(active_version("lightgbm/few").empty());
  ASSERT_EQ(next_.size(), 2U);
  EXPECT_EQ(next_[0].model_type, "lightgbm");
  EXPECT_EQ(next_[1].model_type, "lightgbm/few");
  EXPECT_EQ(next_[1].at, next_[0].at);
  const std::string plain = active_version("lightgbm"), own = active_version("lightgbm/few");
  // What a person does to the one leaves the other alone.
  ASSERT_TRUE(registry_->rollback(Slot{"lightgbm", "few"}, because("to see")));
  const std::string before = active_version("lightgbm/few");
  EXPECT_NE(before, own);
  live_until(kBars + 14);
  EXPECT_EQ(active_version("lightgbm/few"), before);
  EXPECT_EQ(active_version("lightgbm"), plain);
  live_until(kBars + 60);
  EXPECT_NE(active_version("lightgbm/few"), before);
  EXPECT_NE(active_version("lightgbm"), plain);
  EXPECT_EQ(trainings_of("lightgbm"), 3U);
  EXPECT_EQ(trainings_of("lightgbm/few"), 3U);
  EXPECT_EQ(state_.types.at("lightgbm/few").charted.str(), active_version("lightgbm/few"));
}

TEST_F(NamedRecipesLive, OpenedAnewAtAnyBarTheyGoOnToTheSameState) {
  live_until(kBars + 40);
  NamedRecipesLiveOf stopped;
  stopped.live_until(kBars + 40, 7);
  EXPECT_EQ(to_json_text(stopped.state_), to_json_text(state_));
  for (const char* recipe : {"lightgbm", "lightgbm/few", "ensemble"})
    EXPECT_EQ(stopped.active_version(recipe), active_version(recipe)) << recipe;
}

TEST_F(NamedRecipesLive, EachHasARecordOfItsOwn) {
  live_until(kBars + 40);
  const auto vintages = recorded_vintages(*registry_);
  ASSERT_TRUE(vintages);
  const auto record = read_record(life_log_, *vintages, {Timestamp(0), Timestamp::max()});
  ASSERT_TRUE(record) << to_string(record.error());
  const LearningOptions options = two_recipes_daily();
  const std::string plain = recipe_in_force("lightgbm", options)->id,
                    own = recipe_in_force("lightgbm/few", options)->id;
  ASSERT_EQ(record->of_recipe.size(), 2U);
  ASSERT_EQ(record->of_recipe.count(own), 1U);
  EXPECT_EQ(record->of_recipe.at(own).size(), record->of_recipe.at(plain).size());
  EXPECT_GE(record->of_recipe.at(own).size(), 39U);
  for (const RecordedBar& bar : record->of_recipe.at(own))
    EXPECT_EQ(vintages->at(bar.vintage).model_type, "lightgbm/few");
  EXPECT_NE(record->of_recipe.at(own).back().forecast, record->of_recipe.at(plain).back().forecast);
}

TEST_F(NamedRecipesLive, OneThatIsTakenOutIsWatchedAndTrainedNoMore) {
  live_until(kBars + 10);
  const std::string own = active_version("lightgbm/few");
  LearningOptions without = two_recipes_daily();
  without.recipes.clear();
  live_until(kBars + 40, 1'000'000, without);
  EXPECT_EQ(active_version("lightgbm/few"), own);
  EXPECT_EQ(trainings_of("lightgbm/few"), 1U);
  EXPECT_EQ(trainings_of("lightgbm"), 2U);
  ASSERT_EQ(next_.size(), 1U);
  const auto unlisted = unlisted_versions(*registry_, without);
  ASSERT_TRUE(unlisted);
  ASSERT_EQ(unlisted->size(), 1U);
  EXPECT_THAT(describe(unlisted->front()), HasSubstr("lightgbm/few " + own));
  EXPECT_THAT(describe(unlisted->front()), HasSubstr("not a recipe of clm.toml any more"));
  const Manifest lineup = manifest_of(active_version("ensemble"));
  for (const ManifestMember& member : lineup.members) EXPECT_EQ(member.model_type, "lightgbm");
}

TEST_F(NamedRecipesLive, AWaitingTrainingOfOneThatIsTakenOutIsCancelled) {
  LearningOptions impossible = two_recipes_daily();
  impossible.training.models = {"ridge"};
  impossible.recipes.front().settings = {{"training.window_days", "1.0", ""}};
  live_until(kBars + 1, 1'000'000, impossible);
  const auto waits = [&] {
    const auto jobs = life_log_.jobs(WhichJobs::open).value();
    return std::any_of(jobs.begin(), jobs.end(), [](const Job& job) { return job.model_type == "lightgbm/few"; });
  };
  ASSERT_TRUE(waits()) << "a day is too little to be judged on";
  impossible.recipes.clear();
  live_until(kBars + 6, 1'000'000, impossible);
  EXPECT_FALSE(waits());
  const auto jobs = all_jobs();
  const auto job =
      std::find_if(jobs.begin(), jobs.end(), [](const Job& one) { return one.model_type == "lightgbm/few"; });
  ASSERT_NE(job, jobs.end());
  EXPECT_EQ(job->state, JobState::cancelled);
  EXPECT_EQ(job->outcome, "the settings have no recipe lightgbm/few any more");
}

}  // namespace
}  // namespace clm
