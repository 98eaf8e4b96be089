// What a network's forecast costs warm and in process, from the bars of a market to one forecast per symbol: 566
// symbols are to take under 30 ms, one under 2 ms. Default sizes: nhits and patchtst as the cycle trains them.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "models/models_test_data.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

constexpr std::size_t kSymbols = 566, kBars = 160, kFitTimes = 20;

/// A random walk per symbol; rows of the last times, ordered by time.
Dataset market() {
  auto frame = std::make_shared<FeatureFrame>();
  frame->set_name = "bars_alone";
  frame->set_hash = "hash-of-bars-alone";
  frame->names = {"nothing"};
  frame->interval = Interval::one_hour();
  frame->values = std::vector<float>(kSymbols * kBars);
  auto bars = std::make_shared<BarHistory>();
  frame->symbol_begin = {0};
  for (std::size_t s = 0; s < kSymbols; ++s) {
    frame->symbols.emplace_back("S" + std::to_string(1000 + s));
    Random random = Random::stream(1, "symbol", s);
    double log_close = 5;
    for (std::size_t t = 0; t < kBars; ++t) {
      frame->open_time_ms.push_back(static_cast<std::int64_t>(t) * 3'600'000);
      bars->open_time_ms.push_back(frame->open_time_ms.back());
      bars->log_close.push_back(log_close += 0.01 * random.normal());
      bars->log_volume.push_back(static_cast<float>(10 + random.normal()));
    }
    frame->symbol_begin.push_back(frame->open_time_ms.size());
    bars->symbol_begin.push_back(frame->open_time_ms.size());
  }
  frame->bars = std::move(bars);
  Dataset data;
  Random labels(2);
  const std::size_t first = kBars - kFitTimes - 10;
  for (std::size_t t = first; t < kBars; ++t)
    for (std::size_t s = 0; s < kSymbols; ++s) {
      data.frame_row.push_back(static_cast<std::uint32_t>(s * kBars + t));
      data.symbol.push_back(static_cast<std::uint16_t>(s));
      data.decided_at_ms.push_back(static_cast<std::int64_t>(t + 1) * 3'600'000);
      data.known_at_ms.push_back(static_cast<std::int64_t>(t + 8) * 3'600'000);
      data.label.push_back(static_cast<float>(labels.normal()));
      data.forward_return.push_back(0);
      data.volatility.push_back(0.01F);
      data.weight.push_back(1);
    }
  data.frame = std::move(frame);
  return data;
}

const Dataset& data() {
  static const Dataset made = market();
  return made;
}

const Model& model(const std::string& type) {
  static std::map<std::string, std::unique_ptr<Model>> made;
  auto& one = made[type];
  if (one == nullptr) {
    TrainerOptions options;
    options.nhits.network.fit.epochs = options.patchtst.network.fit.epochs = 1;
    testing::TestRun run;
    const RowSet fit = testing::rows_between(data(), 0, kSymbols * (kFitTimes / 4)), none{&data(), {}};
    one = make_trainer(type, options).value()->train({fit, none}, run.context).value();
  }
  return *one;
}

void network_forecast(benchmark::State& state, const char* type) {
  const Model& asked = model(type);
  const auto symbols = static_cast<std::size_t>(state.range(0));
  const RowSet rows = testing::rows_between(data(), data().size() - kSymbols, data().size() - kSymbols + symbols);
  std::vector<float> forecasts(symbols);
  for (auto _ : state) {
    if (!asked.predict(rows, forecasts)) std::abort();
    benchmark::DoNotOptimize(forecasts.data());
  }
  for (const float forecast : forecasts)
    if (!(forecast == forecast)) {
      std::fprintf(stderr, "a symbol without a forecast\n");
      std::abort();
    }
}
void nhits_forecast(benchmark::State& state) { network_forecast(state, "nhits"); }
void patchtst_forecast(benchmark::State& state) { network_forecast(state, "patchtst"); }
BENCHMARK(nhits_forecast)->ArgName("symbols")->Arg(1)->Arg(kSymbols)->Unit(benchmark::kMillisecond);
BENCHMARK(patchtst_forecast)->ArgName("symbols")->Arg(1)->Arg(kSymbols)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clm
