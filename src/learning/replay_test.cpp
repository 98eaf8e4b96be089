// The whole life cycle on a virtual clock, in simulated markets whose truth is known.
#include "learning/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include <nlohmann/json.hpp>

#include "features/feature_set.hpp"
#include "learning/learning_data.hpp"
#include "learning/learning_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::size_t kHistory = 1'000, kAll = 1'360;

MemoryCandleSource market(double signal_ic, std::uint64_t seed, std::size_t bars = kAll) {
  SimulationOptions options;
  options.symbols = 24;
  options.bars = kAll;
  options.seed = seed;
  options.signal_ic = signal_ic;
  options.signal_shape = SignalShape::linear;
  auto series = simulate(options).value().series;
  for (CandleSeries& one : series) one.candles.resize(bars);
  return MemoryCandleSource(std::move(series));
}

/// The market with a signal, three times as volatile from the end of the history on.
MemoryCandleSource stormy_market(std::size_t bars) {
  SimulationOptions options;
  options.symbols = 24;
  options.bars = kAll;
  options.seed = 3;
  options.signal_ic = 0.4;
  options.signal_shape = SignalShape::linear;
  auto series = simulate(options).value().series;
  for (CandleSeries& one : series) {
    const double base = one.candles[kHistory - 1].close;
    for (std::size_t i = kHistory; i < kAll; ++i)
      for (double Candle::*price : {&Candle::open, &Candle::high, &Candle::low, &Candle::close})
        one.candles[i].*price = base * std::pow(one.candles[i].*price / base, 3);
    one.candles.resize(bars);
  }
  return MemoryCandleSource(std::move(series));
}

/// Quick stages, for a short history and models that are told apart easily.
LearningOptions learning() {
  LearningOptions options = testing::small_trees();
  options.feature_set = "core";  // order flow, in which the signal is, can be seen there
  options.training.models = {"lightgbm"};
  options.ensemble.mode = "off";
  options.policy.skill_alpha = 0.2;
  options.policy.superiority_alpha = 0.49;
  options.policy.deploy_improvement = -10;  // whoever is safe gets its chance in the shadow
  options.policy.canary_improvement = -10;
  options.triggers.retrain_hours = 100;
  options.triggers.new_bars = 1'000'000;
  options.deployment.stages.shadow.min_predictions = 30;
  options.deployment.stages.shadow.max_days = 8;
  options.deployment.stages.shadow.alpha = 0.2;
  options.deployment.stages.shadow.places = 1;
  options.deployment.stages.canary.stage_bars = 24;
  options.deployment.stages.watch.bars = 60;
  return options;
}

/// Only what is seen in the market calls for a training, and often: with so many false alarms allowed, each trigger
/// raises some.
LearningOptions listening() {
  LearningOptions options = learning();
  options.triggers.retrain_hours = 10'000;
  options.triggers.false_alarm_days = 0.25;
  options.triggers.cooldown_hours = 42;
  options.deployment.stages.shadow.places = 10;
  options.deployment.stages.shadow.min_predictions = 1'000;  // the data of the active version is to grow old
  return options;
}

/// A workspace that belongs to one replay.
class ReplayPlace : public testing::LearningTest {
 public:
  ReplayPlace() : life_log_(*LifeCycleLog::open(*database_)) {}
  void TestBody() override {}

  Result<ReplayReport> run(const MarketTape& tape, const CandleSource& candles, const LearningOptions& options,
                           std::size_t to = kAll, std::size_t stop_after_bars = kAll) {
    CycleWorkplace place = workplace(candles);
    CancelToken cancel;
    const RunContext context{clock_, cancel, progress_, 1};
    std::size_t bars = 0;
    const auto watcher = [&](const LifeCycle&) {
      if (++bars == stop_after_bars) cancel.request();
    };
    return replay(tape, place, life_log_, {"gated", {close_of(kHistory), close_of(to)}, options}, context, watcher);
  }
  /// Trains on these candles and serves what came out, as of the beginning.
  VersionId serve_what_learns_from(const CandleSource& candles) {
    LearningOptions options = learning();
    options.deployment.gate = "none";
    const auto report = attempt(candles, close_of(kHistory - 1), options, Force::yes);
    EXPECT_TRUE(report) << to_string(report.error());
    return report->results.front().version;
  }
  /// Text of everything that happened and of everything that was forecast.
  std::string memory() const {
    std::string text;
    const auto events = life_log_.events();
    const auto forecasts = life_log_.forecasts(Timestamp::min(), Timestamp::max());
    for (const LifeEvent& event : *events)
      text +=
          to_string(event.at) + " " + event.kind + " " + event.version + " " + event.text + event.detail_json + "\n";
    for (const ForecastRow& row : *forecasts)
      text += to_string(row.decided_at) + row.who + ::testing::PrintToString(row.forecast) + "\n";
    return text;
  }
  std::vector<std::string> kinds_of(const VersionId& version) const {
    std::vector<std::string> kinds;
    const auto events = life_log_.events();
    for (const LifeEvent& event : *events)
      if (event.version == version.str()) kinds.push_back(event.kind);
    return kinds;
  }
  using testing::LearningTest::active_version;
  using testing::LearningTest::attempt;
  using testing::LearningTest::registry_;
  using testing::LearningTest::status;
  using testing::LearningTest::undisturbed;
  LifeCycleLog life_log_;
};

class Replay : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    candles_ = new MemoryCandleSource(market(0.4, 3));
    noise_ = new MemoryCandleSource(market(0, 4));
    tape_ = new MarketTape(tape_of(*candles_, kAll));
  }
  static void TearDownTestSuite() {
    delete tape_;
    delete noise_;
    delete candles_;
  }
  static MarketTape tape_of(const CandleSource& candles, std::size_t bars) {
    ManualClock clock{Timestamp(0)};
    CancelToken cancel;
    SilentProgress progress;
    return MarketTape::record(*feature_set("core"), candles, nullptr, LabelOptions(), close_of(bars),
                              {clock, cancel, progress, 1})
        .value();
  }

  inline static const MemoryCandleSource* candles_ = nullptr;
  inline static const MemoryCandleSource* noise_ = nullptr;
  inline static const MarketTape* tape_ = nullptr;
};

TEST_F(Replay, TheTapeKnowsWhatADatasetAtThatTimeKnows) {
  // Training on the tape's features at a moment gives the bits of a training that knows nothing later.
  ReplayPlace place;
  const auto early = market(0.4, 3, kHistory);
  LearningDataOptions options;
  options.as_of = close_of(kHistory);
  const auto alone = prepare_learning_data(*feature_set("core"), early, nullptr, options, place.undisturbed());
  const auto shared = prepare_learning_data(tape_->frame(), *candles_, nullptr, options, place.undisturbed());
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
  ReplayPlace place;
  const auto report = place.run(*tape_, *candles_, learning());
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->bars, kAll - kHistory);
  EXPECT_GE(report->promotions, 1U);
  EXPECT_GE(report->retrains, 3U);
  ASSERT_TRUE(report->served);
  EXPECT_GT(report->served->rank_ic.mean.mean, 0.1);
  EXPECT_GT(report->served_share, 0.9) << "the first version is active after the first bar";
  EXPECT_EQ(report->timeline.front().kind, "trigger");
  EXPECT_THAT(report->timeline.front().text, HasSubstr("no version is active"));
  for (std::size_t i = 0; i < report->timeline.size(); ++i)
    EXPECT_EQ(report->timeline[i].sequence, static_cast<std::int64_t>(i) + 1);
}

TEST_F(Replay, ABetterCandidateGoesFromTheShadowThroughTheCanaryIntoService) {
  ReplayPlace place;
  const VersionId poor = place.serve_what_learns_from(*noise_);
  ASSERT_EQ(place.active_version("lightgbm"), poor.str());
  LearningOptions options = learning();
  options.triggers.cooldown_hours = 1'000;  // one training
  options.triggers.retrain_hours = 24;      // and early
  const auto report = place.run(*tape_, *candles_, options);
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
  ReplayPlace place;
  const VersionId good = place.serve_what_learns_from(*candles_);
  LearningOptions nothing_moved = learning();
  nothing_moved.deployment.mode = "logging_only";
  const auto made = place.attempt(*noise_, close_of(kHistory - 1), nothing_moved, Force::yes);
  ASSERT_TRUE(made);
  const VersionId candidate = made->results.front().version;
  ASSERT_TRUE(place.registry_->advance(candidate, VersionStatus::shadow, testing::because("let it try")));
  LearningOptions options = learning();
  options.triggers.kinds = {};
  const auto report = place.run(*tape_, *candles_, options);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(place.kinds_of(candidate), (std::vector<std::string>{"shadow", "rejected"}));
  EXPECT_EQ(place.status(candidate), VersionStatus::rejected);
  EXPECT_EQ(place.active_version("lightgbm"), good.str());
}

TEST_F(Replay, APromotionThatDoesHarmIsRolledBack) {
  ReplayPlace place;
  const VersionId good = place.serve_what_learns_from(*candles_);
  LearningOptions options = learning();
  options.triggers.kinds = {};
  ASSERT_TRUE(place.run(*tape_, *candles_, options, kHistory + 20));
  const VersionId poor = place.serve_what_learns_from(*noise_);  // by hand, behind the life cycle's back
  ASSERT_EQ(place.active_version("lightgbm"), poor.str());
  const auto report = place.run(*tape_, *candles_, options);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(place.active_version("lightgbm"), good.str());
  EXPECT_EQ(place.status(poor), VersionStatus::rolled_back);
  EXPECT_EQ(place.kinds_of(poor), (std::vector<std::string>{"promoted", "watch", "rolled_back"}));
  EXPECT_EQ(report->rollbacks, 1U);
  EXPECT_EQ(report->promotions_regretted, 1U);
}

TEST_F(Replay, WhatComesLaterChangesNothingEarlier) {
  ReplayPlace whole, part;
  ASSERT_TRUE(whole.run(*tape_, *candles_, learning(), kHistory + 150));
  const auto early = market(0.4, 3, kHistory + 150);
  ASSERT_TRUE(part.run(tape_of(early, kHistory + 150), early, learning(), kHistory + 150));
  EXPECT_EQ(whole.memory(), part.memory());
}

TEST_F(Replay, WhatTriggersSeeLaterChangesNothingEarlier) {
  constexpr std::size_t kSome = kHistory + 240;
  ReplayPlace whole, part;
  ASSERT_EQ(whole.serve_what_learns_from(*noise_), part.serve_what_learns_from(*noise_));
  const auto stormy = stormy_market(kAll), early = stormy_market(kSome);
  ASSERT_TRUE(whole.run(tape_of(stormy, kAll), stormy, listening(), kSome));
  ASSERT_TRUE(part.run(tape_of(early, kSome), early, listening(), kSome));
  EXPECT_THAT(whole.memory(), HasSubstr("performance_decay"));
  EXPECT_THAT(whole.memory(), HasSubstr("drift_detected"));
  EXPECT_EQ(whole.memory(), part.memory());
}

TEST_F(Replay, InterruptedAnywhereItGoesOnToTheSameBits) {
  ReplayPlace whole, broken;
  const VersionId poor = whole.serve_what_learns_from(*noise_);
  ASSERT_EQ(broken.serve_what_learns_from(*noise_), poor);
  ASSERT_TRUE(whole.run(*tape_, *candles_, learning()));
  int interruptions = 0;
  for (;; ++interruptions) {
    const auto report = broken.run(*tape_, *candles_, learning(), kAll, 23);
    if (report) break;
    ASSERT_EQ(report.error().kind, ErrorKind::interrupted) << to_string(report.error());
  }
  EXPECT_GT(interruptions, 10);
  EXPECT_EQ(whole.memory(), broken.memory());
  EXPECT_EQ(whole.active_version("lightgbm"), broken.active_version("lightgbm"));
}

TEST_F(Replay, InterruptedAnywhereItsTriggersSeeTheSame) {
  ReplayPlace whole, broken;
  ASSERT_EQ(whole.serve_what_learns_from(*noise_), broken.serve_what_learns_from(*noise_));
  const auto stormy = stormy_market(kAll);
  const MarketTape tape = tape_of(stormy, kAll);
  ASSERT_TRUE(whole.run(tape, stormy, listening(), kHistory + 240));
  while (!broken.run(tape, stormy, listening(), kHistory + 240, 17)) {
  }
  EXPECT_THAT(whole.memory(), HasSubstr("performance_decay"));
  EXPECT_THAT(whole.memory(), HasSubstr("drift_detected"));
  EXPECT_EQ(whole.memory(), broken.memory());
}

TEST_F(Replay, PoliciesDifferInWhatTheyDo) {
  std::map<std::string, std::size_t> promotions;
  for (const std::string& policy : replay_policies()) {
    ReplayPlace place;
    const auto options = with_policy(learning(), policy);
    ASSERT_TRUE(options);
    const auto report = place.run(*tape_, *candles_, *options);
    ASSERT_TRUE(report) << to_string(report.error());
    promotions[policy] = report->promotions;
    if (policy != "gated") {
      EXPECT_EQ(report->refusals, 0U) << policy;
    }
  }
  EXPECT_EQ(promotions["static"], 1U);
  EXPECT_EQ(promotions["periodic"], 4U) << "at once, and every 100 of 360 hours";
  EXPECT_FALSE(with_policy(learning(), "hopeful"));
}

TEST(CanaryShare, IsStableAndGrows) {
  std::size_t first = 0, second = 0;
  for (int i = 0; i < 1'000; ++i) {
    const Symbol symbol("SIM" + std::to_string(i));
    const VersionId version("abcdef012345");
    const bool in_first = in_canary_share(symbol, version, 0.1), in_second = in_canary_share(symbol, version, 0.5);
    EXPECT_TRUE(!in_first || in_second);
    EXPECT_FALSE(in_canary_share(symbol, version, 0));
    EXPECT_TRUE(in_canary_share(symbol, version, 1));
    first += in_first ? 1 : 0;
    second += in_second ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(first), 100, 30);
  EXPECT_NEAR(static_cast<double>(second), 500, 50);
}

}  // namespace
}  // namespace clm
