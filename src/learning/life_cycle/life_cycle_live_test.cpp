// The life cycle as it runs live: candles come in, now and then somebody looks, and people interfere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/life_cycle/life_cycle_fixture.hpp"
#include "learning/life_cycle/life_cycle_outlook.hpp"
#include "learning/studies/replay.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_candles;
using ::testing::HasSubstr;
using testing::kBars;

LearningOptions live_options() {
  LearningOptions options = testing::small_trees();
  options.training.models = {"lightgbm"};
  options.feature_set = "core";  // order flow, in which the signal is, can be seen there
  options.ensemble.mode = EnsembleMode::off;
  options.policy.skill_alpha = 0.2;
  options.policy.superiority_alpha = 0.2;
  options.policy.ladder = Ladder::on;
  options.policy.deploy_improvement = 10;
  options.policy.canary_improvement = -10;  // whoever is safe gets its chance in the shadow
  options.triggers.kinds = {"time_based"};
  options.triggers.retrain_hours = 30;
  options.deployment.stages.shadow.min_predictions = 20;
  options.deployment.stages.shadow.alpha = 0.4;
  options.deployment.stages.shadow.places = 1;
  options.deployment.stages.shadow.margin = 0.4;
  options.deployment.stages.canary.stage_bars = 10;
  options.deployment.stages.watch.bars = 10;
  return options;
}

class LiveLifeCycle : public testing::LifeCycleTest {
 protected:
  MarketTape tape_of(const CandleSource& candles, std::size_t bars, const LearningOptions& options) {
    return MarketTape::record(*feature_set(options.feature_set), candles, nullptr, options.label, close_of(bars),
                              undisturbed())
        .value();
  }
  /// Somebody is active before anything else happens, who is easily improved on.
  void serve_first() {
    LearningOptions options = live_options();
    options.trainers.lightgbm.rounds = 1;
    options.deployment.gate = PolicyGate::none;
    cycle(options, Force::yes, kBars - 1);
  }
  /// What `clm cycle` does when `bars` bars have closed.
  Status look(std::size_t bars, const LearningOptions& options, const std::vector<Trigger>& by_hand = {},
              const RunContext* run = nullptr) {
    return look_at(easy_candles(bars), bars, options, by_hand, run);
  }
  Status look_at(const CandleSource& candles, std::size_t bars, const LearningOptions& options,
                 const std::vector<Trigger>& by_hand = {}, const RunContext* run = nullptr) {
    const MarketTape tape = tape_of(candles, bars, options);
    CycleWorkplace place = workplace(candles);
    const RunContext own = undisturbed();
    auto life = LifeCycle::resume(tape, place, life_log_, options, run ? *run : own);
    if (!life) return forward_error(life);
    life->begin_at(tape.close(tape.bars() - 1));
    life->ask_for_cycle(by_hand);
    bool stepped = false;
    for (std::size_t bar = life->next_bar(); bar < tape.bars(); bar = life->next_bar(), stepped = true)
      if (auto done = life->step(bar + 1 == tape.bars() ? StepMode::decide : StepMode::catch_up, run ? *run : own);
          !done)
        return done;
    if (!stepped)
      if (auto done = life->decide_again(run ? *run : own); !done) return done;
    jobs_ = life->open_jobs();
    trials_ = life->trials();
    outlook_ = life->next_trainings().value();
    return {};
  }

  std::vector<Job> jobs_;
  std::vector<TrialView> trials_;
  std::vector<NextTraining> outlook_;
};

/// One beside the test's own.
struct LiveLifeCycleOf : LiveLifeCycle {
  void TestBody() override {}
  using LiveLifeCycle::active_version;
  using LiveLifeCycle::last_text;
  using LiveLifeCycle::life_log_;
  using LiveLifeCycle::look;
  using LiveLifeCycle::registry_;
  using LiveLifeCycle::serve_first;
  using LiveLifeCycle::silent_after_days;
  using LiveLifeCycle::trials_;
};

TEST_F(LiveLifeCycle, LookedAtAtEveryBarItIsTheReplay) {
  constexpr std::size_t kLiveEnd = kBars + 65;
  static const LearningOptions options = [] {
    LearningOptions impatient = live_options();
    impatient.deployment.stages.shadow.max_days = 1;
    return impatient;
  }();
  serve_first();
  for (std::size_t bars = kBars; bars <= kLiveEnd; ++bars) {
    const auto looked = look(bars, options);
    ASSERT_TRUE(looked) << to_string(looked.error());
  }
  class Other : public LiveLifeCycle {
   public:
    void TestBody() override {}
    Result<ReplayReport> run() {
      serve_first();
      const auto candles = easy_candles(kLiveEnd);
      const MarketTape tape = tape_of(candles, kLiveEnd, options);
      CycleWorkplace place = workplace(candles);
      return replay(tape, place, life_log_, {"gated", {close_of(kBars), close_of(kLiveEnd) + Duration(1)}, options},
                    undisturbed());
    }
    std::vector<std::string> lines() const {
      std::vector<std::string> lines;
      for (const LifeEvent& event : all_events()) lines.push_back(to_line(event));
      return lines;
    }
  } other;
  const auto report = other.run();
  ASSERT_TRUE(report) << to_string(report.error());
  std::vector<std::string> lines;
  for (const LifeEvent& event : all_events()) lines.push_back(to_line(event));
  EXPECT_EQ(lines, other.lines());
  EXPECT_THAT(kinds(), ::testing::Contains("shadow"));
  EXPECT_THAT(kinds(), ::testing::Contains("rejected"));
}

TEST_F(LiveLifeCycle, AfterAPauseOutcomesAreHeardAndOnlyThenIsDecided) {
  serve_first();
  ASSERT_TRUE(look(kBars, live_options()));
  const std::string active = active_version("lightgbm");
  ASSERT_FALSE(active.empty());
  ASSERT_TRUE(look(kBars + 30, live_options()));
  ASSERT_EQ(trials_.size(), 1U) << last_text("trained");
  const VersionId candidate = trials_[0].trial.challenger;
  EXPECT_EQ(status(candidate), VersionStatus::shadow);
  const auto before = life_log_.event_count().value();

  // A hundred bars nobody looks: enough for shadow, canary and more, had somebody looked.
  ASSERT_TRUE(look(kBars + 131, live_options()));
  const auto events = life_log_.events(before + 1).value();
  ASSERT_FALSE(events.empty()) << describe(trials_[0]);
  for (const LifeEvent& event : events) EXPECT_EQ(event.at, close_of(kBars + 131)) << to_line(event);
  EXPECT_EQ(status(candidate), VersionStatus::canary) << "one move at a look: nobody was served by it meanwhile";
  const auto said = life_log_.forecasts(close_of(kBars + 32), close_of(kBars + 132), candidate.str()).value();
  EXPECT_EQ(said.size(), 100U) << "but it was heard";
  EXPECT_EQ(active_version("lightgbm"), active);
}

TEST_F(LiveLifeCycle, TheActiveVersionIsNotStoredOnceMoreAndAStateThatHasItIsRead) {
  for (const bool of_before : {false, true}) {
    LiveLifeCycleOf place;
    place.serve_first();
    ASSERT_TRUE(place.look(kBars, live_options()));
    ASSERT_TRUE(place.look(kBars + 31, live_options()));
    const VersionId before(place.active_version("lightgbm")), candidate = place.trials_.at(0).trial.challenger;
    auto state = nlohmann::json::parse(**place.life_log_.state());
    auto& type = state.at("types").at("lightgbm");
    EXPECT_FALSE(type.contains("active"));
    if (of_before) {
      type.erase("registry_event");
      type["active"] = before.str();
      type["active_data_end"] = 0;
      ASSERT_TRUE(place.life_log_.commit({state.dump(), {}, {}, {}, {}}));
    }
    ASSERT_TRUE(place.registry_->promote(candidate, testing::because("it was time")));
    ASSERT_TRUE(place.look(kBars + 32, live_options()));
    EXPECT_EQ(place.last_text("promoted"), "somebody put it in the place of " + before.str());
    ASSERT_EQ(place.trials_.size(), 1U);
    EXPECT_EQ(place.trials_[0].trial.stage, Stage::watch);
    EXPECT_EQ(place.trials_[0].trial.reference, before);
  }
}

TEST_F(LiveLifeCycle, ASecondLookAtTheSameBarDoesNothing) {
  serve_first();
  ASSERT_TRUE(look(kBars, live_options()));
  const auto before = kinds();
  ASSERT_TRUE(look(kBars, live_options()));
  EXPECT_EQ(kinds(), before);
}

TEST_F(LiveLifeCycle, ByHandATypeIsTrainedWhateverTheTriggersSay) {
  LearningOptions options = live_options();
  serve_first();
  ASSERT_TRUE(look(kBars, options));
  ASSERT_TRUE(look(kBars + 5, options, {asked_by_hand("lightgbm")}));
  ASSERT_EQ(trials_.size(), 1U);
  const auto jobs = all_jobs();
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].trigger, TriggerKind::manual);
  EXPECT_EQ(jobs[0].state, JobState::completed);
  EXPECT_THAT(jobs[0].outcome, HasSubstr(trials_[0].trial.challenger.str()));
  EXPECT_FALSE(life_log_.plans()->back().expected_seconds) << "nothing is known of how long it takes";
  ASSERT_TRUE(look(kBars + 6, options, {asked_by_hand("lightgbm")}));
  EXPECT_TRUE(life_log_.plans()->back().expected_seconds);
}

TEST_F(LiveLifeCycle, ASymbolThatIsListedMeanwhileStopsNothing) {
  serve_first();
  const auto some = [](std::size_t bars) {  // without the symbol that is the first in order
    std::vector<CandleSeries> series = testing::easy_market().series;
    series.erase(series.begin());
    for (CandleSeries& one : series) one.candles.resize(bars);
    return MemoryCandleSource(std::move(series));
  };
  ASSERT_TRUE(look_at(some(kBars), kBars, live_options()));
  ASSERT_TRUE(look_at(some(kBars + 31), kBars + 31, live_options()));
  ASSERT_EQ(trials_.size(), 1U);
  ASSERT_TRUE(look_at(some(kBars + 35), kBars + 35, live_options()));
  // Four bars have been forecast whose outcomes are heard of in the larger universe.
  ASSERT_TRUE(look(kBars + 45, live_options()));
  ASSERT_EQ(trials_.size(), 1U);
  EXPECT_EQ(trials_[0].report.bars, 45U - 31U - 7U) << "no bar was lost";
  const auto said =
      life_log_.forecasts(close_of(kBars + 35), close_of(kBars + 36), trials_[0].trial.challenger.str()).value();
  EXPECT_TRUE(std::isfinite(said.at(0).forecast.at(1))) << "by name, not by place";
}

TEST_F(LiveLifeCycle, InModeAdvisoryAPersonMovesVersions) {
  LearningOptions options = live_options();
  options.deployment.mode = PolicyMode::advisory;
  options.policy.superiority_alpha = 0.95;
  options.trainers.lightgbm.rounds = 1;
  ASSERT_TRUE(look(kBars, options));
  options.policy.superiority_alpha = live_options().policy.superiority_alpha;
  options.trainers.lightgbm.rounds = live_options().trainers.lightgbm.rounds;
  EXPECT_EQ(active_version("lightgbm"), "") << "also the first one";
  ASSERT_EQ(jobs_.size(), 1U);
  EXPECT_EQ(jobs_[0].kind, JobKind::promote);
  EXPECT_EQ(jobs_[0].approval, Approval::awaited);
  EXPECT_EQ(status(jobs_[0].version), VersionStatus::candidate);
  const VersionId first = jobs_[0].version;
  ASSERT_TRUE(look(kBars + 1, options));
  ASSERT_EQ(jobs_.size(), 1U) << "said once";

  // What the person does is met. So it is if `clm approve` is killed once the registry has moved, before the job knows.
  ASSERT_TRUE(registry_->promote(first, testing::because("looks good")));
  ASSERT_TRUE(look(kBars + 2, options));
  EXPECT_TRUE(jobs_.empty());
  EXPECT_EQ(all_jobs()[1].state, JobState::completed) << all_jobs()[1].outcome;
  EXPECT_EQ(all_jobs()[1].approval, Approval::given);
  EXPECT_EQ(all_jobs()[1].outcome, "done by test: looks good");

  ASSERT_TRUE(look(kBars + 31, options));
  ASSERT_EQ(jobs_.size(), 1U);
  EXPECT_EQ(jobs_[0].to, VersionStatus::shadow);
  const VersionId second = jobs_[0].version;
  ASSERT_TRUE(registry_->advance(second, VersionStatus::shadow, testing::because("let it try")));
  for (std::size_t bars = kBars + 32; bars <= kBars + 192; bars += 20) ASSERT_TRUE(look(bars, options));
  const auto proposed = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) { return job.version == second; });
  ASSERT_NE(proposed, jobs_.end());
  EXPECT_EQ(proposed->to, VersionStatus::canary);
  EXPECT_EQ(status(second), VersionStatus::shadow) << "nobody has agreed";
  EXPECT_EQ(active_version("lightgbm"), first.str());

  // Likewise where a trial hangs on it, which goes on in its new stage.
  const std::int64_t job = proposed->id;
  ASSERT_TRUE(registry_->advance(second, VersionStatus::canary, testing::because("approved, and killed")));
  ASSERT_TRUE(look(kBars + 193, options));
  EXPECT_EQ(all_jobs().at(static_cast<std::size_t>(job) - 1).state, JobState::completed);
  ASSERT_EQ(trials_.size(), 1U);
  EXPECT_EQ(trials_[0].trial.stage, Stage::canary_first);

  // What became impossible is withdrawn.
  ASSERT_TRUE(look(kBars + 194, options, {asked_by_hand("lightgbm")}));
  const auto third =
      std::find_if(jobs_.begin(), jobs_.end(), [](const Job& one) { return one.to == VersionStatus::shadow; });
  ASSERT_NE(third, jobs_.end());
  const std::int64_t withdrawn = third->id;
  ASSERT_TRUE(registry_->reject(third->version, testing::because("not wanted")));
  ASSERT_TRUE(look(kBars + 195, options));
  EXPECT_EQ(all_jobs().at(static_cast<std::size_t>(withdrawn) - 1).state, JobState::cancelled);
}

TEST_F(LiveLifeCycle, WithoutAGateAPersonIsAskedAllTheSame) {
  LearningOptions options = live_options();
  options.deployment.mode = PolicyMode::advisory;
  options.deployment.gate = PolicyGate::none;
  options.policy.min_coverage = 2;  // a gate would refuse it
  ASSERT_TRUE(look(kBars, options));
  EXPECT_EQ(active_version("lightgbm"), "");
  ASSERT_EQ(jobs_.size(), 1U);
  EXPECT_EQ(jobs_[0].kind, JobKind::promote);
  EXPECT_EQ(jobs_[0].approval, Approval::awaited);
  EXPECT_EQ(status(jobs_[0].version), VersionStatus::candidate);
  options.deployment.mode = PolicyMode::logging_only;
  ASSERT_TRUE(look(kBars + 31, options));
  EXPECT_EQ(active_version("lightgbm"), "");
}

TEST_F(LiveLifeCycle, InModeLoggingOnlyNothingMovesAndItIsSaidOnce) {
  LearningOptions options = live_options();
  serve_first();
  ASSERT_TRUE(look(kBars, options));
  ASSERT_TRUE(look(kBars + 31, options));
  ASSERT_EQ(trials_.size(), 1U);
  const VersionId candidate = trials_[0].trial.challenger;
  options.deployment.mode = PolicyMode::logging_only;
  for (std::size_t bars = kBars + 130; bars <= kBars + 133; ++bars) ASSERT_TRUE(look(bars, options));
  EXPECT_EQ(status(candidate), VersionStatus::shadow);
  EXPECT_THAT(last_text("proposed"), HasSubstr("nothing is done"));
  const auto all = kinds();
  EXPECT_EQ(std::count(all.begin(), all.end(), "proposed"), 1);
}

TEST_F(LiveLifeCycle, ATrainingThatFailsIsTriedAgainLaterAndThenGivenUp) {
  LearningOptions options = live_options();
  options.training.embargo_bars = 10'000;  // nothing is left to train on
  options.jobs.backoff_hours = 2;
  ASSERT_TRUE(look(kBars, options));
  ASSERT_EQ(jobs_.size(), 1U);
  EXPECT_EQ(jobs_[0].state, JobState::pending);
  EXPECT_EQ(jobs_[0].attempts, 1);
  EXPECT_EQ(jobs_[0].not_before, close_of(kBars) + hours(2));
  ASSERT_TRUE(look(kBars + 1, options));
  EXPECT_EQ(jobs_[0].attempts, 1) << "not yet";
  ASSERT_TRUE(look(kBars + 1, options, {asked_by_hand("lightgbm")}));
  EXPECT_EQ(jobs_[0].attempts, 2) << "unless a person asks";
  EXPECT_EQ(jobs_[0].not_before, close_of(kBars + 1) + hours(4));
  ASSERT_TRUE(look(kBars + 5, options));
  EXPECT_TRUE(jobs_.empty());
  const auto jobs = all_jobs();
  ASSERT_EQ(jobs.size(), 1U) << "the same job all the time";
  EXPECT_EQ(jobs[0].state, JobState::failed);
  EXPECT_EQ(jobs[0].attempts, 3);
  EXPECT_FALSE(jobs[0].outcome.empty());
}

TEST_F(LiveLifeCycle, ATrainingThatFailedIsTriedAtOnceWhenItsSettingsHaveChanged) {
  LearningOptions options = live_options();
  options.training.embargo_bars = 10'000;  // nothing is left to train on
  ASSERT_TRUE(look(kBars, options));
  options.triggers.retrain_hours += 1;
  ASSERT_TRUE(look(kBars, options));
  EXPECT_EQ(all_jobs().at(0).attempts, 1) << "it would fail as before";
  EXPECT_THAT(outlook_.at(0).waits_for, HasSubstr("is tried again once bars until"));
  options.training.embargo_bars = 9'000;  // no better
  ASSERT_TRUE(look(kBars, options));
  EXPECT_EQ(all_jobs().at(0).attempts, 2);
  options.training.embargo_bars = live_options().training.embargo_bars;
  options.policy.superiority_alpha = 0.95;
  ASSERT_TRUE(look(kBars, options));
  ASSERT_EQ(all_jobs().size(), 1U) << "the same job all the time";
  EXPECT_EQ(all_jobs()[0].state, JobState::completed);
  EXPECT_FALSE(active_version("lightgbm").empty());
}

TEST_F(LiveLifeCycle, ATrainingThatWasGivenUpIsTriedAtOnceWhenItsSettingsHaveChanged) {
  LearningOptions options = live_options();
  options.training.embargo_bars = 10'000;
  options.jobs.max_attempts = 1;
  ASSERT_TRUE(look(kBars, options));
  ASSERT_EQ(all_jobs().at(0).state, JobState::failed);
  ASSERT_TRUE(look(kBars + 1, options));
  EXPECT_EQ(all_jobs().size(), 1U) << "not so soon";
  ASSERT_TRUE(outlook_.at(0).given_up);
  EXPECT_THAT(describe(outlook_[0]), HasSubstr("with clm cycle --force"));
  options.training.embargo_bars = live_options().training.embargo_bars;
  options.policy.superiority_alpha = 0.95;
  ASSERT_TRUE(look(kBars + 1, options));
  ASSERT_EQ(all_jobs().size(), 2U);
  EXPECT_EQ(all_jobs()[1].state, JobState::completed);
  EXPECT_THAT(all_jobs()[1].reason, HasSubstr("the settings have changed since job 1 was given up"));
  EXPECT_FALSE(active_version("lightgbm").empty());
  ASSERT_TRUE(look(kBars + 2, options));
  EXPECT_EQ(all_jobs().size(), 2U) << "once";
}

TEST_F(LiveLifeCycle, WhatATrainingWaitsForIsNotMoreBarsOnceItsSettingsHaveChanged) {
  LearningOptions options = live_options();
  options.training.embargo_bars = 10'000;
  ASSERT_TRUE(look(kBars, options));
  const auto before = life_log_.jobs(WhichJobs::open).value();
  options.training.embargo_bars = live_options().training.embargo_bars;
  const OutlookQuestion question{{}, before, {}, close_of(kBars), [](Timestamp) { return 0; }};
  EXPECT_EQ(training_outlook(question, options).at(0).waits_for,
            "the last try failed (" + before[0].outcome +
                "); the settings have changed since, so the next clm cycle tries again");
  Job given_up = before[0];
  given_up.state = JobState::failed;
  const auto next = training_outlook({{}, {}, {given_up}, close_of(kBars), question.bars_since}, options).at(0);
  EXPECT_THAT(describe(next), HasSubstr("the settings have changed since, so the next clm cycle tries again"));
  EXPECT_THAT(describe(next), ::testing::Not(HasSubstr("--force")));
}

TEST_F(LiveLifeCycle, AJobWhoseProcessDiesAgainAndAgainIsGivenUp) {
  LearningOptions options = live_options();
  options.jobs.max_recoveries = 2;
  options.policy.superiority_alpha = 0.95;
  CancelToken stop;
  stop.request();
  const RunContext stopped{clock_, stop, progress_, 1};
  for (int times = 0; times < 3; ++times) {
    const auto looked = look(kBars, options, {}, &stopped);
    ASSERT_FALSE(looked);
    EXPECT_EQ(looked.error().kind, ErrorKind::interrupted);
    EXPECT_EQ(all_jobs()[0].state, JobState::running);
  }
  ASSERT_TRUE(look(kBars, options));
  EXPECT_EQ(all_jobs()[0].state, JobState::failed);
  EXPECT_THAT(last_text("failed"), HasSubstr("given up"));
  // That it was given up is no end: the trigger fires anew.
  EXPECT_EQ(all_jobs().size(), 2U);
  EXPECT_FALSE(active_version("lightgbm").empty());
}

TEST_F(LiveLifeCycle, AnExpiredVersionIsNoRival) {
  serve_first();
  LearningOptions options = live_options();
  options.serving.max_data_age_days = silent_after_days("lightgbm", 1);
  options.policy.superiority_alpha = 0.95;  // judged like a first version
  ASSERT_TRUE(look(kBars, options));
  const std::string before = active_version("lightgbm");
  ASSERT_TRUE(look(kBars + 31, options));
  EXPECT_NE(active_version("lightgbm"), before) << "nobody was served by it, so nobody need be better than it live";
  EXPECT_THAT(last_text("trigger"), HasSubstr("expired"));
  EXPECT_TRUE(trials_.empty()) << "and nobody is watched beside it: there is no way back to it";
  const auto served = life_log_.forecasts(close_of(kBars + 31), close_of(kBars + 32), kServed).value();
  EXPECT_TRUE(std::isnan(served.at(0).forecast.at(0)));
}

TEST_F(LiveLifeCycle, WhoAPersonPutsInThePlaceOfAnExpiredVersionIsNotWatchedBesideIt) {
  serve_first();
  LearningOptions options = live_options();
  options.deployment.stages.shadow.min_predictions = 1'000;  // it stays undecided
  ASSERT_TRUE(look(kBars + 31, options));
  ASSERT_EQ(trials_.size(), 1U);
  const VersionId candidate = trials_[0].trial.challenger;
  const double limit = silent_after_days("lightgbm", 1);
  ASSERT_TRUE(registry_->promote(candidate, testing::because("it was time")));
  options.triggers.kinds.clear();
  options.serving.max_data_age_days = limit;
  ASSERT_TRUE(look(kBars + 32, options));
  EXPECT_EQ(active_version("lightgbm"), candidate.str());
  EXPECT_TRUE(trials_.empty()) << "a way back would lead to nobody being served";
}

// Without it, a candidate that passed everything is refused for not being shown to be better than a version that nobody
// is served by, and nobody is served at all.
TEST_F(LiveLifeCycle, WhoIsOnTrialSucceedsAnExpiredVersionIfItWasFitAlone) {
  for (const bool fit : {true, false}) {
    LiveLifeCycleOf place;
    place.serve_first();
    LearningOptions options = live_options();
    options.serving.max_data_age_days = place.silent_after_days("lightgbm", 2);
    options.deployment.stages.shadow.min_predictions = 1'000;  // it stays undecided
    options.policy.superiority_alpha = 0.95;
    options.policy.min_deflated_sharpe = fit ? 0 : 2;  // of first versions alone
    ASSERT_TRUE(place.look(kBars + 31, options));
    const std::string before = place.active_version("lightgbm");
    ASSERT_EQ(place.trials_.size(), 1U);
    const std::string candidate = place.trials_[0].trial.challenger.str();
    ASSERT_TRUE(place.look(kBars + 47, options));
    EXPECT_EQ(place.active_version("lightgbm"), before) << "it was trained two days ago, which is not too long";
    ASSERT_TRUE(place.look(kBars + 48, options));
    EXPECT_EQ(place.active_version("lightgbm"), fit ? candidate : before);
    if (!fit) continue;
    EXPECT_THAT(place.last_text("promoted"), HasSubstr("nobody is served by " + before));
    EXPECT_TRUE(place.trials_.empty()) << "it is not watched beside a version to which there is no way back";
    ASSERT_TRUE(place.look(kBars + 49, options));
    EXPECT_EQ(place.active_version("lightgbm"), candidate) << "and it stays";
  }
}

TEST_F(LiveLifeCycle, WhoForecastsFromOtherFeaturesAbstainsAndIsReplaced) {
  LearningOptions options = live_options();
  serve_first();
  ASSERT_TRUE(look(kBars, options));
  const std::string before = active_version("lightgbm");
  ASSERT_FALSE(before.empty());
  options.feature_set = "classic22";
  options.policy.superiority_alpha = 0.95;  // judged like a first version
  ASSERT_TRUE(look(kBars + 31, options));
  const auto said = life_log_.forecasts(close_of(kBars + 31), close_of(kBars + 32), before).value();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(std::all_of(said[0].forecast.begin(), said[0].forecast.end(), [](float f) { return f != f; }));
  EXPECT_NE(active_version("lightgbm"), before) << "there is nothing it could be held against on live bars";
}

}  // namespace
}  // namespace clm
