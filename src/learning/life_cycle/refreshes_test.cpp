// A recipe that is refreshed every day, in the life cycle: what is on trial and what is held against the promise goes
// on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "learning/life_cycle/lived_fixture.hpp"

namespace clm {
namespace {

using testing::because;
using testing::close_of;
using ::testing::Contains;
using testing::easy_candles;
using testing::kBars;
using ::testing::Not;

constexpr std::size_t kRefreshEnd = kBars + 125;

LearningOptions refreshed_daily() {
  LearningOptions options = testing::small_trees();
  options.training.models = {"lightgbm"};
  options.ensemble.mode = EnsembleMode::off;
  options.triggers.kinds = {"time_based"};
  options.triggers.retrain_hours = 24;
  options.triggers.cooldown_hours = 1;
  options.deployment.stages.shadow.min_predictions = 100'000;  // the trial goes on to the end
  options.deployment.stages.shadow.max_days = 0;
  return options;
}

class RefreshesTest : public testing::LivedTest {
 protected:
  RefreshesTest() : LivedTest(refreshed_daily()) {}

  /// Accepted, and active, when the life cycle begins.
  void accept(LearningOptions options = refreshed_daily()) {
    options.ensemble.mode = EnsembleMode::off;
    options.deployment.gate = PolicyGate::none;  // whatever it is worth
    EXPECT_EQ(cycle(options, Force::no, kBars - 1).results.size(), 2 * options.training.models.size());
  }
  VersionId in_the_shadow() {
    LearningOptions options = refreshed_daily();
    options.policy.ladder = Ladder::on;
    options.training.seed = 2;
    options.training.max_fit_rows = 4'000;
    options.deployment.mode = PolicyMode::logging_only;
    const CycleReport report = cycle(options, Force::yes, kBars - 1);
    const VersionId version = report.results.front().version;
    EXPECT_TRUE(registry_->advance(version, VersionStatus::shadow, because("let it try")));
    return version;
  }
  /// Decisions after `since` whose outcomes are known at the end.
  std::size_t outcomes_since(Timestamp since) const {
    std::size_t bars = 0;
    for (std::size_t bar = 0; bar < tape_->bars(); ++bar)
      if (tape_->close(bar) > since && tape_->close(bar) >= close_of(kBars) &&
          tape_->known_at(bar) <= tape_->close(tape_->bars() - 1))
        ++bars;
    return bars;
  }
  std::size_t promotions() const {
    const auto all = kinds();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), "promoted"));
  }
};

struct RefreshesTestOf : RefreshesTest {
  void TestBody() override {}
  using RefreshesTest::accept;
  using RefreshesTest::active_version;
  using RefreshesTest::in_the_shadow;
  using RefreshesTest::live_until;
  using RefreshesTest::state_;
};

TEST_F(RefreshesTest, ServeAtOnceAndBeginNoTrial) {
  accept();
  live_until(kRefreshEnd);
  EXPECT_EQ(promotions(), 5U) << "one a day";
  EXPECT_EQ(state_.types.at("lightgbm").active_as_of, close_of(kBars - 1 + 5 * 24));
  for (const char* kind : {"watch", "shadow", "canary", "canary_first", "proposed", "rejected"})
    EXPECT_THAT(kinds(), Not(Contains(kind)));
  EXPECT_TRUE(state_.trials.empty());
}

TEST_F(RefreshesTest, InModeAdvisoryNobodyIsAsked) {
  accept();
  LearningOptions advisory = refreshed_daily();
  advisory.deployment.mode = PolicyMode::advisory;
  live_until(kBars + 60, 1'000'000, advisory);
  EXPECT_EQ(promotions(), 2U);
  EXPECT_THAT(kinds(), Not(Contains("proposed")));
}

// With a chart that began anew every day, or that lost the outcomes which are due when the version changes, a promise
// would be held against a part of what was delivered, and with a horizon of a day against nothing at all.
TEST_F(RefreshesTest, TheChartOfTheRecipesPromiseGoesOnAndLosesNoBar) {
  accept();
  live_until(kRefreshEnd);
  const TypeState& type = state_.types.at("lightgbm");
  ASSERT_TRUE(type.chart);
  EXPECT_LE(type.charted_since, close_of(kBars));
  EXPECT_EQ(type.charted, type.active);
  const std::size_t bars = outcomes_since(type.charted_since);
  EXPECT_GT(bars, 110U);
  EXPECT_EQ(type.chart->blocks(), bars / 5);
}

TEST_F(RefreshesTest, WithAnotherRecipeTheChartBeginsAnew) {
  accept();
  live_until(kBars + 60);
  LearningOptions other = refreshed_daily();
  other.trainers.lightgbm.rounds = 25;
  other.deployment.gate = PolicyGate::none;
  live_until(kBars + 90, 1'000'000, other);
  const TypeState& type = state_.types.at("lightgbm");
  EXPECT_EQ(type.charted_since, close_of(kBars - 1 + 3 * 24)) << "when the other recipe was accepted";
  ASSERT_TRUE(type.chart);
  EXPECT_EQ(type.chart->blocks(), outcomes_since(type.charted_since) / 5);
}

TEST_F(RefreshesTest, ATrialByHandGoesOnBesideThemAndLosesNoBar) {
  accept();
  const VersionId tried = in_the_shadow();
  live_until(kRefreshEnd);
  EXPECT_EQ(promotions(), 5U);
  ASSERT_EQ(state_.trials.size(), 1U);
  const Trial& trial = state_.trials.front();
  EXPECT_EQ(trial.challenger, tried);
  EXPECT_EQ(trial.reference, state_.types.at("lightgbm").active);
  EXPECT_LE(trial.started, close_of(kBars));
  const std::size_t bars = outcomes_since(trial.started);
  EXPECT_GT(bars, 110U);
  EXPECT_EQ(trial.losses.bars(), bars);
  const auto events = kinds(tried);
  EXPECT_EQ(std::count(events.begin(), events.end(), "shadow"), 1) << "it did not start over";
}

TEST_F(RefreshesTest, OpenedAnewAtAnyBarItGoesOnToTheSameState) {
  accept();
  in_the_shadow();
  live_until(kBars + 80);
  const std::string whole = to_json_text(state_);
  RefreshesTestOf stopped;
  stopped.accept();
  stopped.in_the_shadow();
  stopped.live_until(kBars + 80, 7);
  EXPECT_EQ(to_json_text(stopped.state_), whole);
  EXPECT_EQ(stopped.active_version("lightgbm"), active_version("lightgbm"));
}

TEST_F(RefreshesTest, TheirLineupIsMadeWithThemAndBeginsNoTrialEither) {
  LearningOptions options = refreshed_daily();
  options.ensemble.mode = EnsembleOptions().mode;
  options.lineup.spacing_days = 1;
  accept(options);
  live_until(kBars + 80, 1'000'000, options);
  const std::string ensemble = active_version("ensemble");
  ASSERT_FALSE(ensemble.empty());
  EXPECT_EQ(manifest_of(ensemble).members.size(), 3U);
  EXPECT_THAT(kinds(), Not(Contains("watch")));
  EXPECT_TRUE(state_.trials.empty());
  const auto served = life_log_.forecasts(close_of(kBars + 80), close_of(kBars + 80) + Duration(1), ensemble);
  ASSERT_TRUE(served);
  EXPECT_EQ(served->size(), 1U) << "it is what is served";
}

}  // namespace
}  // namespace clm
