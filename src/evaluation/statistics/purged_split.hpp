#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "features/labels/dataset.hpp"

namespace clm {

/// Splits of rows whose labels last: row i covers the closed span [decided_at, known_at]. All symbols are split at
/// the same moments. Training spans never touch a test span (Lopez de Prado, Advances in Financial Machine
/// Learning, 2018, ch. 7). Pure functions; cost O(rows log rows) per split unless said otherwise.

/// What a model is trained on and what it is judged on.
struct Fold {
  RowSet train;
  RowSet test;
};

struct WalkForwardOptions {
  Duration train_length{0};            ///< how far back training rows reach before a block; 0 = all history (expanding)
  Duration embargo{0};                 ///< extra distance between the last training label and the test block
  Timestamp as_of = Timestamp::max();  ///< rows whose label was not known by then do not exist
};

/// One fold per block: test = rows decided in the block, train = rows whose label was known more than `embargo`
/// before the block's first decision. Blocks without training or test rows are left out. Error `split.no_folds` (data).
Result<std::vector<Fold>> walk_forward(const RowSet& rows, std::span<const TimeRange> blocks,
                                       const WalkForwardOptions& options);

struct HoldoutOptions {
  double share = 0.25;                 ///< of the distinct decision times, counted from the end; in (0, 1)
  Duration embargo{0};                 ///< extra distance between the last training label and the test rows
  Timestamp as_of = Timestamp::max();  ///< rows whose label was not known by then do not exist
};

/// The last `share` of time as test, what was known before it as train. Error `split.no_folds` (data).
Result<Fold> holdout_split(const RowSet& rows, const HoldoutOptions& options);

/// The same cut inside the training rows, for early stopping: `train` to fit on, `test` to stop by.
/// Error `split.no_folds` (data): then train without early stopping.
Result<Fold> inner_split(const RowSet& train, double share, Duration embargo);

}  // namespace clm
