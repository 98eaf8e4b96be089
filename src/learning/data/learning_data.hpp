#pragma once
#include <memory>
#include <string>

#include "base/run_context.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "features/inputs/candle_source.hpp"
#include "features/inputs/context_source.hpp"
#include "features/labels/dataset_builder.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/data/market_tape.hpp"

namespace clm {

/// Everything that is learned from, as it was known at one moment.
struct LearningData {
  LabelledRows rows;
  LabelOptions label;       ///< in force: `auto` is settled
  std::string fingerprint;  ///< SHA-256 over every candle and context value read: the same data, the same text
};

struct LearningDataOptions {
  Timestamp as_of = Timestamp::max();  ///< nothing known later is read
  LabelOptions label;
  std::vector<int> delays_bars{
      MarketTape::kJudgedDelays.begin(),
      MarketTape::kJudgedDelays.end()};  ///< later entries that are judged beside the label's own
};

/// Features, labels and the fingerprint of `candles`. Cost: the features' own, plus two more readings of the candles.
/// Errors: those of the source and of `compute_features`, `dataset.no_rows` (data).
Result<LearningData> prepare_learning_data(const FeatureSet& features, const CandleSource& candles,
                                           const ContextSource* context, const LearningDataOptions& options,
                                           const RunContext& run);

/// The same on features that were computed before, over the same symbols and at least as much history: to the bit what
/// computing them as of `options.as_of` gives, since no later bar changes a row. Rows decided later have no label then
/// and are left out.
Result<LearningData> prepare_learning_data(std::shared_ptr<const FeatureFrame> frame, const CandleSource& candles,
                                           const ContextSource* context, const LearningDataOptions& options,
                                           const RunContext& run);

/// The same of a tape that was recorded before, of the same market, and reaches to `options.as_of` or further: its
/// features and its labels are to the bit those computed as of then. `set_hash`: of a feature set that the tape holds.
/// `options.label` and `options.delays_bars` are the tape's (contract). Cost: a reading of the candles, for the
/// fingerprint, and a copy of the labels.
Result<LearningData> prepare_learning_data(const MarketTape& tape, const std::string& set_hash,
                                           const CandleSource& candles, const ContextSource* context,
                                           const LearningDataOptions& options, const RunContext& run);

/// The truth of a choice of these rows, with the returns of later entries.
std::shared_ptr<const JudgedRows> judged_rows_of(const LearningData& data, const RowSet& rows);

}  // namespace clm
