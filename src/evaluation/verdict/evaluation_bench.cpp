#include <benchmark/benchmark.h>

#include "evaluation/metrics/forecast_test_support.hpp"
#include "evaluation/verdict/judgement.hpp"

namespace clm {
namespace {

/// The panel's size: 60 symbols x 24,000 hours = 1.44 million rows. Checks its own result: the planted skill is found.
void rank_ic_of_the_panel(benchmark::State& state) {
  const auto rows = testing::make_rows({.symbols = 60, .times = 24'000, .horizon_bars = 5, .market_share = 0});
  const auto forecast = testing::forecast_with_skill(rows, 0.1, 2);
  for (auto _ : state) {
    const auto ic = summarize(rank_ic_series(rows, forecast, rows.forward_return, {}), {0.05, 10});
    if (ic.mean.mean < 0.09 || ic.mean.mean > 0.11) state.SkipWithError("the planted skill was not found");
    benchmark::DoNotOptimize(ic);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
}
BENCHMARK(rank_ic_of_the_panel)->Unit(benchmark::kMillisecond);

void mean_with_its_error(benchmark::State& state) {
  Random random(1);
  std::vector<double> series(24'000);
  for (auto& x : series) x = random.normal();
  for (auto _ : state) benchmark::DoNotOptimize(estimate_mean(series, {0.05, 10}));
}
BENCHMARK(mean_with_its_error)->Unit(benchmark::kMillisecond);

void stationary_resamples(benchmark::State& state) {
  StationaryBootstrap bootstrap(24'000, 20, Random(1));
  std::vector<std::uint32_t> draw(24'000);
  for (auto _ : state) bootstrap.draw(draw);
  state.SetItemsProcessed(state.iterations() * 24'000);
}
BENCHMARK(stationary_resamples)->Unit(benchmark::kMicrosecond);

void judge_a_holdout(benchmark::State& state) {
  const auto rows = std::make_shared<JudgedRows>(testing::make_rows({.symbols = 30, .times = 500}));
  const ForecastTable candidate{"candidate", rows, testing::forecast_with_skill(*rows, 0.1, 2)};
  std::vector<ForecastTable> baselines;
  for (std::uint64_t b = 0; b < 5; ++b)
    baselines.push_back({"baseline", rows, testing::forecast_with_skill(*rows, 0, 10 + b)});
  for (auto _ : state) benchmark::DoNotOptimize(judge(candidate, baselines, &baselines.front(), {}));
}
BENCHMARK(judge_a_holdout)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clm
