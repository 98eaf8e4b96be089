#include "learning/life_cycle/live_trials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/cycle/learning_fixture.hpp"
#include "learning/life_cycle/features_needed.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;

constexpr Timestamp kTrialTime(1'000'000);
constexpr std::size_t kTrialBars = 6;

/// A candidate in the shadow beside an active version, without a life cycle around them.
class LiveTrialsTest : public testing::LearningTest {
 protected:
  LiveTrialsTest()
      : tape_(MarketTape::record(no_features(), testing::easy_candles(50), nullptr, LabelOptions(),
                                 testing::close_of(50), undisturbed())
                  .value()),
        life_log_(*LifeCycleLog::open(*database_)) {
    options_.deployment.stages.shadow.min_hours = 0;
    options_.deployment.stages.shadow.min_predictions = kTrialBars;
    options_.deployment.stages.shadow.max_days = 0;
    EXPECT_TRUE(registry_->advance(challenger_, VersionStatus::shadow, testing::because("let it try")));
    trials_.begin("xgboost", challenger_, Stage::shadow, active_, VersionVerdict(), kTrialTime);
  }

  /// As many outcomes as the trial lasts, all alike.
  void hear(double reference_ic, double challenger_ic) {
    BarScore reference, challenger;
    reference.rows = challenger.rows = 10;
    reference.rank_ic = reference_ic;
    challenger.rank_ic = challenger_ic;
    for (std::size_t bar = 0; bar < kTrialBars; ++bar) journal_.state().trials.at(0).losses.add(reference, challenger);
  }
  /// What a bar's decision comes to.
  void decide() {
    const auto decided = trials_.decide(kTrialTime);
    ASSERT_TRUE(decided) << to_string(decided.error());
    ASSERT_TRUE(jobs_.make_plan(kTrialTime));
    ASSERT_TRUE(jobs_.commit({}));
  }

  LearningOptions options_;
  MarketTape tape_;
  LifeCycleLog life_log_;
  TriggerMonitor monitor_{tape_, *registry_, life_log_, options_};
  LifeCycleJournal journal_{life_log_};
  JobQueue jobs_{journal_, *registry_, options_};
  ActiveTypes types_{journal_, *registry_, monitor_, options_};
  LiveTrials trials_{journal_, jobs_, types_, *registry_, options_, tape_.interval()};
  const VersionId active_ = promoted(1), challenger_ = candidate(2);
};

TEST_F(LiveTrialsTest, UndecidedItStaysAndAtItsEndACandidateIsRefused) {
  decide();
  EXPECT_TRUE(jobs_.open().empty());
  EXPECT_TRUE(trials_.is_on_trial(challenger_));
  EXPECT_EQ(trials_.candidates("xgboost"), 1);
  hear(0.1, 0.1);
  decide();
  ASSERT_EQ(jobs_.open().size(), 1U);
  EXPECT_EQ(jobs_.open()[0].to, VersionStatus::rejected);
  EXPECT_EQ(jobs_.open()[0].approval, Approval::not_needed);
  EXPECT_FALSE(trials_.is_on_trial(challenger_));
  EXPECT_EQ(life_log_.events()->back().kind, EventKind::rejected);
}

TEST_F(LiveTrialsTest, InModeAdvisoryItIsProposedOnceAndTheTrialGoesOn) {
  options_.deployment.mode = PolicyMode::advisory;
  hear(0.1, 0.1);
  decide();
  decide();
  ASSERT_EQ(jobs_.open().size(), 1U);
  EXPECT_EQ(jobs_.open()[0].approval, Approval::awaited);
  EXPECT_TRUE(trials_.is_on_trial(challenger_));
  // Another version becomes active: what was proposed was about the one before.
  const VersionId other = candidate(3);
  trials_.restart_against("xgboost", other, kTrialTime);
  EXPECT_EQ(jobs_.open()[0].state, JobState::cancelled);
  EXPECT_EQ(journal_.state().trials.at(0).reference, other);
  EXPECT_EQ(trials_.views().at(0).report.bars, 0U);
}

TEST_F(LiveTrialsTest, ATrialWhoseVersionWasMovedIsOver) {
  ASSERT_TRUE(trials_.end_moved(kTrialTime));
  EXPECT_TRUE(trials_.is_on_trial(challenger_));
  ASSERT_TRUE(registry_->reject(challenger_, testing::because("not wanted")));
  ASSERT_TRUE(trials_.end_moved(kTrialTime));
  EXPECT_FALSE(trials_.is_on_trial(challenger_));
  ASSERT_TRUE(jobs_.commit({}));
  EXPECT_THAT(life_log_.events()->back().text, HasSubstr("it was made rejected; its shadow is over"));
}

TEST_F(LiveTrialsTest, AfterARollbackNothingIsPromotedForAWhile) {
  TypeState type;
  EXPECT_FALSE(trials_.is_cooling_down(type, kTrialTime));
  type.rolled_back_at = kTrialTime;
  EXPECT_TRUE(trials_.is_cooling_down(type, kTrialTime + Duration(1)));
  EXPECT_FALSE(trials_.is_cooling_down(type, kTrialTime + std::chrono::hours(1'000)));
}

}  // namespace
}  // namespace clm
