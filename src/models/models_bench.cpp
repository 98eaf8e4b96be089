// What our trainers cost beside the bare library calls on the same matrix, in the same run. Every *_bare benchmark
// is given the whole matrix at once; ours gathers blocks. The counter peak_mib is how far the process grew beyond
// the feature frame, which both share; run one benchmark per process for it, since memory is not given back:
//   models_bench --benchmark_filter='train/xgboost/198000'
#include <LightGBM/c_api.h>
#include <benchmark/benchmark.h>
#include <xgboost/c_api.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>

#include "base/file_io.hpp"
#include "models/lightgbm_handles.hpp"
#include "models/models_test_data.hpp"
#include "models/trainers.hpp"
#include "models/xgboost_handles.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::make_model_data;
using testing::TestRun;

constexpr int kRounds = 200;

const Dataset& data_of(std::int64_t rows, std::int64_t columns) {
  static std::map<std::pair<std::int64_t, std::int64_t>, Dataset> made;
  Dataset& data = made[{rows, columns}];
  if (data.size() == 0)
    data = make_model_data({.rows = static_cast<std::size_t>(rows),
                            .columns = static_cast<std::size_t>(columns),
                            .noise = 10,
                            .missing_share = 0});
  return data;
}

TrainerOptions bench_options() {
  TrainerOptions options;
  options.xgboost.rounds = options.lightgbm.rounds = kRounds;
  options.xgboost.max_depth = 6;
  options.xgboost.learning_rate = options.lightgbm.learning_rate = 0.05;
  options.xgboost.subsample = options.lightgbm.subsample = 0.7;
  options.xgboost.colsample = options.lightgbm.colsample = 0.7;
  options.lightgbm.num_leaves = 31;
  options.lightgbm.max_depth = -1;
  return options;
}

double status_mib(const char* field) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.rfind(field, 0) == 0) return std::atof(line.c_str() + line.find(':') + 1) / 1024;
  return 0;
}

/// How far the resident memory rose above where it stood.
class PeakMemory {
 public:
  PeakMemory() : before_(status_mib("VmRSS")) { std::ofstream("/proc/self/clear_refs") << "5"; }
  double mib() const { return status_mib("VmHWM") - before_; }

 private:
  double before_;
};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "models_bench: %s\n", what);
  std::abort();
}

void train_ours(benchmark::State& state, const std::string& type) {
  const Dataset& data = data_of(state.range(0), state.range(1));
  const RowSet rows = all_rows(data);
  const RowSet none{&data, {}};
  const auto trainer = make_trainer(type, bench_options()).value();
  const PeakMemory memory;
  for (auto _ : state) {
    TestRun run;
    const auto model = trainer->train({rows, none, 1, 1}, run.context);
    require(model.has_value(), "training failed");
  }
  state.counters["peak_mib"] = memory.mib();
}

void train_lightgbm_bare(benchmark::State& state) {
  const Dataset& data = data_of(state.range(0), state.range(1));
  const auto rows = static_cast<std::int32_t>(state.range(0));
  const std::string parameters =
      "objective=regression deterministic=true force_row_wise=true verbosity=-1 num_leaves=31 learning_rate=0.05 "
      "bagging_fraction=0.7 bagging_freq=1 feature_fraction=0.7 min_data_in_leaf=100 lambda_l2=1 max_bin=255 "
      "bin_construct_sample_cnt=50000 num_threads=1 seed=1";
  const PeakMemory memory;
  for (auto _ : state) {
    LgbDataset dataset;
    LgbBooster booster;
    require(LGBM_DatasetCreateFromMat(data.frame->values.data(), C_API_DTYPE_FLOAT32, rows,
                                      static_cast<std::int32_t>(state.range(1)), 1, parameters.c_str(), nullptr,
                                      dataset.receive()) == 0 &&
                LGBM_DatasetSetField(dataset.get(), "label", data.label.data(), rows, C_API_DTYPE_FLOAT32) == 0 &&
                LGBM_DatasetSetField(dataset.get(), "weight", data.weight.data(), rows, C_API_DTYPE_FLOAT32) == 0 &&
                LGBM_BoosterCreate(dataset.get(), parameters.c_str(), booster.receive()) == 0,
            LGBM_GetLastError());
    int finished = 0;
    for (int round = 0; round < kRounds; ++round)
      require(LGBM_BoosterUpdateOneIter(booster.get(), &finished) == 0, LGBM_GetLastError());
  }
  state.counters["peak_mib"] = memory.mib();
}

void train_xgboost_bare(benchmark::State& state) {
  const Dataset& data = data_of(state.range(0), state.range(1));
  const auto rows = static_cast<bst_ulong>(state.range(0));
  const std::map<std::string, std::string> parameters = {{"objective", "reg:squarederror"},
                                                         {"tree_method", "hist"},
                                                         {"max_depth", "6"},
                                                         {"learning_rate", "0.05"},
                                                         {"subsample", "0.7"},
                                                         {"colsample_bytree", "0.7"},
                                                         {"min_child_weight", "100"},
                                                         {"reg_lambda", "1"},
                                                         {"max_bin", "256"},
                                                         {"base_score", "0"},
                                                         {"seed", "1"},
                                                         {"nthread", "1"},
                                                         {"verbosity", "0"}};
  const PeakMemory memory;
  for (auto _ : state) {
    XgbMatrix matrix;
    XgbBooster booster;
    require(XGDMatrixCreateFromMat_omp(data.frame->values.data(), rows, static_cast<bst_ulong>(state.range(1)),
                                       std::numeric_limits<float>::quiet_NaN(), matrix.receive(), 1) == 0 &&
                XGDMatrixSetFloatInfo(matrix.get(), "label", data.label.data(), rows) == 0 &&
                XGDMatrixSetFloatInfo(matrix.get(), "weight", data.weight.data(), rows) == 0,
            XGBGetLastError());
    DMatrixHandle handles[] = {matrix.get()};
    require(XGBoosterCreate(handles, 1, booster.receive()) == 0, XGBGetLastError());
    for (const auto& [name, value] : parameters)
      require(XGBoosterSetParam(booster.get(), name.c_str(), value.c_str()) == 0, XGBGetLastError());
    for (int round = 0; round < kRounds; ++round)
      require(XGBoosterUpdateOneIter(booster.get(), round, matrix.get()) == 0, XGBGetLastError());
  }
  state.counters["peak_mib"] = memory.mib();
}

void forecast(benchmark::State& state, const std::string& type) {
  const Dataset& data = data_of(10000, 57);
  const RowSet all = all_rows(data);
  const RowSet none{&data, {}};
  TestRun run;
  const auto model = make_trainer(type, bench_options()).value()->train({all, none, 1, 1}, run.context).value();
  const RowSet rows = testing::rows_between(data, 0, static_cast<std::size_t>(state.range(0)));
  std::vector<float> out(rows.size());
  for (auto _ : state) {
    require(model->predict(rows, out).has_value(), "forecast failed");
    benchmark::DoNotOptimize(out.data());
  }
}

/// The library's own fastest call on the same trees: for LightGBM row by row, for XGBoost all rows at once.
template <typename Ask>
void forecast_bare(benchmark::State& state, const std::string& type, const std::string& file, const Ask& ask) {
  const Dataset& data = data_of(10000, 57);
  TestRun run;
  const RowSet none{&data, {}};
  const auto model =
      make_trainer(type, bench_options()).value()->train({all_rows(data), none, 1, 1}, run.context).value();
  const testing::TempDirectory directory;
  require(model->save(directory.path()).has_value(), "saving failed");
  const std::string bytes = read_file(directory.path() / file).value();
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<float> values(count * data.frame->columns());
  all_rows(data).gather(0, count, values);
  ask(state, bytes, std::span<const float>(values), count);
}

void ask_lightgbm(benchmark::State& state, const std::string& bytes, std::span<const float> values, std::size_t count) {
  LgbBooster booster;
  LibraryHandle<LGBM_FastConfigFree> fast;
  int rounds = 0;
  const auto columns = static_cast<std::int32_t>(values.size() / count);
  require(
      LGBM_BoosterLoadModelFromString(bytes.c_str(), &rounds, booster.receive()) == 0 &&
          LGBM_BoosterPredictForMatSingleRowFastInit(booster.get(), C_API_PREDICT_NORMAL, 0, -1, C_API_DTYPE_FLOAT32,
                                                     columns, "verbosity=-1 num_threads=1", fast.receive()) == 0,
      LGBM_GetLastError());
  double forecast = 0;
  std::int64_t length = 0;
  for (auto _ : state)
    for (std::size_t row = 0; row < count; ++row)
      LGBM_BoosterPredictForMatSingleRowFast(fast.get(), values.data() + row * static_cast<std::size_t>(columns),
                                             &length, &forecast);
}

void ask_xgboost(benchmark::State& state, const std::string& bytes, std::span<const float> values, std::size_t count) {
  XgbBooster booster;
  require(XGBoosterCreate(nullptr, 0, booster.receive()) == 0 &&
              XGBoosterSetParam(booster.get(), "nthread", "1") == 0 &&
              XGBoosterLoadModelFromBuffer(booster.get(), bytes.data(), bytes.size()) == 0,
          XGBGetLastError());
  const std::string array = xgb_array_interface(values, count);
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* forecasts = nullptr;
  for (auto _ : state)
    XGBoosterPredictFromDense(booster.get(), array.c_str(),
                              R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,)"
                              R"("strict_shape":false,"missing":NaN,"cache_id":0})",
                              nullptr, &shape, &dimensions, &forecasts);
}

void train_sizes(benchmark::internal::Benchmark* bench) {
  bench->Args({136500, 22})->Args({198000, 57})->Unit(benchmark::kMillisecond)->Iterations(1);
}

BENCHMARK_CAPTURE(train_ours, lightgbm, "lightgbm")->Name("train/lightgbm")->Apply(train_sizes);
BENCHMARK(train_lightgbm_bare)->Name("train/lightgbm_bare")->Apply(train_sizes);
BENCHMARK_CAPTURE(train_ours, xgboost, "xgboost")->Name("train/xgboost")->Apply(train_sizes);
BENCHMARK(train_xgboost_bare)->Name("train/xgboost_bare")->Apply(train_sizes);
BENCHMARK_CAPTURE(train_ours, ridge, "ridge")
    ->Name("train/ridge")
    ->Args({198000, 57})
    ->Args({1000000, 70})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK_CAPTURE(forecast, lightgbm, "lightgbm")
    ->Name("predict/lightgbm")
    ->Arg(1)
    ->Arg(566)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(forecast, xgboost, "xgboost")
    ->Name("predict/xgboost")
    ->Arg(1)
    ->Arg(566)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(forecast_bare, lightgbm, "lightgbm", "model.txt", ask_lightgbm)
    ->Name("predict/lightgbm_bare")
    ->Arg(1)
    ->Arg(566)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(forecast_bare, xgboost, "xgboost", "model.ubj", ask_xgboost)
    ->Name("predict/xgboost_bare")
    ->Arg(1)
    ->Arg(566)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(forecast, ridge, "ridge")->Name("predict/ridge")->Arg(1)->Arg(566)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace clm
