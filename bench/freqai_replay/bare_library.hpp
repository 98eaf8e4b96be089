#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// Matrices as a library takes them: row-major, `columns` values a row.
struct BareMatrices {
  std::span<const float> training, label, forecast;
  std::size_t columns = 0;
};

/// The floor that a replay is measured against: LightGBM's or XGBoost's C calls that make the dataset, train 100 trees
/// with FreqAI's parameters on one thread, and forecast; nothing is stored, checked or given a name. `library` is
/// "lightgbm" or "xgboost" (contract). Error `bench.library` (defect) with the library's words.
Result<std::vector<float>> bare_forecast(std::string_view library, const BareMatrices& matrices);

}  // namespace clm
