// What the store costs at the size of the 60-symbol panel: 60 series of 24,000 hourly bars of 6 columns, 1.44 M rows.
// Run: build/release/market_bench --benchmark_filter=Store
// To compare with: polars reads the real panel from gzip CSV in 0.4 to 0.6 s on one thread.
#include <benchmark/benchmark.h>

#include <filesystem>

#include <unistd.h>

#include "base/random.hpp"
#include "market/store/candle_store.hpp"

namespace clm {
namespace {

/// A directory for one benchmark, gone afterwards.
class Scratch {
 public:
  Scratch() : path_(std::filesystem::temp_directory_path() / ("clm-bench-" + std::to_string(::getpid()))) {}
  ~Scratch() { clear(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void clear() const {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

 private:
  std::filesystem::path path_;
};

std::vector<CandleSeries> panel() {
  std::vector<CandleSeries> batch;
  Random random(1);
  for (int symbol = 0; symbol < 60; ++symbol) {
    CandleSeries series{{Venue("spot"), Symbol("S" + std::to_string(symbol)), Interval::one_hour()}, {}};
    for (std::int64_t bar = 0; bar < 24'000; ++bar) {
      Candle candle;
      candle.open_time = from_calendar(2021, 4, 5) + bar * series.key.interval.length();
      candle.open = candle.low = 100 * random.uniform();
      candle.high = candle.close = candle.open + random.uniform();
      candle.volume = 1'000 * random.uniform();
      series.candles.push_back(candle);
    }
    batch.push_back(std::move(series));
  }
  return batch;
}

void set_rows(benchmark::State& state, std::size_t rows) {
  state.counters["rows"] = benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate);
}

void BM_StoreWrite(benchmark::State& state) {
  const auto batch = panel();
  for (auto _ : state) {
    state.PauseTiming();
    const Scratch directory;
    auto store = CandleStore::open(directory.path());
    state.ResumeTiming();
    if (!store || !store->write_all(batch)) state.SkipWithError("not written");
    state.PauseTiming();
    directory.clear();
    state.ResumeTiming();
  }
  set_rows(state, 60 * 24'000);
}
BENCHMARK(BM_StoreWrite)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_StoreWriteAgain(benchmark::State& state) {
  const auto batch = panel();
  const Scratch directory;
  auto store = CandleStore::open(directory.path());
  if (!store || !store->write_all(batch)) return state.SkipWithError("not written");
  for (auto _ : state)
    if (!store->write_all(batch)) state.SkipWithError("not written");
  set_rows(state, 60 * 24'000);
}
BENCHMARK(BM_StoreWriteAgain)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_StoreRead(benchmark::State& state) {
  const auto batch = panel();
  const Scratch directory;
  auto store = CandleStore::open(directory.path());
  if (!store || !store->write_all(batch)) return state.SkipWithError("not written");
  for (auto _ : state) {
    std::size_t rows = 0;
    for (const auto& expected : batch) {
      const auto series = store->read(expected.key, {}, Timestamp::max());
      rows += series ? series->candles.size() : 0;
      benchmark::DoNotOptimize(series);
    }
    if (rows != 60 * 24'000) state.SkipWithError("not all rows came back");
  }
  set_rows(state, 60 * 24'000);
}
BENCHMARK(BM_StoreRead)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_StoreListAndSpan(benchmark::State& state) {
  const Scratch directory;
  auto store = CandleStore::open(directory.path());
  if (!store || !store->write_all(panel())) return state.SkipWithError("not written");
  for (auto _ : state) {
    const auto keys = store->list();
    if (!keys || keys->size() != 60) return state.SkipWithError("not all series are listed");
    for (const SeriesKey& key : *keys) benchmark::DoNotOptimize(store->span_of(key));
  }
}
BENCHMARK(BM_StoreListAndSpan)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_Fingerprint(benchmark::State& state) {
  const auto batch = panel();
  for (auto _ : state)
    for (const auto& series : batch) benchmark::DoNotOptimize(fingerprint(series));
  set_rows(state, 60 * 24'000);
}
BENCHMARK(BM_Fingerprint)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace clm
