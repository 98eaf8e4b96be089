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
  /// Decision times: the first that is fitted on, and one past the last of what stops or calibrates it; where nothing
  /// is kept back, one past the last that is known.
  TimeRange training_span;
  TimeRange holdout_span;  ///< from the first decision to one past the last label
};

/// When the last label of these rows became known; time 0 of no rows. What was fitted on them has learned until then.
Timestamp last_label_known(const RowSet& rows);

/// Rows are those decided within `window_days` before `as_of`. Holdout and validation keep every row; only `fit` is
/// thinned. Of more than `max_fit_rows` rows exactly so many are kept, in order of time: those with the least hash of
/// symbol name, decision time, seed and `as_of`. So a training takes the same rows on every machine, and one as of
/// another moment, or with another seed, takes others; what is kept of a symbol depends on how many rows there are, not
/// on the order of symbols or on who the others are. Features and labels are not looked at. Rows are kept with equal
/// chance, so hours of the day and symbols keep their shares; labels that overlap may both be kept (at a share p of the
/// rows a label of h bars meets some 2 p (h - 1) others of its symbol), and count by their weights as they do without
/// thinning. `Thinning::every_nth_bar` keeps every n-th bar instead, staggered by the symbol's number: from rows / 2 to
/// all of `max_fit_rows`, and overlapping labels only where n is below h. Cost: O(rows), 16 bytes a row.
/// Errors `split.no_folds` (data), `training.too_few_rows` (data).
Result<TrainingSplit> split_for_training(const Dataset& data, const TrainingOptions& options, Timestamp as_of);

/// Rows decided within `window_days` before `as_of` (0: all) whose label was known by then.
RowSet known_at(const Dataset& data, double window_days, Timestamp as_of);

/// All that is known, nothing kept back to be judged on: `fit` is all of `known` or, for a trainer that stops early,
/// what lies before the newest `validation_share` of its times. `holdout` is empty. Errors as `split_for_training`.
enum class StopsEarly { no, yes };
Result<TrainingSplit> split_of_known(const RowSet& known, StopsEarly stops_early, const TrainingOptions& options,
                                     Timestamp as_of);

}  // namespace clm
