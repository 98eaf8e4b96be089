#include "learning/life_cycle/features_needed.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "learning/life_cycle/life_cycle_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_candles;
using testing::kBars;

LearningOptions tree_options() {
  LearningOptions options = testing::small_trees();
  options.training.models = {"lightgbm"};
  options.policy.ladder = Ladder::on;
  options.policy.deploy_improvement = 10;
  options.policy.canary_improvement = -10;  // whoever is safe gets its chance in the shadow
  options.triggers.retrain_hours = 30;
  options.triggers.drift_hours = 6;
  options.deployment.stages.shadow.min_predictions = 20;
  options.deployment.stages.canary.stage_bars = 10;
  return options;
}

enum class Tape { always_whole, as_needed };

/// A workspace in which somebody calls `clm cycle` now and then.
class Caller : public testing::LifeCycleTest {
 public:
  explicit Caller(Tape tape) : tape_(tape) {}
  void TestBody() override {}

  void look(std::size_t bars, const LearningOptions& options, const std::vector<Trigger>& by_hand = {}) {
    const auto candles = easy_candles(bars);
    const auto needed = needs_features(*registry_, life_log_, options, candles.interval(), close_of(bars));
    ASSERT_TRUE(needed) << to_string(needed.error());
    (*needed ? with_features : without_features)++;
    const FeatureSet features =
        *needed || tape_ == Tape::always_whole ? feature_set(options.feature_set).value() : no_features();
    const auto tape =
        MarketTape::record(features, candles, nullptr, options.label, close_of(bars), undisturbed()).value();
    CycleWorkplace place = workplace(candles);
    auto life = LifeCycle::resume(tape, place, life_log_, options, undisturbed());
    ASSERT_TRUE(life) << to_string(life.error());
    life->begin_at(tape.close(tape.bars() - 1));
    life->ask_for_cycle(by_hand);
    bool stepped = false;
    for (std::size_t bar = life->next_bar(); bar < tape.bars(); bar = life->next_bar(), stepped = true)
      ASSERT_TRUE(life->step(bar + 1 == tape.bars() ? StepMode::decide : StepMode::catch_up, undisturbed()));
    if (!stepped) {
      ASSERT_TRUE(life->decide_again(undisturbed()));
    }
  }
  /// All that is stored but for the seconds that work took.
  std::string memory() const {
    std::string text = **life_log_.state() + "\n";
    for (const LifeEvent& event : all_events()) text += to_line(event) + " " + event.detail_json + "\n";
    const auto forecasts = life_log_.forecasts(Timestamp::min(), Timestamp::max());
    for (const ForecastRow& row : *forecasts)
      text += to_string(row.decided_at) + row.who + ::testing::PrintToString(row.forecast) + "\n";
    for (Job job : all_jobs()) {
      job.seconds = 0;
      text += to_json(job).dump() + "\n";
    }
    const auto versions = registry_->list();
    for (const VersionRecord& record : *versions)
      text += record.version.str() + " " + std::string(to_string(record.status)) + "\n";
    return text;
  }
  using LearningTest::registry_;

  int with_features = 0, without_features = 0;

 private:
  const Tape tape_;
};

TEST(FeaturesNeeded, WhereNoneIsReadEverythingThatIsStoredIsTheSame) {
  Caller whole(Tape::always_whole), sparing(Tape::as_needed);
  for (Caller* caller : {&whole, &sparing}) {
    LearningOptions options = tree_options();
    // Nobody is good enough, and later nobody is tried.
    options.policy.skill_alpha = 1e-9;
    for (const std::size_t bars : {0U, 0U, 1U, 5U, 31U, 32U}) caller->look(kBars + bars, options);
    // Somebody is served, and somebody else tried; by hand a third one, between two bars.
    options.policy.skill_alpha = 0.45;
    for (const std::size_t bars : {63U, 63U, 70U, 94U, 94U}) caller->look(kBars + bars, options);
    options.training.seed = 2;
    caller->look(kBars + 94, options, {asked_by_hand("lightgbm")});
    for (const std::size_t bars : {94U, 95U, 120U, 120U}) caller->look(kBars + bars, options);
  }
  EXPECT_EQ(sparing.memory(), whole.memory());
  EXPECT_EQ(sparing.without_features, whole.without_features);
  EXPECT_EQ(sparing.without_features, 7 + 5) << "until somebody was served, and then at every second look at a bar";
  EXPECT_GT(sparing.with_features, 0);
  const auto shadows = sparing.registry_->list(Registry::Filter{});
  EXPECT_GE(shadows->size(), 3U) << "there was something to be wrong about";
}

TEST(FeaturesNeeded, WhoWasPutOnTrialByHandIsForecast) {
  Caller caller(Tape::as_needed);
  LearningOptions options = tree_options();
  options.policy.skill_alpha = 1e-9;
  options.deployment.mode = PolicyMode::logging_only;
  caller.look(kBars, options);
  caller.look(kBars + 1, options);
  EXPECT_EQ(caller.with_features, 0);
  const VersionId version = caller.registry_->list()->front().version;
  ASSERT_TRUE(caller.registry_->advance(version, VersionStatus::shadow, testing::because("let it try")));
  caller.look(kBars + 2, options);
  EXPECT_EQ(caller.with_features, 1);
}

}  // namespace
}  // namespace clm
