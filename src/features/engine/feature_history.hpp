#pragma once
#include <vector>

#include "features/engine/feature_engine.hpp"
#include "features/engine/symbol_pipeline.hpp"

namespace clm {

/// Runs `set` over all stored history and leaves behind the rows asked for and, for going on live, the pipelines in
/// the state they are in after the last bar. `compute_features` keeps the one, LiveFeatures the other.
struct FeatureHistory {
  FeatureFrame frame;
  std::vector<SymbolPipeline> pipelines;        ///< one per symbol of the source
  Timestamp last_open_time = Timestamp::min();  ///< of the newest bar that was fed
};
enum class KeepPipelines { no, yes };
Result<FeatureHistory> run_feature_history(const FeatureSet& set, const CandleSource& candles,
                                           const ContextSource* context, const FeatureOptions& options,
                                           KeepPipelines keep, const RunContext& run);

}  // namespace clm
