#pragma once
#include <xgboost/c_api.h>

#include <span>
#include <string>

#include "models/library_handle.hpp"
#include "models/training_rows.hpp"

namespace clm {

// Internal to the xgboost_*.cpp files.
using XgbBooster = LibraryHandle<XGBoosterFree>;
using XgbMatrix = LibraryHandle<XGDMatrixFree>;

/// The binned matrix of `rows`, streamed block by block. `reference` gives the bins of another matrix, or is null.
/// Errors `train.failed` (data).
Result<XgbMatrix> make_xgb_matrix(const RowSet& rows, Targets targets, int threads, int max_bin,
                                  DMatrixHandle reference);

/// How XGBoost is told of `row_count` rows of floats in memory.
std::string xgb_array_interface(std::span<const float> values, std::size_t row_count);

/// Routes this thread's messages of XGBoost to our log at debug level (its callback and verbosity are per thread).
void quiet_xgboost();

/// Error `train.failed` (data) with the library's last words.
tl::unexpected<Error> xgb_training_failure();

}  // namespace clm
