// Versions whose bytes are altered on disk while they are on trial, or while somebody may have to go back to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "learning/life_cycle/life_cycle_fixture.hpp"
#include "learning/studies/replay_fixture.hpp"
#include "serving/load_check.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_candles;
using ::testing::HasSubstr;
using testing::kBars;

constexpr std::size_t kEnd = kBars + 120;

/// Nothing is trained: who is on trial was put there by hand. Quick stages.
LearningOptions broken_options() {
  LearningOptions options = testing::judged_small_trees();
  options.training.models = {"lightgbm"};
  options.feature_set = "core";  // order flow, in which the signal is, can be seen there
  options.ensemble.mode = EnsembleMode::off;
  options.triggers.kinds = {};
  options.deployment.stages.shadow.min_predictions = 20;
  options.deployment.stages.shadow.alpha = 0.4;
  options.deployment.stages.shadow.margin = 0.4;
  options.deployment.stages.canary.enabled = false;
  options.deployment.stages.watch.bars = 110;
  options.deployment.stages.watch.alpha = 0.4;
  return options;
}

/// The easy market's symbols and times without its signal.
MemoryCandleSource noise() {
  SimulationOptions options;
  options.symbols = 10;
  options.bars = kBars;
  options.seed = 8;
  options.signal_ic = 0;
  return MemoryCandleSource(simulate(options).value().series);
}

class BrokenVersionsTest : public testing::LifeCycleTest {
 protected:
  VersionId trained(const CandleSource& candles, int seed, PolicyMode mode) {
    LearningOptions options = broken_options();
    options.training.seed = seed;
    options.deployment.mode = mode;
    options.deployment.gate = PolicyGate::none;
    const auto report = attempt(candles, close_of(kBars - 1), options, Force::yes);
    EXPECT_TRUE(report) << to_string(report.error());
    return report->results.front().version;
  }
  VersionId served(const CandleSource& candles, int seed) { return trained(candles, seed, PolicyMode::enforced); }
  VersionId in_the_shadow(const CandleSource& candles, int seed) {
    const VersionId version = trained(candles, seed, PolicyMode::logging_only);
    EXPECT_TRUE(registry_->advance(version, VersionStatus::shadow, testing::because("let it try")));
    return version;
  }
  void alter(const VersionId& version) {
    const auto file = registry_->store().directory_of("lightgbm", version) / ForecastCalibration::kFileName;
    ASSERT_TRUE(write_file_atomic(file, read_file(file).value() + " "));
  }

  /// What the program's own registry does: it asks whether what is stored can be loaded, too.
  void open_as_the_program_does() {
    auto registry = Registry::open(*database_, ArtifactStore(place_.versions()), nullptr, check_loads);
    ASSERT_TRUE(registry) << to_string(registry.error());
    registry_.emplace(std::move(*registry));
  }
  /// A version whose bytes are what its manifest says, that has evidence, and that no library can make a model of.
  VersionId unloadable_like(const VersionId& version) {
    const auto artifact = registry_->open_artifact(*registry_->find(version.str()));
    auto staged = registry_->store().stage("lightgbm");
    EXPECT_TRUE(artifact && staged);
    for (const auto& file : artifact->manifest.files)
      EXPECT_TRUE(write_file_atomic(
          staged->directory() / file.name,
          file.name == ForecastCalibration::kFileName ? "{}" : read_file(artifact->directory / file.name).value()));
    const auto stored = registry_->store().put(std::move(*staged), artifact->manifest);
    EXPECT_TRUE(stored) << to_string(stored.error());
    EXPECT_TRUE(registry_->enter(*stored, testing::because("trained")));
    return stored->version;
  }

  /// Decides at every bar up to `end`; `at_bar` is told how many bars of it have been gone through.
  Status live_until(std::size_t end, const std::function<void(std::size_t bars)>& at_bar = {}) {
    LearningOptions options = broken_options();
    options.deployment.mode = mode_;
    const auto candles = easy_candles(end);
    const MarketTape tape = testing::ReplayPlace::tape_of(candles, "core", end);
    CycleWorkplace place = workplace(candles);
    auto life = LifeCycle::resume(tape, place, life_log_, options, undisturbed());
    if (!life) return forward_error(life);
    life->begin_at(close_of(kBars));
    std::size_t bars = 0;
    while (life->next_bar() < tape.bars()) {
      if (auto stepped = life->step(StepMode::decide, undisturbed()); !stepped) return stepped;
      checker_.check(life->state());
      if (at_bar) at_bar(++bars);
    }
    trials_ = life->trials();
    return {};
  }
  Job last_job() const { return all_jobs().back(); }

  testing::LifeCycleChecker checker_{*registry_, life_log_};
  std::vector<TrialView> trials_;
  PolicyMode mode_ = PolicyMode::enforced;
};

TEST_F(BrokenVersionsTest, WhoIsToBePromotedFailsAndTheActiveOneStays) {
  const VersionId active = served(easy_candles(), 1);
  const VersionId candidate = in_the_shadow(easy_candles(), 2);
  const auto broken_early = [&](std::size_t bars) {
    if (bars == 5) alter(candidate);  // loaded by then, and so not noticed before its promotion
  };
  const auto gone = live_until(kEnd, broken_early);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(active_version("lightgbm"), active.str());
  EXPECT_EQ(status(candidate), VersionStatus::failed);
  EXPECT_EQ(kinds(candidate), (std::vector<std::string>{"shadow", "promoted", "failed", "trial_ended"}));
  EXPECT_THAT(last_text("failed"), HasSubstr(ForecastCalibration::kFileName));
  EXPECT_THAT(last_text("trial_ended"), HasSubstr("it was made failed"));
  EXPECT_TRUE(trials_.empty());
  const Job job = last_job();
  EXPECT_EQ(job.kind, JobKind::promote);
  EXPECT_EQ(job.state, JobState::failed);
  const auto next = live_until(kEnd + 1);
  EXPECT_TRUE(next) << "and who opens it anew is not stopped by it: " << to_string(next.error());
}

TEST_F(BrokenVersionsTest, WhoIsOnTrialFailsWhenTheLifeCycleIsOpened) {
  const VersionId active = served(easy_candles(), 1);
  const VersionId candidate = in_the_shadow(easy_candles(), 2);
  ASSERT_TRUE(live_until(kBars + 3));
  alter(candidate);
  const auto gone = live_until(kBars + 6);
  ASSERT_TRUE(gone) << "one broken candidate is no reason to stop: " << to_string(gone.error());
  EXPECT_EQ(status(candidate), VersionStatus::failed);
  EXPECT_EQ(kinds(candidate), (std::vector<std::string>{"shadow", "failed", "trial_ended"}));
  EXPECT_EQ(active_version("lightgbm"), active.str());
}

TEST_F(BrokenVersionsTest, AWatchWithoutAWayBackEnds) {
  const VersionId before = served(easy_candles(), 1);
  ASSERT_TRUE(live_until(kBars + 1));
  const VersionId active = served(easy_candles(), 2);
  ASSERT_TRUE(live_until(kBars + 3));
  ASSERT_EQ(trials_.size(), 1U);
  alter(before);
  const auto gone = live_until(kBars + 6);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_TRUE(trials_.empty());
  EXPECT_THAT(last_text("watch_ended"), HasSubstr("the way back to " + before.str() + " is broken"));
  EXPECT_EQ(active_version("lightgbm"), active.str());
  EXPECT_EQ(status(before), VersionStatus::failed) << "no rollback is to lead to it";
}

TEST_F(BrokenVersionsTest, TheOnlyActiveOneFailsAndItsTypeIsTrainedAtOnce) {
  const VersionId only = served(easy_candles(), 1);
  ASSERT_TRUE(live_until(kBars + 3));
  alter(only);
  const auto gone = live_until(kBars + 4);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(status(only), VersionStatus::failed);
  EXPECT_EQ(kinds(only), std::vector<std::string>{"failed"});
  EXPECT_THAT(last_text("trigger"), HasSubstr("the active version " + only.str() + " is broken"));
  EXPECT_THAT(last_text("trigger"), HasSubstr("there is no older version"));
  const Job job = last_job();
  EXPECT_EQ(job.kind, JobKind::train);
  EXPECT_EQ(job.state, JobState::completed);
  EXPECT_THAT(kinds(VersionId(job.outcome.substr(0, 12))), ::testing::Contains("trained"));
  EXPECT_EQ(all_jobs().size(), 1U);
  ASSERT_TRUE(live_until(kBars + 6));
  EXPECT_EQ(all_jobs().size(), 1U) << "once is enough";
}

TEST_F(BrokenVersionsTest, OneThatDoesNotLoadThoughItsBytesAreSoundFailsToo) {
  const VersionId before = served(easy_candles(), 1);
  const VersionId unloadable = unloadable_like(before);
  ASSERT_TRUE(registry_->promote(unloadable, testing::because("nobody asked whether it loads")));
  ASSERT_TRUE(registry_->open_artifact(*registry_->find(unloadable.str()))) << "its bytes are sound";
  open_as_the_program_does();
  const auto gone = live_until(kBars + 4);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(status(unloadable), VersionStatus::failed);
  EXPECT_EQ(active_version("lightgbm"), before.str());
  EXPECT_THAT(last_text("failed"), HasSubstr("and yet it does not load"));
  EXPECT_THAT(last_text("trigger"), HasSubstr("the active version " + unloadable.str() + " is broken"));
  const auto reconciled = registry_->reconcile(lock_, close_of(kBars + 5));
  ASSERT_TRUE(reconciled);
  EXPECT_TRUE(reconciled->whole.empty()) << "sound bytes alone do not make it a candidate again";
  const auto again = registry_->promote(unloadable, testing::because("let us see"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "artifact.unloadable");
  EXPECT_TRUE(live_until(kBars + 6));
}

TEST_F(BrokenVersionsTest, OneOnTrialThatDoesNotLoadFails) {
  const VersionId active = served(easy_candles(), 1);
  const VersionId unloadable = unloadable_like(active);
  ASSERT_TRUE(registry_->advance(unloadable, VersionStatus::shadow, testing::because("let it try")));
  open_as_the_program_does();
  const auto gone = live_until(kBars + 4);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(status(unloadable), VersionStatus::failed);
  EXPECT_EQ(active_version("lightgbm"), active.str());
}

TEST_F(BrokenVersionsTest, AnOlderSoundOneTakesItsPlaceMeanwhile) {
  const VersionId oldest = served(easy_candles(), 1);
  const VersionId before = served(easy_candles(), 2);
  const VersionId active = served(easy_candles(), 3);
  ASSERT_TRUE(live_until(kBars + 3));
  alter(active);
  alter(before);
  const auto gone = live_until(kBars + 4);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(status(active), VersionStatus::failed);
  EXPECT_EQ(status(before), VersionStatus::failed);
  EXPECT_EQ(kinds(oldest), std::vector<std::string>{"promoted"});
  EXPECT_THAT(last_text("trigger"), HasSubstr(oldest.str() + " serves meanwhile"));
  EXPECT_EQ(last_job().kind, JobKind::train);
  const auto said = life_log_.forecasts(close_of(kBars + 4), close_of(kBars + 4) + Duration(1), oldest.str());
  EXPECT_EQ(said->size(), 1U) << "it forecasts the very next bar";
}

TEST_F(BrokenVersionsTest, WhereAPersonDecidesNoOlderOneIsTaken) {
  const VersionId before = served(easy_candles(), 1);
  const VersionId active = served(easy_candles(), 2);
  mode_ = PolicyMode::logging_only;
  ASSERT_TRUE(live_until(kBars + 3));
  alter(active);
  const auto gone = live_until(kBars + 4);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(status(active), VersionStatus::failed);
  EXPECT_EQ(active_version("lightgbm"), "");
  EXPECT_THAT(last_text("trigger"), HasSubstr("clm rollback lightgbm"));
  const auto back = registry_->rollback(Slot{"lightgbm"}, testing::because("it is asked for"));
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->active.version, before);
  EXPECT_TRUE(live_until(kBars + 6));
}

TEST_F(BrokenVersionsTest, WhoeverWasKilledOnNoticingIsFinishedByTheNext) {
  const VersionId before = served(easy_candles(), 1);
  const VersionId active = served(easy_candles(), 2);
  ASSERT_TRUE(live_until(kBars + 3));
  alter(active);
  ASSERT_TRUE(registry_->advance(active, VersionStatus::failed, testing::because("noticed, and then killed")));
  const auto gone = live_until(kBars + 4);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(kinds(before), (std::vector<std::string>{"promoted"}));
  EXPECT_EQ(last_job().kind, JobKind::train);
  EXPECT_THAT(last_job().reason, HasSubstr("the active version " + active.str() + " is broken"));
}

TEST_F(BrokenVersionsTest, ATrialBesideAVersionThatFailsStartsOver) {
  const VersionId active = served(easy_candles(), 1);
  const VersionId candidate = in_the_shadow(easy_candles(), 2);
  mode_ = PolicyMode::logging_only;
  ASSERT_TRUE(live_until(kBars + 3));
  alter(active);
  const auto gone = live_until(kBars + 6);
  ASSERT_TRUE(gone) << to_string(gone.error());
  ASSERT_EQ(trials_.size(), 1U);
  EXPECT_TRUE(trials_.front().trial.reference.empty());
  const auto trained = last_job().outcome.substr(0, 12);
  ASSERT_TRUE(registry_->promote(VersionId(trained), testing::because("somebody is wanted")));
  ASSERT_TRUE(live_until(kBars + 8));
  ASSERT_EQ(trials_.size(), 1U);
  EXPECT_EQ(trials_.front().trial.reference.str(), trained);
  EXPECT_EQ(trials_.front().trial.challenger, candidate);
}

TEST_F(BrokenVersionsTest, ARollbackPassesOverTheVersionBefore) {
  const VersionId oldest = served(easy_candles(), 1);
  const VersionId before = served(easy_candles(), 2);
  ASSERT_TRUE(live_until(kBars + 1));
  const VersionId poor = served(noise(), 3);
  const auto broken_early = [&](std::size_t bars) {
    if (bars == 5) alter(before);
  };
  const auto gone = live_until(kEnd, broken_early);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(active_version("lightgbm"), oldest.str());
  EXPECT_EQ(status(poor), VersionStatus::rolled_back);
  EXPECT_EQ(status(before), VersionStatus::failed);
  EXPECT_EQ(kinds(before), std::vector<std::string>{"failed"});
  EXPECT_THAT(last_text("failed"), HasSubstr("not taken as the way back"));
  const Job job = last_job();
  EXPECT_EQ(job.state, JobState::completed);
  EXPECT_EQ(job.outcome,
            "done; " + before.str() + " is broken and was passed over; " + oldest.str() + " is active again");
  const auto said = life_log_.forecasts(close_of(kEnd), close_of(kEnd) + Duration(1), oldest.str());
  EXPECT_EQ(said->size(), 1U) << "and it forecasts from now on";
  EXPECT_TRUE(live_until(kEnd + 1));
}

TEST_F(BrokenVersionsTest, WithNoWayBackTheVersionStaysAndItIsSaid) {
  const VersionId only = served(easy_candles(), 1);
  ASSERT_TRUE(live_until(kBars + 1));
  const VersionId poor = served(noise(), 2);
  const auto broken_early = [&](std::size_t bars) {
    if (bars == 5) alter(only);
  };
  const auto gone = live_until(kEnd, broken_early);
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_EQ(active_version("lightgbm"), poor.str()) << "nobody at all would be no better";
  const Job job = last_job();
  EXPECT_EQ(job.kind, JobKind::roll_back);
  EXPECT_EQ(job.state, JobState::failed);
  EXPECT_THAT(job.outcome, HasSubstr("registry.way_back_broken"));
  EXPECT_THAT(last_text("failed"), HasSubstr("cannot be active again"));
  EXPECT_TRUE(trials_.empty());
  // Nothing was rolled back, so nothing cools down: the next candidate may take its place.
  const auto state = read_life_cycle_state(**life_log_.state(), broken_options().deployment.stages,
                                           broken_options().label, easy_candles().interval());
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->types.at("lightgbm").rolled_back_at);
  EXPECT_TRUE(live_until(kEnd + 1));
}

}  // namespace
}  // namespace clm
