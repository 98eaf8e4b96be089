#include "freqai_replay.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "bare_library.hpp"
#include "base/hash.hpp"
#include "features/engine/feature_engine.hpp"
#include "market/import/columnar_candle_reader.hpp"
#include "market/store/columnar_file.hpp"
#include "models/trainers.hpp"
#include "pair_features.hpp"

namespace clm {
namespace {

/// FreqAI's parameters; what it leaves to the libraries is at their defaults.
TrainerOptions freqai_parameters() {
  TrainerOptions options;
  options.lightgbm.rounds = options.xgboost.rounds = 100;
  options.lightgbm.num_leaves = 31;
  options.lightgbm.max_depth = -1;
  options.lightgbm.learning_rate = 0.1;
  options.lightgbm.min_data_in_leaf = 20;
  options.lightgbm.lambda = 0.0;
  options.lightgbm.extra_trees = false;
  options.lightgbm.max_bin = 255;
  options.xgboost.max_depth = 6;
  options.xgboost.learning_rate = 0.3;
  options.xgboost.min_child_weight = 1.0;
  options.xgboost.lambda = 1.0;
  options.xgboost.max_bin = 256;
  options.lightgbm.subsample = options.xgboost.subsample = 1.0;
  options.lightgbm.colsample = options.xgboost.colsample = options.xgboost.colsample_bynode = 1.0;
  return options;
}

Result<CandleSeries> read_series(const std::filesystem::path& file, const std::string& symbol) {
  Result<FileContent> content = read_columnar_candles(file, ColumnarFormat::feather, ImportLimits{});
  if (!content) return forward_error(content);
  const Result<Interval> interval = Interval::parse("5m");
  if (!interval) return forward_error(interval);
  return CandleSeries{{Venue("freqtrade"), Symbol(symbol), *interval}, std::move(content->candles.front().candles)};
}

struct Forecasts {
  std::vector<std::string> pair;
  std::vector<std::int64_t> open_time_ms;
  std::vector<double> forecast;
  std::vector<double> came;  // the label, for what came of the forecast; NaN beyond the end of the data
};

double correlation(const Forecasts& all) {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < all.forecast.size(); ++i) {
    const double a = all.forecast[i];
    const double b = all.came[i];
    if (std::isnan(a) || std::isnan(b)) continue;
    n += 1;
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  return (n * xy - x * y) / std::sqrt((n * xx - x * x) * (n * yy - y * y));
}

Status write_forecasts(const std::filesystem::path& file, const Forecasts& all) {
  const std::vector<ColumnView> columns = {{"pair", std::span<const std::string>(all.pair)},
                                           {"open_time", std::span<const std::int64_t>(all.open_time_ms)},
                                           {"forecast", std::span<const double>(all.forecast)},
                                           {"label", std::span<const double>(all.came)}};
  return write_parquet(file, columns);
}

std::uint64_t bytes_below(const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

class Replayer {
 public:
  Replayer(const FreqaiReplayOptions& options, const Trainer& trainer, const RunContext& run)
      : options_(options), trainer_(trainer), run_(run) {}

  Status replay(const PairHistory& pair) {
    for (const ReplayWindow& window : split_windows(options_.replay)) {
      const WindowData data = make_window(pair, window);
      if (data.training.size() == 0)
        return fail(ErrorKind::data, "bench.window", "no row of a window has a label", to_string(window.training.from));
      std::vector<float> bare;
      // Whoever comes second finds warm caches: take turns.
      const bool bare_first = outcome_.windows % 2 == 0;
      if (bare_first)
        if (Status done = run_floor(data, bare); !done) return done;
      std::vector<float> forecasts(data.forecast.size());
      if (Status done = run_ours(data, forecasts); !done) return done;
      if (!bare_first)
        if (Status done = run_floor(data, bare); !done) return done;
      for (std::size_t i = 0; i < bare.size(); ++i)
        if (!std::isnan(forecasts[i]))
          outcome_.largest_difference =
              std::max(outcome_.largest_difference, std::abs(double{forecasts[i]} - double{bare[i]}));
      keep(pair, data, forecasts);
      ++outcome_.windows;
    }
    return {};
  }

  const Forecasts& forecasts() const { return forecasts_; }
  FreqaiReplay& outcome() { return outcome_; }

 private:
  Status run_ours(const WindowData& data, std::vector<float>& forecasts) {
    const RowSet training = all_rows(data.training);
    const RowSet none{&data.training, {}};
    const double begin_s = process_cpu_s();
    const auto model = trainer_.train({training, none, 1, 1}, run_);
    outcome_.train_s += process_cpu_s() - begin_s;
    if (!model) return forward_error(model);
    const std::filesystem::path directory = options_.directory / "models" / std::to_string(outcome_.windows);
    std::filesystem::create_directories(directory);
    if (Status saved = (*model)->save(directory); !saved) return saved;
    return (*model)->predict(all_rows(data.forecast), forecasts);
  }

  Status run_floor(const WindowData& data, std::vector<float>& bare) {
    if (options_.floor == Floor::left_out) return {};
    const double begin_s = process_cpu_s();
    Result<std::vector<float>> out =
        bare_forecast(options_.library, {data.training.frame->values, data.training.label, data.forecast.frame->values,
                                         data.training.frame->columns()});
    outcome_.floor_cpu_s += process_cpu_s() - begin_s;
    if (!out) return forward_error(out);
    bare = std::move(*out);
    return {};
  }

  void keep(const PairHistory& pair, const WindowData& data, const std::vector<float>& forecasts) {
    const FeatureFrame& frame = *data.forecast.frame;
    for (std::size_t i = 0; i < forecasts.size(); ++i) {
      forecasts_.pair.push_back(frame.symbols.front().str());
      forecasts_.open_time_ms.push_back(frame.open_time_ms[i]);
      forecasts_.forecast.push_back(data.label.invert(double{forecasts[i]}));
      forecasts_.came.push_back(label_of(pair, data.first_forecast_row + i));
      if (std::isnan(forecasts[i])) ++outcome_.abstained;
    }
  }

  const FreqaiReplayOptions& options_;
  const Trainer& trainer_;
  const RunContext& run_;
  Forecasts forecasts_;
  FreqaiReplay outcome_;
};

}  // namespace

double process_cpu_s() {
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return static_cast<double>(cpu.tv_sec) + 1e-9 * static_cast<double>(cpu.tv_nsec);
}

Result<std::vector<PairHistory>> read_pairs(const std::filesystem::path& data, const RunContext& run) {
  std::vector<CandleSeries> series;
  for (const char* name : {"ETH", "LTC"}) {
    Result<CandleSeries> read = read_series(data / (std::string(name) + "_BTC-5m.feather"), std::string(name) + "BTC");
    if (!read) return forward_error(read);
    series.push_back(std::move(*read));
  }
  std::vector<std::vector<double>> closes;
  for (const CandleSeries& pair : series) {
    closes.emplace_back();
    for (const Candle& candle : pair.candles) closes.back().push_back(candle.close);
  }
  const MemoryCandleSource candles(std::move(series));
  const Result<FeatureFrame> both = compute_features(freqai_feature_set(), candles, nullptr, FeatureOptions{}, run);
  if (!both) return forward_error(both);
  std::vector<PairHistory> pairs;
  for (std::size_t own = 0; own < closes.size(); ++own)
    pairs.push_back({join_pair(*both, own, 1 - own), std::move(closes[own])});
  return pairs;
}

Status write_features(const std::filesystem::path& file, const std::vector<PairHistory>& pairs) {
  std::vector<std::string> names;
  std::vector<std::int64_t> open_times_ms;
  const std::vector<std::string>& features = pairs.front().features.names;
  std::vector<std::vector<float>> values(features.size());
  for (const PairHistory& pair : pairs)
    for (std::size_t row = 0; row < pair.features.rows(); ++row) {
      names.push_back(pair.features.symbols.front().str());
      open_times_ms.push_back(pair.features.open_time_ms[row]);
      for (std::size_t column = 0; column < features.size(); ++column)
        values[column].push_back(pair.features.row(row)[column]);
    }
  std::vector<ColumnView> columns = {{"pair", std::span<const std::string>(names)},
                                     {"open_time", std::span<const std::int64_t>(open_times_ms)}};
  for (std::size_t column = 0; column < features.size(); ++column)
    columns.push_back({features[column], std::span<const float>(values[column])});
  return write_parquet(file, columns);
}

Result<FreqaiReplay> run_freqai_replay(const FreqaiReplayOptions& options, const RunContext& run) {
  const Result<std::vector<PairHistory>> pairs = read_pairs(options.data, run);
  if (!pairs) return forward_error(pairs);
  const auto trainer = make_trainer(options.library, freqai_parameters());
  if (!trainer) return forward_error(trainer);
  Replayer replayer(options, **trainer, run);
  for (const PairHistory& pair : *pairs)
    if (Status done = replayer.replay(pair); !done) return forward_error(done);
  if (Status written = write_forecasts(options.directory / "forecasts.parquet", replayer.forecasts()); !written)
    return forward_error(written);

  FreqaiReplay& outcome = replayer.outcome();
  outcome.forecasts = replayer.forecasts().forecast.size();
  outcome.correlation = correlation(replayer.forecasts());
  outcome.disk_bytes = bytes_below(options.directory);
  return outcome;
}

}  // namespace clm
