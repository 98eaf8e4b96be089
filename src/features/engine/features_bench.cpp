// What it costs to compute a feature set: 60 symbols x 23,983 bars is the panel klines/spot-1h, for which pandas with
// TA-Lib takes 2.0 to 3.2 s for 57 features on one thread (tools/oracles/talib_panel_time.py measures it here).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "features/engine/feature_engine.hpp"
#include "features/engine/live_features.hpp"
#include "market/simulator/simulator.hpp"

namespace clm {
namespace {

struct BenchRun {
  SystemClock clock;
  CancelToken cancel;
  SilentProgress progress;
  RunContext context(int jobs) { return {clock, cancel, progress, jobs}; }
};

MemoryCandleSource panel(std::size_t symbols, std::size_t bars) {
  SimulationOptions options;
  options.symbols = symbols;
  options.bars = bars;
  auto made = simulate(options);
  if (!made) std::abort();
  return MemoryCandleSource(std::move(made->series));
}

void batch(benchmark::State& state, const FeatureSet& set, const ScratchSpace& scratch = {}) {
  const auto symbols = static_cast<std::size_t>(state.range(0));
  const auto bars = static_cast<std::size_t>(state.range(1));
  const MemoryCandleSource source = panel(symbols, bars);
  BenchRun run;
  RunContext context = run.context(static_cast<int>(state.range(2)));
  context.scratch = scratch;
  std::size_t known = 0;
  for ([[maybe_unused]] auto step : state) {
    const auto frame = compute_features(set, source, nullptr, {}, context);
    if (!frame || frame->rows() != symbols * bars) state.SkipWithError("the frame is not whole");
    // The check of its own result: the plain returns must be there for all but the first bar of each symbol.
    known = 0;
    const std::size_t column = *set.find(set.name() == "core" ? "log_return_1" : "momentum_10");
    for (std::size_t r = 0; r < frame->rows(); r += 97)
      known += std::size_t{frame->row(r)[column] == frame->row(r)[column]};
    benchmark::DoNotOptimize(frame->values.data());
  }
  if (known * 100 < symbols * bars / 97 * 95) state.SkipWithError("features are missing");
  const double values = static_cast<double>(symbols * bars * set.size());
  state.counters["features"] = static_cast<double>(set.size());
  state.counters["per_value"] =
      benchmark::Counter(values, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void core_batch(benchmark::State& state) { batch(state, core_feature_set()); }
void core_batch_in_file(benchmark::State& state) {
  batch(state, core_feature_set(), {std::filesystem::temp_directory_path(), 0});
}
void classic22_batch(benchmark::State& state) { batch(state, classic22_feature_set()); }
BENCHMARK(core_batch)
    ->ArgNames({"symbols", "bars", "jobs"})
    ->Args({60, 23983, 1})
    ->Args({60, 23983, 2})
    ->Args({60, 6000, 1})
    ->Args({15, 23983, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
// Beside core_batch: what it costs to put the frame aside.
BENCHMARK(core_batch_in_file)
    ->ArgNames({"symbols", "bars", "jobs"})
    ->Args({60, 23983, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(classic22_batch)
    ->ArgNames({"symbols", "bars", "jobs"})
    ->Args({60, 23983, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// One bar of 60 symbols, after a history of 500.
void live_bar(benchmark::State& state) {
  const MemoryCandleSource source = panel(60, 500);
  BenchRun run;
  auto live = LiveFeatures::after_history(core_feature_set(), source, nullptr, source.load(0)->known_at(499), 0,
                                          run.context(1));
  if (!live) return state.SkipWithError("no live features");
  std::vector<std::optional<Candle>> candles;
  for (std::size_t s = 0; s < 60; ++s) candles.emplace_back(source.load(s)->candles.back());
  Timestamp now = candles.front()->open_time;
  for ([[maybe_unused]] auto step : state) {
    now = now + source.interval().length();
    for (auto& candle : candles) candle->open_time = now;
    live->update(now, candles);
    benchmark::DoNotOptimize(live->newest().get());
  }
}
BENCHMARK(live_bar)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace clm
