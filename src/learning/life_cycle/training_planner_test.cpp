#include "learning/life_cycle/training_planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/life_cycle/life_cycle_parts_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using ::testing::HasSubstr;
using testing::kBars;

/// The bar that closes so many hours after the versions of `trained_once` had learned.
constexpr std::size_t bar_after(std::size_t hours) { return kBars - 1 + hours; }

class TrainingPlannerTest : public testing::LifeCyclePartsTest {
 protected:
  /// What is planned at the bar; the plan is made and stored.
  std::vector<Job> planned_at(std::size_t bar) {
    const auto asked = planner_.ask(bar);
    EXPECT_TRUE(asked) << to_string(asked.error());
    const std::vector<Job> planned = jobs_.planned();
    EXPECT_TRUE(jobs_.make_plan(tape_.close(bar)));
    happened();
    journal_.state().last_look = tape_.close(bar);
    return planned;
  }
  /// Who wants to become active of the ridges.
  void put_on_trial(int number, const VersionId& beside) {
    trials_.begin("ridge", in_the_shadow(number), Stage::shadow, beside, VersionVerdict(), now_);
  }

  TrainingPlanner planner_{tape_, monitor_, *registry_, log_, journal_, jobs_, trials_, options_};
};

TEST_F(TrainingPlannerTest, WhereNobodyServesATrainingIsPlannedOnceAndNotTwice) {
  known();
  const auto planned = planned_at(bar_after(0));
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0].kind, JobKind::train);
  EXPECT_EQ(planned[0].model_type, "ridge");
  EXPECT_EQ(all_jobs().size(), 1U);
  EXPECT_TRUE(planned_at(bar_after(0)).empty()) << "it is open";
  EXPECT_TRUE(planned_at(bar_after(1)).empty());
  EXPECT_EQ(all_jobs().size(), 1U);
}

TEST_F(TrainingPlannerTest, WhileSomebodyFreshServesNothingIsPlanned) {
  options_.triggers.kinds = {"time_based", "data_volume"};
  served(1);
  known();
  EXPECT_TRUE(planned_at(bar_after(1)).empty());
  EXPECT_EQ(life_log_.event_count().value(), 0);
}

TEST_F(TrainingPlannerTest, AgeCallsForATrainingWithItsReason) {
  options_.triggers.kinds = {"time_based"};
  options_.triggers.retrain_hours = 24;
  const VersionId active_one = served(1);
  known();
  EXPECT_TRUE(planned_at(bar_after(23)).empty());
  const auto planned = planned_at(bar_after(24));
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0].trigger, TriggerKind::time_based);
  EXPECT_EQ(life_log_.events()->back().kind, EventKind::trigger);
  EXPECT_EQ(life_log_.events()->back().version, active_one.str());
  EXPECT_THAT(life_log_.events()->back().text, HasSubstr(planned[0].reason));
}

TEST_F(TrainingPlannerTest, ATriggerThatIsNotListenedToIsNotAsked) {
  options_.triggers.kinds = {"performance_decay"};
  served(1);
  known();
  EXPECT_TRUE(planned_at(bar_after(50)).empty());
}

TEST_F(TrainingPlannerTest, AfterATrainingItsTypeCoolsDown) {
  options_.triggers.kinds = {"time_based"};
  options_.triggers.retrain_hours = 2;
  options_.triggers.cooldown_hours = 10;
  served(1);
  known();
  journal_.type("ridge").last_attempt = now_;
  EXPECT_TRUE(planned_at(bar_after(9)).empty());
  EXPECT_EQ(planned_at(bar_after(10)).size(), 1U);
}

TEST_F(TrainingPlannerTest, WithNoPlaceLeftOnTrialNothingIsPlanned) {
  options_.triggers.kinds = {"time_based"};
  options_.deployment.stages.shadow.places = 2;
  const VersionId active_one = served(1);
  known();
  put_on_trial(2, active_one);
  put_on_trial(3, active_one);
  EXPECT_TRUE(planned_at(bar_after(30)).empty());
  options_.deployment.stages.shadow.places = 3;
  EXPECT_EQ(planned_at(bar_after(30)).size(), 1U);
}

TEST_F(TrainingPlannerTest, WhoIsMovedAtThisMomentIsGivenAChanceFirst) {
  options_.triggers.kinds = {"time_based"};
  served(1);
  const VersionId next = entered(2);
  known();
  Job job;
  job.kind = JobKind::promote;
  job.model_type = "ridge";
  job.version = next;
  job.to = VersionStatus::active;
  job.reason = "it is better";
  jobs_.plan(job);
  const auto planned = planned_at(bar_after(30));
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0].kind, JobKind::promote);
}

TEST_F(TrainingPlannerTest, APersonsWishNeedsNoTrigger) {
  served(1);
  known();
  planner_.ask_for_cycle(asked_by_hand(options_.training.models));
  const auto planned = planned_at(bar_after(1));
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0].trigger, TriggerKind::manual);
  EXPECT_TRUE(planned_at(bar_after(1)).empty()) << "it is heard once";
}

TEST_F(TrainingPlannerTest, APersonsWishBringsForwardWhatIsToBeTriedAgain) {
  known();
  ASSERT_EQ(planned_at(bar_after(0)).size(), 1U);
  Job& job = jobs_.open().front();
  jobs_.begin_due(now_);
  jobs_.end_attempt(job, now_, "no rows", {});
  happened();
  ASSERT_GT(job.not_before, now_);
  EXPECT_TRUE(planned_at(bar_after(0)).empty()) << "it is tried again at its own time";
  EXPECT_GT(jobs_.open().front().not_before, now_);
  planner_.ask_for_cycle(asked_by_hand(options_.training.models));
  EXPECT_TRUE(planned_at(bar_after(0)).empty());
  EXPECT_EQ(jobs_.open().front().not_before, now_);
}

TEST_F(TrainingPlannerTest, WhatIsLostIsTrainedAtOnceAndOnce) {
  served(1);
  known();
  journal_.type("ridge").lost = "the active version is broken";
  journal_.type("lightgbm").lost = "the active version is broken";
  const auto planned = planned_at(bar_after(1));
  ASSERT_EQ(planned.size(), 1U) << "no setting names the other type";
  EXPECT_EQ(planned[0].model_type, "ridge");
  EXPECT_EQ(planned[0].priority, Priority::urgent);
  EXPECT_EQ(planned[0].reason, "the active version is broken");
  EXPECT_EQ(journal_.type("ridge").lost, "");
  EXPECT_EQ(journal_.type("lightgbm").lost, "");
}

TEST_F(TrainingPlannerTest, NothingIsTrainedOfARecipeThatAPersonHasPausedWhoeverAsks) {
  options_.training.models = {"ridge", "lightgbm"};
  options_.triggers.kinds = {"time_based"};
  options_.triggers.retrain_hours = 24;
  served(1);
  known();
  ASSERT_TRUE(life_log_.pause_refreshes({"ridge", now_, "a person", "losses"}));
  planner_.ask_for_cycle(asked_by_hand(options_.training.models));
  auto planned = planned_at(bar_after(1));
  ASSERT_EQ(planned.size(), 1U) << "by hand";
  EXPECT_EQ(planned[0].model_type, "lightgbm");
  const std::int64_t events = life_log_.event_count().value();
  journal_.type("ridge").lost = "the active version is broken";
  EXPECT_TRUE(planned_at(bar_after(30)).empty()) << "of age, and because its version is lost";
  EXPECT_EQ(life_log_.event_count().value(), events) << "no trigger was asked";

  ASSERT_TRUE(life_log_.resume_refreshes({"ridge", now_, "a person", "better"}));
  planned = planned_at(bar_after(31));
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0].reason, "the active version is broken") << "it was not forgotten";
}

TEST_F(TrainingPlannerTest, ATrainingThatWaitsIsCancelledByThePauseOfItsRecipe) {
  known();
  ASSERT_EQ(planned_at(bar_after(0)).size(), 1U);
  ASSERT_TRUE(life_log_.pause_refreshes({"ridge", now_, "a person", "losses"}));
  JobQueue resumed(journal_, *registry_, options_);
  ASSERT_TRUE(resumed.recover());
  ASSERT_TRUE(resumed.commit({}));
  ASSERT_EQ(all_jobs().size(), 1U);
  EXPECT_EQ(all_jobs()[0].state, JobState::cancelled);
  EXPECT_THAT(all_jobs()[0].outcome, HasSubstr("clm resume ridge goes on"));
  EXPECT_TRUE(resumed.open().empty());
}

TEST_F(TrainingPlannerTest, WhatWasGivenUpIsAskedForAgainWhenSettingsHaveChanged) {
  options_.jobs.max_attempts = 1;
  served(1);
  known();
  planner_.ask_for_cycle(asked_by_hand(options_.training.models));
  ASSERT_EQ(planned_at(bar_after(1)).size(), 1U);
  jobs_.begin_due(tape_.close(bar_after(1)));
  jobs_.end_attempt(jobs_.open().front(), now_, "no rows", {});
  happened();
  ASSERT_TRUE(planner_.find_outdated_failures());
  EXPECT_TRUE(planned_at(bar_after(2)).empty()) << "the settings are the same";

  options_.trainers.ridge.alpha *= 2;
  JobQueue jobs(journal_, *registry_, options_);
  TrainingPlanner planner(tape_, monitor_, *registry_, log_, journal_, jobs, trials_, options_);
  ASSERT_TRUE(planner.find_outdated_failures());
  ASSERT_TRUE(planner.ask(bar_after(2)));
  ASSERT_EQ(jobs.planned().size(), 1U);
  EXPECT_THAT(jobs.planned()[0].reason, HasSubstr("the settings have changed since job 1 was given up: no rows"));
  ASSERT_TRUE(jobs.make_plan(tape_.close(bar_after(2))));
  ASSERT_TRUE(planner.ask(bar_after(3)));
  EXPECT_TRUE(jobs.planned().empty()) << "once is enough";
}

TEST_F(TrainingPlannerTest, AnEnsembleIsLookedAtWhenItIsAskedForOrLost) {
  options_.ensemble.mode = EnsembleMode::learned;
  options_.training.models = {"ridge", "lightgbm"};
  served(1);
  served(1, "lightgbm");
  known();
  EXPECT_TRUE(planned_at(bar_after(1)).empty()) << "nobody asks";
  journal_.type(std::string(kEnsembleType)).lost = "the active version is broken";
  const auto lost = planned_at(bar_after(1));
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].kind, JobKind::ensemble);
  planner_.ask_for_cycle({});
  EXPECT_EQ(planned_at(bar_after(1)).size(), 1U);
  options_.ensemble.mode = EnsembleMode::off;
  planner_.ask_for_cycle({});
  EXPECT_TRUE(planned_at(bar_after(1)).empty());
}

TEST_F(TrainingPlannerTest, AVersionThatBecomesActiveMayBelongToAnEnsemble) {
  options_.ensemble.mode = EnsembleMode::learned;
  served(1);
  const VersionId next = entered(2);
  known();
  Job job;
  job.kind = JobKind::promote;
  job.model_type = "ridge";
  job.version = next;
  job.to = VersionStatus::active;
  job.reason = "it is better";
  jobs_.plan(job);
  const auto planned = planned_at(bar_after(1));
  ASSERT_EQ(planned.size(), 2U);
  EXPECT_EQ(planned[1].kind, JobKind::ensemble);
}

}  // namespace
}  // namespace clm
