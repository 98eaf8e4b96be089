#pragma once
#include <memory>
#include <string>

#include "learning/cycle/reproduce.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/training_split.hpp"

namespace clm {

/// The rows that a version was judged on and not fitted on, made again from its manifest. Not movable: the split points
/// into the data.
struct HeldOutRows {
  HeldOutRows() = default;
  HeldOutRows(const HeldOutRows&) = delete;
  HeldOutRows& operator=(const HeldOutRows&) = delete;

  LearningData data;
  TrainingSplit split;  ///< its `holdout`
  std::string note;     ///< what differs from the judging, in words; empty if nothing
};

/// By the manifest's own protocol, whatever the settings say today. Candles that were corrected since are said in
/// `note`. Cost: that of computing the features of the protocol's universe. Errors: those of reading candles, of
/// `split_for_training`, and `model.feature_hash` (integrity) where the feature set has changed since.
Result<std::unique_ptr<HeldOutRows>> held_out_rows(const Manifest& manifest, const OpenCandles& open_candles,
                                                   const ContextSource* context, const RunContext& run);

/// Every n-th decision time of `rows`, whole, so that at most about `most_rows` are left; all where they are fewer.
RowSet thinned(const RowSet& rows, std::size_t most_rows);

}  // namespace clm
