// What detectors cost a value: under 100 ns each; and what it costs to hold windows of a series against fitted values.
// Values are drawn before the clock runs.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/random.hpp"
#include "evaluation/drift/control_charts.hpp"
#include "evaluation/drift/drift_detectors.hpp"
#include "evaluation/drift/fitted_series.hpp"
#include "evaluation/drift/regime_detector.hpp"
#include "evaluation/statistics/two_sample_tests.hpp"

namespace clm {
namespace {

constexpr std::size_t kValues = 1'000'000;

std::vector<double> normal_values() {
  Random random(1);
  std::vector<double> out(kValues);
  for (auto& x : out) x = random.normal();
  return out;
}

std::vector<double> errors() {
  Random random(1);
  std::vector<double> out(kValues);
  for (auto& x : out) x = random.uniform() < 0.45 ? 1 : 0;
  return out;
}

template <typename Detector>
void stream(benchmark::State& state, Detector detector, const std::vector<double>& values) {
  std::int64_t alarms = 0;
  for (auto _ : state)
    for (const double value : values) alarms += detector.update(value) == DriftSignal::drift ? 1 : 0;
  const auto seen = state.iterations() * static_cast<std::int64_t>(kValues);
  state.SetItemsProcessed(seen);
  // The time of a value; in a quiet stream alarms are rare, but a detector that can never alarm is broken otherwise.
  state.counters["s_per_value"] =
      benchmark::Counter(static_cast<double>(seen), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["alarms_per_million"] = static_cast<double>(alarms) * 1e6 / static_cast<double>(seen);
}

void page_hinkley(benchmark::State& state) { stream(state, PageHinkley{}, normal_values()); }
void ddm(benchmark::State& state) { stream(state, Ddm{}, errors()); }
void hddm_w(benchmark::State& state) { stream(state, HddmW{}, errors()); }
void adwin(benchmark::State& state) { stream(state, Adwin{}, normal_values()); }
void kswin(benchmark::State& state) { stream(state, Kswin{}, normal_values()); }
void kswin_of_errors(benchmark::State& state) { stream(state, Kswin{}, errors()); }
void cusum(benchmark::State& state) { stream(state, CusumChart{}, normal_values()); }
void ewma(benchmark::State& state) { stream(state, EwmaChart{}, normal_values()); }

void regime_of_bars(benchmark::State& state) {
  const auto values = normal_values();
  RegimeDetector detector(24);
  for (auto _ : state)
    for (const double value : values) benchmark::DoNotOptimize(detector.update(value));
  const auto seen = state.iterations() * static_cast<std::int64_t>(kValues);
  state.counters["s_per_value"] =
      benchmark::Counter(static_cast<double>(seen), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// A feature's last week against the month before.
void compare_a_week_of_hours(benchmark::State& state) {
  const auto values = normal_values();
  const std::span<const double> all(values);
  const ReferenceSample reference(all.first(720));
  for (auto _ : state) benchmark::DoNotOptimize(compare_with(reference, all.subspan(720, 168)));
}

constexpr std::size_t kWindows[] = {24, 168, 672};
constexpr std::size_t kYear = 8'760;

void learn_a_fitted_year(benchmark::State& state) {
  const auto values = normal_values();
  for (auto _ : state) benchmark::DoNotOptimize(FittedSeries(std::span<const double>(values).first(kYear), kWindows));
}

/// A feature's last day, week and four weeks beside those of a fitted year.
void compare_windows_with_a_fitted_year(benchmark::State& state) {
  const auto values = normal_values();
  const FittedSeries fitted(std::span<const double>(values).first(kYear), kWindows);
  for (auto _ : state)
    benchmark::DoNotOptimize(fitted.compare(std::span<const double>(values).subspan(kYear, kWindows[2])));
}

BENCHMARK(page_hinkley)->Unit(benchmark::kMillisecond);
BENCHMARK(ddm)->Unit(benchmark::kMillisecond);
BENCHMARK(hddm_w)->Unit(benchmark::kMillisecond);
BENCHMARK(adwin)->Unit(benchmark::kMillisecond);
BENCHMARK(kswin)->Unit(benchmark::kMillisecond);
BENCHMARK(kswin_of_errors)->Unit(benchmark::kMillisecond);
BENCHMARK(cusum)->Unit(benchmark::kMillisecond);
BENCHMARK(ewma)->Unit(benchmark::kMillisecond);
BENCHMARK(regime_of_bars)->Unit(benchmark::kMillisecond);
BENCHMARK(compare_a_week_of_hours)->Unit(benchmark::kMicrosecond);
BENCHMARK(learn_a_fitted_year)->Unit(benchmark::kMicrosecond);
BENCHMARK(compare_windows_with_a_fitted_year)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace clm
