// What a check for drift of features costs: 60 symbols and the features of `core` under 50 ms.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "features/sets/feature_set.hpp"
#include "learning/triggers/feature_drift.hpp"
#include "market/simulator/simulator.hpp"

namespace clm {
namespace {

constexpr std::size_t kSymbols = 60, kFitted = 5'088, kSince = 1'000, kBars = kFitted + kSince + 100, kStep = 6;

const MarketTape& market_of_60_symbols() {
  static const MarketTape tape = [] {
    SimulationOptions options;
    options.symbols = kSymbols;
    options.bars = kBars;
    const MemoryCandleSource candles(simulate(options).value().series);
    ManualClock clock{Timestamp(0)};
    CancelToken cancel;
    SilentProgress progress;
    return MarketTape::record(*feature_set("core"), candles, nullptr, LabelOptions(), Timestamp::max(),
                              {clock, cancel, progress, 1})
        .value();
  }();
  return tape;
}

void describe_market(benchmark::State& state, const MarketTape& tape) {
  state.counters["symbols"] = static_cast<double>(tape.symbols().size());
  state.counters["features"] = static_cast<double>(tape.frame()->columns());
}

/// Every six hours, as the trigger asks: the means of six new bars, and three windows of every feature.
void check_drift_of_features(benchmark::State& state) {
  const MarketTape& tape = market_of_60_symbols();
  BarMeans means(tape);
  FeatureDriftMonitor monitor(tape, means);
  const FittedBars fitted{tape.bars() - kSince - kFitted, tape.bars() - kSince};
  std::size_t bar = fitted.end + 700;
  std::size_t tested = monitor.look(fitted, bar).finding.series;
  for (auto _ : state) {
    bar = bar + kStep < tape.bars() ? bar + kStep : fitted.end + 700;
    tested = std::min(tested, monitor.look(fitted, bar).finding.series);
  }
  // Means of ranks over the universe are constant and left out.
  if (tested < tape.frame()->columns() / 3) state.SkipWithError("features were not tested");
  describe_market(state, tape);
}

/// After a training: what is usual is learned from the fitted rows, whose means nobody has asked before.
void learn_fitted_features(benchmark::State& state) {
  const MarketTape& tape = market_of_60_symbols();
  const FittedBars fitted{tape.bars() - kSince - kFitted, tape.bars() - kSince};
  for (auto _ : state) {
    BarMeans means(tape);
    FeatureDriftMonitor monitor(tape, means);
    benchmark::DoNotOptimize(monitor.look(fitted, fitted.end + 700));
  }
  describe_market(state, tape);
}

BENCHMARK(check_drift_of_features)->Unit(benchmark::kMillisecond);
BENCHMARK(learn_fitted_features)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clm
