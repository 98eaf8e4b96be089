#pragma once
#include "base/run_context.hpp"
#include "features/engine/feature_frame.hpp"
#include "features/inputs/candle_source.hpp"
#include "features/inputs/context_source.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {

struct FeatureOptions {
  /// Nothing that became known after this moment is read: bars that close later do not exist.
  Timestamp as_of = Timestamp::max();
  /// Rows of bars that open in this range are returned. Earlier bars are still read, since streams begin at the
  /// beginning of the stored history: a row has the same bits whatever is asked for beside it.
  TimeRange rows;
};

/// Computes `set` over every bar of `candles`. `context` may be null: its features are NaN then.
///
/// Streams start at the first stored bar of a symbol and start over after a long gap (more than kShortGapBars missing
/// or unusable bars); an unusable bar keeps its row, all NaN. Row r depends on bars closed, and context known, by the
/// close of bar r alone, so later data never changes an earlier row. Infinite values are stored as NaN.
///
/// Three phases: symbols one by one; the universe's returns per time, and what depends on them;
/// cross-sections per time. Each runs `run.jobs` side by side with the same bits for any number of jobs.
/// Memory: the result, `run.jobs` series or 16,384 bars a job of short ones, and 24 bytes a bar of history (besides the
/// result's own `bars`). Errors: those of `load`; `features.order` (data) if bars do not ascend, `features.interval`
/// (data) if a series is of another interval; `cancelled`.
Result<FeatureFrame> compute_features(const FeatureSet& set, const CandleSource& candles, const ContextSource* context,
                                      const FeatureOptions& options, const RunContext& run);

}  // namespace clm
