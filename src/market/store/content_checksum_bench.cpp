// What the checksum of a stored file costs: CRC-64 over a year of hourly bars of six columns, 420 KB, and beside it a
// read of the same file, which computes it once (and Parquet's own checksum of every page).
// Run: build/release/market_bench --benchmark_filter=Checksum
#include <benchmark/benchmark.h>

#include <filesystem>

#include <unistd.h>

#include "base/random.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/content_checksum.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBars = 8'760;

CandleSeries year() {
  CandleSeries series{{Venue("spot"), Symbol("BTCUSDT"), Interval::one_hour()}, {}};
  Random random(1);
  for (std::int64_t bar = 0; bar < kBars; ++bar) {
    Candle candle;
    candle.open_time = from_calendar(2023, 1, 1) + bar * series.key.interval.length();
    candle.open = candle.low = 100 * random.uniform();
    candle.high = candle.close = candle.open + random.uniform();
    candle.volume = 1'000 * random.uniform();
    series.candles.push_back(candle);
  }
  return series;
}

void BM_Checksum(benchmark::State& state) {
  std::vector<std::int64_t> times;
  std::vector<double> values;
  for (const Candle& candle : year().candles) {
    times.push_back(candle.open_time.ms());
    values.push_back(candle.open);
  }
  const std::vector<ColumnView> columns{
      {"open_time", std::span<const std::int64_t>(times)}, {"open", std::span<const double>(values)},
      {"high", std::span<const double>(values)},           {"low", std::span<const double>(values)},
      {"close", std::span<const double>(values)},          {"volume", std::span<const double>(values)}};
  const std::string expected = content_checksum("spot/1h/BTCUSDT", columns);
  for (auto _ : state)
    if (content_checksum("spot/1h/BTCUSDT", columns) != expected) state.SkipWithError("another checksum");
  state.SetBytesProcessed(state.iterations() * kBars * 6 * 8);
}
BENCHMARK(BM_Checksum)->Unit(benchmark::kMicrosecond);

void BM_ReadOfTheChecksummedFile(benchmark::State& state) {
  const fs::path directory = fs::temp_directory_path() / ("clm-checksum-bench-" + std::to_string(::getpid()));
  auto store = CandleStore::open(directory);
  const CandleSeries series = year();
  if (!store || !store->write(series)) return state.SkipWithError("not written");
  for (auto _ : state)
    if (store->read_columns(series.key).newest_close(Timestamp::max()) != series.known_at(kBars - 1))
      state.SkipWithError("not all came back");
  state.SetBytesProcessed(state.iterations() * kBars * 6 * 8);
  std::error_code ignored;
  fs::remove_all(directory, ignored);
}
BENCHMARK(BM_ReadOfTheChecksummedFile)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace clm
