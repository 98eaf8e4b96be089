#pragma once
#include <string>
#include <vector>

#include "serving/canary_share.hpp"
#include "serving/predictor.hpp"

namespace clm {

/// What is served while versions are in the canary: each symbol that belongs to a canary's share is forecast with it in
/// the place of its type's active version, and says so; all others as `Predictor::load` has it. With an active ensemble
/// only the canary of another ensemble counts: its members' own types do not serve by themselves. A canary whose bytes
/// are broken abstains and leaves its share to the active version.
/// Errors and cost: those of `load` and `predict`, once more for each set of canaries that some symbol is served by.
Result<Forecasts> predict_with_canaries(const Registry& registry, const std::vector<std::string>& model_types,
                                        const PredictorOptions& options, const std::vector<CanaryShare>& canaries,
                                        const CandleSource& candles, const ContextSource* context, Timestamp as_of,
                                        const RunContext& run);

/// What `predict_with_canaries` says about `symbols`, and what moved it there: a symbol of a canary's share is
/// explained by the canary. Errors as above, and `predict.unknown_symbol` (usage).
Result<Explanations> explain_with_canaries(const Registry& registry, const std::vector<std::string>& model_types,
                                           const PredictorOptions& options, const std::vector<CanaryShare>& canaries,
                                           const CandleSource& candles, const ContextSource* context, Timestamp as_of,
                                           const std::vector<Symbol>& symbols, const RunContext& run);

}  // namespace clm
