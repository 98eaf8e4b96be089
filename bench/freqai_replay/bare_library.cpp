#include "bare_library.hpp"

#include <LightGBM/c_api.h>
#include <xgboost/c_api.h>

#include <array>
#include <cstdio>
#include <numeric>
#include <string>
#include <utility>

#include "base/contract.hpp"
#include "models/lightgbm_handles.hpp"
#include "models/xgboost_handles.hpp"

namespace clm {
namespace {

constexpr int kRounds = 100;

tl::unexpected<Error> library_failure(const char* words) { return fail(ErrorKind::defect, "bench.library", words); }

Result<std::vector<float>> bare_lightgbm(const BareMatrices& matrices) {
  static constexpr const char* kParameters =
      "objective=regression deterministic=true force_row_wise=true verbosity=-1 num_leaves=31 learning_rate=0.1 "
      "min_data_in_leaf=20 num_threads=1 seed=1";
  const auto rows = static_cast<std::int32_t>(matrices.label.size());
  const auto columns = static_cast<std::int32_t>(matrices.columns);
  const std::size_t forecasts = matrices.forecast.size() / matrices.columns;
  LgbDataset dataset;
  LgbBooster booster;
  if (LGBM_DatasetCreateFromMat(matrices.training.data(), C_API_DTYPE_FLOAT32, rows, columns, 1, kParameters, nullptr,
                                dataset.receive()) != 0 ||
      LGBM_DatasetSetField(dataset.get(), "label", matrices.label.data(), rows, C_API_DTYPE_FLOAT32) != 0 ||
      LGBM_BoosterCreate(dataset.get(), kParameters, booster.receive()) != 0)
    return library_failure(LGBM_GetLastError());
  int finished = 0;
  for (int round = 0; round < kRounds && finished == 0; ++round)
    if (LGBM_BoosterUpdateOneIter(booster.get(), &finished) != 0) return library_failure(LGBM_GetLastError());
  std::vector<double> out(forecasts);
  std::int64_t length = 0;
  if (LGBM_BoosterPredictForMat(booster.get(), matrices.forecast.data(), C_API_DTYPE_FLOAT32,
                                static_cast<std::int32_t>(forecasts), columns, 1, C_API_PREDICT_NORMAL, 0, -1,
                                "num_threads=1 verbosity=-1", &length, out.data()) != 0)
    return library_failure(LGBM_GetLastError());
  return std::vector<float>(out.begin(), out.end());
}

/// XGBoost 1.7 starts at 0.5 unless told; like later versions, and like our trainer, start at the mean label.
std::string mean_text(std::span<const float> label) {
  const double mean = std::accumulate(label.begin(), label.end(), 0.0) / static_cast<double>(label.size());
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.17g", double{static_cast<float>(mean)});
  return text.data();
}

Result<std::vector<float>> bare_xgboost(const BareMatrices& matrices) {
  const std::string base_score = mean_text(matrices.label);
  const std::pair<const char*, const char*> parameters[] = {{"objective", "reg:squarederror"},
                                                            {"tree_method", "hist"},
                                                            {"max_depth", "6"},
                                                            {"learning_rate", "0.3"},
                                                            {"max_bin", "256"},
                                                            {"seed", "1"},
                                                            {"nthread", "1"},
                                                            {"verbosity", "0"},
                                                            {"base_score", base_score.c_str()}};
  const std::size_t forecasts = matrices.forecast.size() / matrices.columns;
  const auto from_memory = R"({"missing":NaN,"nthread":1})";
  XgbMatrix matrix;
  XgbBooster booster;
  if (XGDMatrixCreateFromDense(xgb_array_interface(matrices.training, matrices.label.size()).c_str(), from_memory,
                               matrix.receive()) != 0 ||
      XGDMatrixSetFloatInfo(matrix.get(), "label", matrices.label.data(), matrices.label.size()) != 0)
    return library_failure(XGBGetLastError());
  DMatrixHandle handles[] = {matrix.get()};
  if (XGBoosterCreate(handles, 1, booster.receive()) != 0) return library_failure(XGBGetLastError());
  for (const auto& [name, value] : parameters)
    if (XGBoosterSetParam(booster.get(), name, value) != 0) return library_failure(XGBGetLastError());
  for (int round = 0; round < kRounds; ++round)
    if (XGBoosterUpdateOneIter(booster.get(), round, matrix.get()) != 0) return library_failure(XGBGetLastError());
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* out = nullptr;
  if (XGBoosterPredictFromDense(booster.get(), xgb_array_interface(matrices.forecast, forecasts).c_str(),
                                R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,)"
                                R"("strict_shape":false,"missing":NaN,"cache_id":0})",
                                nullptr, &shape, &dimensions, &out) != 0)
    return library_failure(XGBGetLastError());
  return std::vector<float>(out, out + forecasts);
}

}  // namespace

Result<std::vector<float>> bare_forecast(std::string_view library, const BareMatrices& matrices) {
  expects(library == "lightgbm" || library == "xgboost", "a library that is known");
  expects(!matrices.label.empty() && matrices.training.size() == matrices.label.size() * matrices.columns,
          "one label per row");
  return library == "lightgbm" ? bare_lightgbm(matrices) : bare_xgboost(matrices);
}

}  // namespace clm
