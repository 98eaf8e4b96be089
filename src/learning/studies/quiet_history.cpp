#include "learning/studies/quiet_history.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "evaluation/metrics/rank_ic.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/data/bar_means.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/studies/simulated_forecasters.hpp"
#include "learning/triggers/feature_drift.hpp"
#include "learning/triggers/trigger_performance.hpp"
#include "learning/triggers/trigger_regime.hpp"
#include "learning/triggers/trigger_types.hpp"
#include "market/simulator/simulator.hpp"

namespace clm {
namespace {

constexpr std::size_t kMarketSymbols = 8;
constexpr std::size_t kWarmUpBars = 1'000;
/// That the version was fitted on, and the regimes were learned from.
constexpr std::size_t kFittedBars = 5'088;
/// Of the market whose regime stays; what its volatility is does not matter.
constexpr double kBarVolatility = 0.005;
constexpr double kTailDegrees = 4;

/// When a check of this period is due, with bars counted from the end of the data.
bool is_due(std::size_t bar, double period_hours) {
  const auto close = [](std::size_t bars) { return Timestamp(static_cast<std::int64_t>(bars) * 3'600'000); };
  return falls_due(close(bar), close(bar + 1), period_hours);
}

RankIcPromise evaluated(const std::vector<double>& rank_ics, const LabelOptions& label) {
  RankIcSeries series;
  series.ic.value = rank_ics;
  const RankIc found = summarize(series, {0.05, 2.0 * label.horizon_bars});
  return {found.mean.mean, found.standard_deviation, found.mean.standard_error};
}

/// Outcomes and the forecasts' spread of a version that stays what it was.
QuietHistory watch_forecasts(const LearningOptions& learning, const QuietHistoryOptions& options) {
  SimulatedForecasters version(
      {options.symbols, static_cast<std::size_t>(learning.label.horizon_bars), options.rank_ic, options.rank_ic},
      Random::stream(options.seed, "quiet.forecasts", options.index));
  const std::size_t least = learning.judging.min_symbols;
  const DriftOptions drift = spread_drift_options();
  std::vector<double> rank_ics;
  std::vector<float> spreads;
  for (std::size_t bar = 0; bar < drift.most_bars; ++bar) {
    version.advance();
    const BarScore score = version.score(0, least);
    rank_ics.push_back(score.rank_ic);
    spreads.push_back(static_cast<float>(score.spread));
  }
  const DriftReference reference({"forecast spread"}, spreads, drift);
  PerformanceChart chart(evaluated(rank_ics, learning.label),
                         {learning.label.horizon_bars, Interval::one_hour(), learning.triggers.false_alarm_days});
  const double level = drift_level(learning.triggers, Interval::one_hour());
  QuietHistory seen;
  for (std::size_t bar = 0; bar < options.bars && !(seen.performance && seen.drift); ++bar) {
    version.advance();
    const BarScore score = version.score(0, least);
    chart.add(score);
    spreads.push_back(static_cast<float>(score.spread));
    if (!seen.performance && is_due(bar, learning.triggers.performance_hours) && chart.look().alarm)
      seen.performance = bar + 1;
    if (seen.drift || !is_due(bar, learning.triggers.drift_hours)) continue;
    if (reference.compare(std::span<const float>(spreads).subspan(drift.most_bars)).least_p() < level)
      seen.drift = bar + 1;
  }
  return seen;
}

Result<std::optional<std::size_t>> watch_features(const LearningOptions& learning, const QuietHistoryOptions& options,
                                                  const RunContext& run) {
  const auto features = feature_set(learning.feature_set);
  if (!features) return forward_error(features);
  SimulationOptions market;
  market.symbols = kMarketSymbols;
  market.bars = kWarmUpBars + kFittedBars + options.bars;
  market.seed = Random::stream(options.seed, "quiet.market", options.index).next();
  auto simulated = simulate(market);
  if (!simulated) return forward_error(simulated);
  const MemoryCandleSource candles(std::move(simulated->series));
  SilentProgress silent;
  const RunContext inner{run.clock, run.cancel, silent, 1, run.scratch};
  const auto tape = MarketTape::record(*features, candles, nullptr, learning.label, Timestamp::max(), inner);
  if (!tape) return forward_error(tape);
  BarMeans means(*tape);
  FeatureDriftMonitor monitor(*tape, means);
  const std::size_t data_end = tape->bars() - options.bars;
  const FittedBars fitted{data_end - std::min(data_end, kFittedBars), data_end};
  const double level = drift_level(learning.triggers, Interval::one_hour());
  for (std::size_t bar = 0; bar < options.bars; ++bar)
    if (is_due(bar, learning.triggers.drift_hours) && monitor.look(fitted, data_end + bar).finding.least_p() < level)
      return std::optional<std::size_t>(bar + 1);
  return std::optional<std::size_t>();
}

/// As much of the past is learned from as of features.
std::optional<std::size_t> watch_regime(const LearningOptions& learning, const QuietHistoryOptions& options) {
  Random random = Random::stream(options.seed, "quiet.regime", options.index);
  std::vector<double> returns(kFittedBars + options.bars);
  for (double& one : returns) one = kBarVolatility * random.student_t(kTailDegrees);
  const std::span<const double> all(returns);
  RegimeWatch watch(all.first(kFittedBars), Interval::one_hour());
  for (std::size_t bar = 0; bar < options.bars; ++bar) {
    watch.add(all.subspan(kFittedBars + bar, 1));
    if (is_due(bar, learning.triggers.drift_hours) && watch.finding().shifted()) return bar + 1;
  }
  return std::nullopt;
}

}  // namespace

Result<QuietHistory> run_quiet_history(const LearningOptions& learning, const QuietHistoryOptions& options,
                                       const RunContext& run) {
  QuietHistory seen = watch_forecasts(learning, options);
  const auto features = watch_features(learning, options, run);
  if (!features) return forward_error(features);
  if (*features && (!seen.drift || **features < *seen.drift)) seen.drift = *features;
  seen.regime = watch_regime(learning, options);
  return seen;
}

}  // namespace clm
