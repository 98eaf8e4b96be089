#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "features/dataset.hpp"

namespace clm {

/// Splits of rows whose labels last: row i covers the closed span [decided_at, known_at]. All symbols are split at
/// the same moments. Training spans never touch a test span (Lopez de Prado, Advances in Financial Machine
/// Learning, 2018, ch. 7). Pure functions; cost O(rows log rows) per split unless said otherwise.

/// What a model is trained on and what it is judged on.
struct Fold {
  RowSet train;
  RowSet test;
};

/// A closed span of time that test labels cover.
struct LabelSpan {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
};

/// The rows whose span [a, b] touches no test span [c, d] (touching: a <= d and b >= c) and which were not decided
/// within `embargo` after a test span, in (d, d + embargo]. Every test span is looked at alone: rows between two of
/// them stay.
RowSet purge(const RowSet& rows, std::span<const LabelSpan> test_spans, Duration embargo);

/// The smallest span that covers the labels of `rows`, which must not be empty.
LabelSpan label_span(const RowSet& rows);

struct WalkForwardOptions {
  Duration train_length{0};            ///< how far back training rows reach before a block; 0 = all history (expanding)
  Duration embargo{0};                 ///< extra distance between the last training label and the test block
  Timestamp as_of = Timestamp::max();  ///< rows whose label was not known by then do not exist
};

/// Consecutive test blocks of `length`, starting every `step`, the first at `range.from`; the last one may be cut at
/// `range.to`. length, step > 0.
std::vector<TimeRange> test_blocks(TimeRange range, Duration length, Duration step);
/// `range` cut at the beginnings of calendar months (UTC): the first and the last block may be parts of a month.
std::vector<TimeRange> calendar_month_blocks(TimeRange range);

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

struct CombinatorialOptions {
  int groups = 10;      ///< N equal groups of distinct decision times
  int test_groups = 8;  ///< k of them are the test set of a split; 0 < k < N
  Duration embargo{0};  ///< after every test span
  Timestamp as_of = Timestamp::max();
};

/// One of the C(N, k) splits. `groups[i]` is the i-th test group, `paths[i]` the backtest path that this split's
/// forecasts of that group belong to.
struct CombinatorialFold {
  Fold fold;
  std::vector<int> groups;
  std::vector<int> paths;
};

/// Combinatorial purged cross-validation (Lopez de Prado 2018, ch. 12), splits in lexicographic order of their test
/// groups. Error `split.no_folds` (data) with fewer times than groups. Cost O(C(N, k) rows).
Result<std::vector<CombinatorialFold>> combinatorial_purged(const RowSet& rows, const CombinatorialOptions& options);

/// Number of whole backtest paths, k C(N, k) / N.
std::size_t backtest_path_count(int groups, int test_groups);

}  // namespace clm
