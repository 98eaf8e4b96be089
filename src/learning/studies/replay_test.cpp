// The whole life cycle on a virtual clock, in simulated markets whose truth is known.
#include "learning/studies/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include <nlohmann/json.hpp>

#include "learning/data/learning_data.hpp"
#include "learning/data/tape_fingerprint.hpp"
#include "learning/data/training_split.hpp"
#include "learning/options/hours.hpp"
#include "learning/studies/replay_fixture.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::close_of;
using ::testing::HasSubstr;
using testing::ReplayPlace;
using Json = nlohmann::json;

constexpr std::size_t kReplayFrom = 1'200, kReplayBars = 1'540;
/// Where a run over a part of it ends.
constexpr std::size_t kSome = kReplayFrom + 200;

MemoryCandleSource replay_market(double signal_ic, std::uint64_t seed, std::size_t bars = kReplayBars) {
  SimulationOptions options;
  options.symbols = 24;
  options.bars = kReplayBars;
  options.seed = seed;
  options.signal_ic = signal_ic;
  options.signal_shape = SignalShape::linear;
  auto series = simulate(options).value().series;
  for (CandleSeries& one : series) one.candles.resize(bars);
  return MemoryCandleSource(std::move(series));
}

/// The market with a signal; from the end of the history on it is three times as volatile and rises all the time.
MemoryCandleSource replay_market_in_storm(std::size_t bars) {
  SimulationOptions options;
  options.symbols = 24;
  options.bars = kReplayBars;
  options.seed = 3;
  options.signal_ic = 0.4;
  options.signal_shape = SignalShape::linear;
  auto series = simulate(options).value().series;
  for (CandleSeries& one : series) {
    const double base = one.candles[kReplayFrom - 1].close;
    for (std::size_t i = kReplayFrom; i < kReplayBars; ++i)
      for (double Candle::*price : {&Candle::open, &Candle::high, &Candle::low, &Candle::close})
        one.candles[i].*price =
            base * std::pow(one.candles[i].*price / base, 3) * std::exp(0.01 * static_cast<double>(i - kReplayFrom));
    one.candles.resize(bars);
  }
  return MemoryCandleSource(std::move(series));
}

/// Quick stages, for a short history and models that are told apart easily.
LearningOptions replay_options() {
  LearningOptions options = testing::small_trees();
  options.feature_set = "core";  // order flow, in which the signal is, can be seen there
  options.training.models = {"lightgbm"};
  options.training.window_days = 28;
  options.training.max_fit_rows = 3'000;
  options.trainers.lightgbm.min_data_in_leaf = 75;
  options.trainers.lightgbm.learning_rate = 0.2;
  options.ensemble.mode = EnsembleMode::off;
  options.policy.skill_alpha = 0.2;
  options.policy.superiority_alpha = 0.49;
  options.policy.ladder = Ladder::on;
  options.policy.deploy_improvement = 10;  // whoever is safe gets its chance in the shadow, and goes the careful way
  options.policy.canary_improvement = -10;
  options.triggers.retrain_hours = 100;
  options.triggers.new_bars = 1'000'000;
  options.deployment.stages.shadow.min_predictions = 30;
  options.deployment.stages.shadow.max_days = 8;
  options.deployment.stages.shadow.alpha = 0.2;
  options.deployment.stages.shadow.places = 1;
  options.deployment.stages.canary.stage_bars = 24;
  options.deployment.stages.watch.bars = 60;
  options.deployment.stages.watch.alpha = 0.2;
  return options;
}

/// Only what is seen in the market calls for a training, and often: with so many false alarms allowed, each trigger
/// raises some.
LearningOptions listening() {
  LearningOptions options = replay_options();
  options.training.window_days = 0;  // enough bars are fitted on to tell what is usual
  options.triggers.retrain_hours = 10'000;
  options.triggers.false_alarm_days = 0.25;
  options.triggers.cooldown_hours = 36;  // so that one is asked for once there are bars enough to see a drift
  options.deployment.stages.shadow.places = 10;
  options.deployment.stages.shadow.min_predictions = 1'000;  // the data of the active version is to grow old
  return options;
}

MarketTape tape_of(const CandleSource& candles, std::size_t bars) {
  return ReplayPlace::tape_of(candles, "core", bars);
}

/// Markets, and runs through them that several tests look at, made when they are first asked for.
class Replay : public ::testing::Test {
 protected:
  static const MemoryCandleSource& candles() {
    static const MemoryCandleSource made = replay_market(0.4, 3);
    return made;
  }
  static const MemoryCandleSource& noise() {
    static const MemoryCandleSource made = replay_market(0, 4);
    return made;
  }
  static const MarketTape& tape() {
    static const MarketTape made = tape_of(candles(), kReplayBars);
    return made;
  }
  struct Run {
    ReplayPlace place{kReplayFrom};
    Result<ReplayReport> report = fail(ErrorKind::defect, "test.not_run", "it was not run");
  };
  /// Everything as configured, from an empty registry to the end.
  static const Run& gated() {
    static Run run;
    if (!run.report) run.report = run.place.run(tape(), candles(), replay_options(), kReplayBars);
    return run;
  }
  /// From a poor version through a storm, listening to what is seen in the market.
  static const Run& stormy() {
    static Run run;
    if (!run.report) {
      run.place.serve_what_learns_from(noise(), listening());
      const auto storm = replay_market_in_storm(kReplayBars);
      run.report = run.place.run(tape_of(storm, kReplayBars), storm, listening(), kSome);
    }
    return run;
  }
};

TEST_F(Replay, TheTapeKnowsWhatADatasetAtThatTimeKnows) {
  // Training on the tape's features at a moment gives the bits of a training that knows nothing later.
  ReplayPlace place(kReplayFrom);
  const auto early = replay_market(0.4, 3, kReplayFrom);
  LearningDataOptions options;
  options.as_of = close_of(kReplayFrom);
  const auto alone = prepare_learning_data(*feature_set("core"), early, nullptr, options, place.undisturbed());
  const auto shared =
      prepare_learning_data(tape(), tape().frame()->set_hash, candles(), nullptr, options, place.undisturbed());
  ASSERT_TRUE(alone && shared);
  EXPECT_EQ(alone->fingerprint, shared->fingerprint);
  const Dataset &a = alone->rows.data, &b = shared->rows.data;
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(a.decided_at_ms, b.decided_at_ms);
  EXPECT_EQ(a.known_at_ms, b.known_at_ms);
  EXPECT_EQ(a.label, b.label);
  EXPECT_EQ(a.weight, b.weight);
  for (std::size_t i = 0; i < a.size(); i += 97) {
    const auto x = a.frame->row(a.frame_row[i]), y = b.frame->row(b.frame_row[i]);
    EXPECT_EQ(0, std::memcmp(x.data(), y.data(), x.size_bytes())) << i;
  }
}

TEST_F(Replay, GoesThroughTheLifeOfAVersion) {
  const auto& report = gated().report;
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->bars, kReplayBars - kReplayFrom);
  EXPECT_GE(report->promotions, 1U);
  EXPECT_GE(report->retrains, 3U);
  ASSERT_TRUE(report->served);
  EXPECT_GT(report->served->rank_ic.mean.mean, 0.1);
  EXPECT_GT(report->served_share, 0.9) << "the first version is active after the first bar";
  EXPECT_EQ(report->timeline.front().kind, EventKind::trigger);
  EXPECT_THAT(report->timeline.front().text, HasSubstr("no version has a vote"));
  for (std::size_t i = 0; i < report->timeline.size(); ++i)
    EXPECT_EQ(report->timeline[i].sequence, static_cast<std::int64_t>(i) + 1);
}

TEST_F(Replay, WhatHasExpiredServesNobodyAndIsOfNoAge) {
  LearningOptions options = replay_options();
  options.triggers.retrain_hours = 10'000;
  const auto split = split_for_training(tape().rows(), options.training, close_of(kReplayFrom));
  ASSERT_TRUE(split) << to_string(split.error());
  const double age_at_birth = in_hours(close_of(kReplayFrom) - last_label_known(split->fit)) / 24;
  ASSERT_GT(age_at_birth, 7) << "a quarter of 28 days is judged on, and of the rest 15 % calibrates";
  options.serving.max_data_age_days = age_at_birth + 2;
  const auto report = ReplayPlace(kReplayFrom).run(tape(), candles(), options, kReplayBars);
  ASSERT_TRUE(report) << to_string(report.error());
  ASSERT_EQ(report->promotions, 1U);
  const double bars = static_cast<double>(report->bars);
  EXPECT_NEAR(report->served_share, 48 / bars, 1.5 / bars);
  EXPECT_NEAR(report->mean_data_age_days, age_at_birth + 1, 0.05);
}

TEST_F(Replay, TheFirstBarToLearnFromIsTheFirstAtWhichATrainingHasRowsEnough) {
  const TrainingOptions options = replay_options().training;
  const TimeRange all{Timestamp(0), close_of(kReplayBars)};
  const auto first = first_bar_to_learn_from(tape(), all, options);
  ASSERT_TRUE(first) << to_string(first.error());
  // One bar after another, as far as the first.
  std::size_t bar = 0;
  while (!split_for_training(tape().rows(), options, tape().close(bar))) ++bar;
  EXPECT_EQ(*first, tape().close(bar));
  EXPECT_GT(bar, 50U);
  EXPECT_EQ(first_bar_to_learn_from(tape(), {*first - Duration(1), all.to}, options).value(), *first);
  EXPECT_EQ(first_bar_to_learn_from(tape(), {*first + Duration(1), all.to}, options).value(), tape().close(bar + 1));
  EXPECT_EQ(first_bar_to_learn_from(tape(), {close_of(kReplayFrom), all.to}, options).value(), close_of(kReplayFrom));
  const auto none = first_bar_to_learn_from(tape(), {all.from, *first}, options);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::data);
  EXPECT_EQ(first_bar_to_learn_from(tape(), {all.to + Duration(1), all.to + Duration(2)}, options).error().code,
            "replay.no_bars");
}

// To begin with, nobody serves: a replay that is begun where there is too little to learn from would end at once.
TEST_F(Replay, FromTheFirstBarToLearnFromItRuns) {
  LearningOptions options = replay_options();
  options.deployment.gate = PolicyGate::none;
  const auto first = first_bar_to_learn_from(tape(), {Timestamp(0), close_of(kReplayBars)}, options.training);
  ASSERT_TRUE(first);
  const std::size_t bars = static_cast<std::size_t>((*first - close_of(0)) / std::chrono::hours(1));
  const auto too_early = ReplayPlace(bars - 1).run(tape(), candles(), options, bars + 100);
  ASSERT_FALSE(too_early) << "it begins where it is told to";
  const auto report = ReplayPlace(bars).run(tape(), candles(), options, bars + 100);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->from, *first);
  EXPECT_GT(report->served_share, 0.9);
}

TEST_F(Replay, ComesOutTheSameOfFeaturesThatLieInAFile) {
  const testing::TempDirectory dir;
  const MarketTape file = ReplayPlace::tape_of(candles(), "core", kReplayBars, {dir.path(), 0});
  ASSERT_TRUE(file.frame()->values.in_file());
  ASSERT_FALSE(tape().frame()->values.in_file());
  EXPECT_EQ(tape_fingerprint(file), tape_fingerprint(tape()));
  ReplayPlace place(kReplayFrom);
  const auto report = place.run(file, candles(), replay_options(), kSome);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(place.memory(close_of(kSome)), gated().place.memory(close_of(kSome)));
}

TEST_F(Replay, ComesOutTheSameOfTrainingsThatWereMadeBefore) {
  const testing::TempDirectory fits;
  const auto trainings_kept = [&] {
    return std::distance(std::filesystem::directory_iterator(fits.path()), std::filesystem::directory_iterator());
  };
  const std::string expected = gated().place.memory(close_of(kSome));
  std::ptrdiff_t kept = 0;
  for (const bool is_first : {true, false}) {
    ReplayPlace place(kReplayFrom);
    place.keep_fits_in(fits.path());
    const auto report = place.run(tape(), candles(), replay_options(), kSome);
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_EQ(place.memory(close_of(kSome)), expected) << (is_first ? "trained" : "found");
    if (is_first) kept = trainings_kept();
  }
  EXPECT_GT(kept, 0);
  EXPECT_EQ(trainings_kept(), kept) << "the second run trained anew";
}

TEST_F(Replay, ABetterCandidateGoesFromTheShadowThroughTheCanaryIntoService) {
  ReplayPlace place(kReplayFrom);
  const VersionId poor = place.serve_what_learns_from(noise(), replay_options());
  ASSERT_EQ(place.active_version("lightgbm"), poor.str());
  LearningOptions options = replay_options();
  options.triggers.cooldown_hours = 1'000;  // one training
  options.triggers.retrain_hours = 24;      // and early
  const auto report = place.run(tape(), candles(), options, kReplayBars);
  ASSERT_TRUE(report) << to_string(report.error());
  const std::string active = place.active_version("lightgbm");
  ASSERT_NE(active, poor.str()) << to_json(*report).dump(1);
  EXPECT_EQ(place.kinds_of(VersionId(active)),
            (std::vector<std::string>{"trained", "shadow", "canary", "canary", "promoted", "watch_ended"}));
  EXPECT_EQ(place.status(poor), VersionStatus::retired);
  const Json evidence = Json::parse(place.registry_->latest_evidence(VersionId(active)).value());
  EXPECT_EQ(evidence["reference"], poor.str());
  EXPECT_EQ(report->canaries, 1U);
}

TEST_F(Replay, ACandidateThatLearnedNothingIsStoppedInTheShadow) {
  ReplayPlace place(kReplayFrom);
  const VersionId good = place.serve_what_learns_from(candles(), replay_options());
  LearningOptions nothing_moved = replay_options();
  nothing_moved.deployment.mode = PolicyMode::logging_only;
  const auto made = place.attempt(noise(), close_of(kReplayFrom - 1), nothing_moved, Force::yes);
  ASSERT_TRUE(made);
  const VersionId candidate = made->results.front().version;
  ASSERT_TRUE(place.registry_->advance(candidate, VersionStatus::shadow, testing::because("let it try")));
  LearningOptions options = replay_options();
  options.triggers.kinds = {};
  const auto report = place.run(tape(), candles(), options, kReplayBars);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(place.kinds_of(candidate), (std::vector<std::string>{"shadow", "rejected"}));
  EXPECT_EQ(place.status(candidate), VersionStatus::rejected);
  EXPECT_EQ(place.active_version("lightgbm"), good.str());
}

TEST_F(Replay, APromotionThatDoesHarmIsRolledBack) {
  ReplayPlace place(kReplayFrom);
  const VersionId good = place.serve_what_learns_from(candles(), replay_options());
  LearningOptions options = replay_options();
  options.triggers.kinds = {};
  ASSERT_TRUE(place.run(tape(), candles(), options, kReplayFrom + 20));
  const VersionId poor =
      place.serve_what_learns_from(noise(), replay_options());  // by hand, behind the life cycle's back
  ASSERT_EQ(place.active_version("lightgbm"), poor.str());
  const auto report = place.run(tape(), candles(), options, kReplayBars);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(place.active_version("lightgbm"), good.str());
  EXPECT_EQ(place.status(poor), VersionStatus::rolled_back);
  EXPECT_EQ(place.kinds_of(poor), (std::vector<std::string>{"promoted", "watch", "rolled_back"}));
  EXPECT_EQ(report->rollbacks, 1U);
  EXPECT_EQ(report->promotions_regretted, 1U);
}

TEST_F(Replay, WhatComesLaterChangesNothingEarlier) {
  ReplayPlace part(kReplayFrom);
  const auto early = replay_market(0.4, 3, kSome);
  ASSERT_TRUE(part.run(tape_of(early, kSome), early, replay_options(), kSome));
  ASSERT_TRUE(gated().report);
  EXPECT_EQ(gated().place.memory(close_of(kSome)), part.memory());
}

TEST_F(Replay, WhatTriggersSeeLaterChangesNothingEarlier) {
  ReplayPlace part(kReplayFrom);
  part.serve_what_learns_from(noise(), listening());
  const auto early = replay_market_in_storm(kSome);
  ASSERT_TRUE(part.run(tape_of(early, kSome), early, listening(), kSome));
  ASSERT_TRUE(stormy().report);
  EXPECT_THAT(part.memory(), HasSubstr("performance_decay"));
  EXPECT_THAT(part.memory(), HasSubstr("drift_detected"));
  EXPECT_EQ(stormy().place.memory(), part.memory());
}

TEST_F(Replay, InterruptedAnywhereItGoesOnToTheSameBits) {
  ReplayPlace whole(kReplayFrom), broken(kReplayFrom);
  const VersionId poor = whole.serve_what_learns_from(noise(), replay_options());
  ASSERT_EQ(broken.serve_what_learns_from(noise(), replay_options()), poor);
  ASSERT_TRUE(whole.run(tape(), candles(), replay_options(), kReplayBars));
  int interruptions = 0;
  for (;; ++interruptions) {
    const auto report = broken.run(tape(), candles(), replay_options(), kReplayBars, 23);
    if (report) break;
    ASSERT_EQ(report.error().kind, ErrorKind::interrupted) << to_string(report.error());
  }
  EXPECT_GT(interruptions, 10);
  EXPECT_EQ(whole.memory(), broken.memory());
  EXPECT_EQ(whole.active_version("lightgbm"), broken.active_version("lightgbm"));
}

TEST_F(Replay, InterruptedAnywhereItsTriggersSeeTheSame) {
  ReplayPlace broken(kReplayFrom);
  broken.serve_what_learns_from(noise(), listening());
  const auto storm = replay_market_in_storm(kReplayBars);
  const MarketTape tape = tape_of(storm, kReplayBars);
  while (!broken.run(tape, storm, listening(), kSome, 53)) {
  }
  ASSERT_TRUE(stormy().report);
  EXPECT_EQ(stormy().place.memory(), broken.memory());
}

TEST_F(Replay, PoliciesDifferInWhatTheyDo) {
  std::map<std::string, std::size_t> promotions;
  for (const std::string& policy : replay_policies()) {
    const auto options = with_policy(replay_options(), policy);
    ASSERT_TRUE(options);
    ReplayPlace place(kReplayFrom);
    const auto report = policy == "gated" ? gated().report : place.run(tape(), candles(), *options, kReplayBars);
    ASSERT_TRUE(report) << to_string(report.error());
    promotions[policy] = report->promotions;
    const Regret *newest = report->regret.of(kNewest), *first = report->regret.of(kStatic);
    ASSERT_TRUE(newest != nullptr && first != nullptr) << policy;
    EXPECT_GT(newest->bars, 320) << policy << ": all but the first bar and those whose labels are not known at the end";
    EXPECT_EQ(first->bars, newest->bars) << policy << ": the first version speaks on, whoever took its place";
    if (policy != "gated") {
      EXPECT_EQ(newest->ic_bars, 0) << policy << ": it serves the newest alone";
    }
    if (policy == "static" || policy == "periodic") {
      EXPECT_EQ(first->ic_bars == 0, policy == "static") << policy;
    }
    if (policy != "gated") {
      EXPECT_EQ(report->refusals, 0U) << policy;
    }
  }
  EXPECT_EQ(promotions["static"], 1U);
  EXPECT_EQ(promotions["periodic"], 4U) << "at once, and every 100 of 340 hours";
  EXPECT_FALSE(with_policy(replay_options(), "hopeful"));
}

}  // namespace
}  // namespace clm
