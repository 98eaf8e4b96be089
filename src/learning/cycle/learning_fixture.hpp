#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "learning/cycle/cycle.hpp"
#include "learning/options/recipe_options.hpp"
#include "market/simulator/simulator.hpp"
#include "registry/registry_fixture.hpp"

namespace clm::testing {

/// How many bars of the easy market a test starts with; 200 more are there to go on with.
constexpr std::size_t kBars = 1'100;

/// A market of 10 symbols with a signal that trees and lines find.
inline const Simulation& easy_market() {
  static const Simulation made = [] {
    SimulationOptions options;
    options.symbols = 10;
    options.bars = kBars + 200;
    options.seed = 7;
    options.signal_ic = 0.35;
    options.signal_shape = SignalShape::linear;
    return simulate(options).value();
  }();
  return made;
}

/// Its first `bars` bars.
inline MemoryCandleSource easy_candles(std::size_t bars = kBars) {
  std::vector<CandleSeries> series = easy_market().series;
  for (CandleSeries& one : series) one.candles.resize(bars);
  return MemoryCandleSource(std::move(series));
}

/// When the first `bars` bars of a simulated market have closed.
inline Timestamp close_of(std::size_t bars) { return SimulationOptions{}.start + std::chrono::hours(bars); }

/// A policy that lets nearly everything through, for tests in which it does not matter how good a model is.
inline void let_through(LearningOptions& options) {
  options.judging.positions.costs = {0, 0};
  options.policy.superiority_alpha = 0.95;
  options.policy.margin = 1;
  options.policy.skill_alpha = 0.2;
  options.policy.acceptance_alpha = 50;  // whose estimate is above zero
  options.policy.profit = ProfitRule::none;
  options.policy.min_trades = 0;
  options.policy.min_win_rate = 0;
  options.policy.min_average_r = -1;
  options.policy.min_calibration_quality = 0;
  options.policy.max_drawdown = 1;
}

/// Small trees under a policy that lets them through.
inline LearningOptions small_trees() {
  LearningOptions options;
  options.training.models = {"lightgbm", "xgboost"};
  options.feature_set = "classic22";
  options.trainers.lightgbm.rounds = 20;
  options.trainers.xgboost.rounds = 20;
  options.training.origins = 1;
  options.floor = Floor::none;  // floor_test has it
  let_through(options);
  return options;
}

/// The same, and every version has to show itself: nothing is a refresh.
inline LearningOptions judged_small_trees() {
  LearningOptions options = small_trees();
  options.policy.ladder = Ladder::on;
  return options;
}

/// Cycles in a workspace of its own.
class LearningTest : public RegistryTest {
 protected:
  LearningTest() : log_(*CycleLog::open(*database_)), lock_(*place_.lock("test")) {}

  CycleWorkplace workplace(const CandleSource& source) {
    return {source, nullptr, *registry_, log_, lock_, "test", {}, {place_.checkpoints()}};
  }
  RunContext undisturbed(int jobs = 1) { return {clock_, cancel_, progress_, jobs}; }
  Result<CycleReport> attempt(const CandleSource& source, Timestamp as_of, const LearningOptions& options,
                              Force force = Force::no, int jobs = 1) {
    CycleWorkplace place = workplace(source);
    return run_cycle(place, options, {as_of, force, "test", asked_by_hand(trained_recipes(options))},
                     undisturbed(jobs));
  }
  /// Trains all types on the first `bars` bars of the easy market.
  CycleReport cycle(const LearningOptions& options, Force force = Force::no, std::size_t bars = kBars, int jobs = 1) {
    const auto report = attempt(easy_candles(bars), close_of(bars), options, force, jobs);
    EXPECT_TRUE(report) << to_string(report.error());
    return report ? *report : CycleReport{};
  }
  /// No type is to be trained: the cycle looks after the ensemble alone.
  CycleReport cycle_without_triggers(const LearningOptions& options, std::size_t bars = kBars) {
    const MemoryCandleSource source = easy_candles(bars);
    CycleWorkplace place = workplace(source);
    const auto report = run_cycle(place, options, {close_of(bars), Force::no, "test", {}}, undisturbed());
    EXPECT_TRUE(report) << to_string(report.error());
    return report ? *report : CycleReport{};
  }

  Manifest manifest_of(const std::string& version) const {
    const auto manifest = registry_->find(version).and_then(stored_manifest);
    EXPECT_TRUE(manifest) << to_string(manifest.error());
    return manifest.value_or(Manifest{});
  }
  /// The `max_data_age_days` at which the active version has a vote until `days` after it was trained.
  double silent_after_days(const std::string& model_type, double days) const {
    const Manifest manifest = manifest_of(active_version(model_type));
    const Duration withheld = manifest.created_as_of - manifest.learned_until;
    EXPECT_GT(withheld, Duration(0));
    return days + static_cast<double>(withheld.count() + 500) / 86'400'000.0;  // half a second of room
  }

  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
  CycleLog log_;
  FileLock lock_;
};

}  // namespace clm::testing
