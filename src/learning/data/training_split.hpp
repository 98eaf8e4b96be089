#pragma once
#include "base/result.hpp"
#include "features/labels/dataset.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// Which rows a candidate is fitted on, stopped and calibrated by, and judged on; purged against each other in that
/// order of time.
struct TrainingSplit {
  RowSet fit;
  RowSet validation;
  RowSet holdout;
  TimeRange training_span;  ///< decision times of fit and validation: first, and one past the last
  TimeRange holdout_span;   ///< from the first decision to one past the last label
};

/// Rows are those decided within `window_days` before `as_of`. Holdout and validation keep every bar; only `fit` is
/// thinned to `max_fit_rows`: to every n-th bar, staggered by symbol so that the hour of day is not constant.
/// Errors `split.no_folds` (data), `training.too_few_rows` (data).
Result<TrainingSplit> split_for_training(const Dataset& data, const TrainingOptions& options, Timestamp as_of);

/// The same for rows that were chosen to be judged on already: cuts `known`, purged against them, into fit and
/// validation.
Result<TrainingSplit> split_before(const RowSet& known, const RowSet& judged, const TrainingOptions& options);

}  // namespace clm
