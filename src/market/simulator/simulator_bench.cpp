#include <benchmark/benchmark.h>

#include "market/simulator/simulator.hpp"

namespace clm {
namespace {

// The market of one noise study: 91 symbols x 1,500 bars. The result is checked for its size.
void simulate_panel(benchmark::State& state) {
  SimulationOptions options;
  options.symbols = 91;
  options.bars = 1500;
  options.signal_ic = static_cast<double>(state.range(0)) / 100;
  for (auto _ : state) {
    Result<Simulation> made = simulate(options);
    if (!made || made->series.back().candles.size() != options.bars) state.SkipWithError("wrong size");
    benchmark::DoNotOptimize(made);
  }
  state.SetItemsProcessed(state.iterations() * 91 * 1500);
}
BENCHMARK(simulate_panel)->ArgName("signal_percent")->Arg(0)->Arg(10)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clm
