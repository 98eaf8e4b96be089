// One bar of a live service, and the forecasts of a lineup: build/release/serving_bench
#include <benchmark/benchmark.h>

#include "features/sets/feature_set.hpp"
#include "serving/prediction_service.hpp"
#include "serving/predictor_fixture.hpp"

namespace clm {
namespace {

constexpr std::size_t kHistoryBars = 600, kMoreBars = 300;

/// A registry whose four trained model types are active, of their usual sizes: the networks are trained for one pass,
/// which changes nothing about what a forecast costs.
struct Served {
  testing::TempDirectory directory;
  ManualClock clock{Timestamp(0)};
  CancelToken cancel;
  SilentProgress progress;
  RunContext run{clock, cancel, progress, 1};
  MemoryCandleSource candles;
  Timestamp as_of;
  Database database;
  Registry registry;
  std::vector<std::string> types{"lightgbm", "nhits", "patchtst", "xgboost"};

  explicit Served(std::size_t symbols)
      : candles(made(symbols)),
        as_of(candles.load(0)->known_at(kHistoryBars - 1)),
        database(Database::open(directory.path() / "clm.db").value()),
        registry(Registry::open(database, ArtifactStore(directory.path() / "versions")).value()) {
    TrainerOptions trainers;
    trainers.nhits.network.fit.epochs = 1;
    trainers.patchtst.network.fit.epochs = 1;
    for (const std::string& type : types)
      testing::activate_version(registry, type, trainers, core_feature_set(), candles, as_of, run);
  }

  static MemoryCandleSource made(std::size_t symbols) {
    SimulationOptions options;
    options.symbols = symbols;
    options.bars = kHistoryBars + kMoreBars;
    return MemoryCandleSource(simulate(options).value().series);
  }
};

// A bar of `symbols` symbols closes: features, inputs and the forecasts of four models.
void new_bar(benchmark::State& state) {
  Served served(static_cast<std::size_t>(state.range(0)));
  const auto service =
      PredictionService::start(served.registry, testing::rules_for({served.types.begin(), served.types.end()}), {},
                               {served.candles, nullptr, served.as_of}, served.run);
  if (!service) return state.SkipWithError("no service");
  std::vector<CandleSeries> series;
  for (std::size_t s = 0; s < served.candles.symbols().size(); ++s) series.push_back(served.candles.load(s).value());
  std::vector<std::optional<Candle>> bar(series.size());
  std::size_t next = kHistoryBars;
  for ([[maybe_unused]] auto step : state) {
    for (std::size_t s = 0; s < series.size(); ++s) bar[s] = series[s].candles[next];
    (*service)->advance(bar.front()->open_time, bar);
    ++next;
  }
  if ((*service)->answer()->forecasts.predictions.front().votes.size() != served.types.size())
    state.SkipWithError("somebody had no vote");
}
BENCHMARK(new_bar)->ArgName("symbols")->Arg(60)->Arg(566)->Iterations(kMoreBars)->Unit(benchmark::kMillisecond);

constexpr int kVintages = 6;

/// Bytes of the active version of a type once more, as another vintage: as large, and elsewhere in memory.
VersionId vintage_of(Registry& registry, const std::string& type, int number) {
  const StoredArtifact first = registry.open_artifact(registry.active(Slot{type}).value()->record).value();
  auto staged = registry.store().stage(type).value();
  Manifest manifest = first.manifest;
  manifest.seed = static_cast<std::uint64_t>(number);
  for (const auto& file : manifest.files)
    std::filesystem::copy_file(first.directory / file.name, staged.directory() / file.name);
  const auto stored = registry.store().put(std::move(staged), std::move(manifest)).value();
  expects(registry.enter(stored, testing::because("trained")).has_value(), "a vintage is stored");
  return stored.version;
}

// What six vintages of each of four types say of a bar, and what is made of it: from inputs that are there.
void lineup(benchmark::State& state) {
  Served served(static_cast<std::size_t>(state.range(0)));
  std::vector<EnsembleMember> members;
  for (const std::string& type : served.types)
    for (int number = 1; number <= kVintages; ++number)
      members.push_back({type, vintage_of(served.registry, type, number + 1).str()});
  testing::activate_ensemble(served.registry, members, 8);
  const auto predictor =
      Predictor::load(served.registry, testing::rules_for({served.types.begin(), served.types.end()}));
  if (!predictor) return state.SkipWithError("no predictor");
  const auto inputs =
      LiveInputs::after_history(predictor->needs(), served.candles, nullptr, served.as_of, served.run).value().newest();
  const int jobs = static_cast<int>(state.range(1));
  for ([[maybe_unused]] auto step : state) {
    const Forecasts forecasts = predictor->predict(*inputs, jobs);
    if (forecasts.predictions.front().votes.size() != members.size())
      return state.SkipWithError("somebody had no vote");
  }
}
BENCHMARK(lineup)
    ->ArgNames({"symbols", "jobs"})
    ->Args({60, 1})
    ->Args({566, 1})
    ->Args({566, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clm
