#include "serving/canary_prediction.hpp"

#include <map>

namespace clm {

Result<Forecasts> predict_with_canaries(const Registry& registry, const std::vector<std::string>& model_types,
                                        const PredictorOptions& options, const std::vector<CanaryShare>& canaries,
                                        const CandleSource& candles, const ContextSource* context, Timestamp as_of,
                                        const RunContext& run) {
  const auto predict = [&](const PredictorOptions& own) -> Result<Forecasts> {
    const auto predictor = Predictor::load(registry, model_types, own, Predictor::IfBroken::refuse);
    if (!predictor) return forward_error(predictor);
    return predictor->predict(candles, context, as_of, run);
  };
  auto served = predict(options);
  if (!served) return served;
  // Symbols by who serves them instead.
  std::map<std::map<std::string, VersionId>, std::vector<std::size_t>> groups;
  for (std::size_t s = 0; s < served->predictions.size(); ++s) {
    std::map<std::string, VersionId> instead;
    for (const CanaryShare& canary : canaries)
      if ((canary.model_type == kEnsembleType) == !served->ensemble.empty() &&
          in_canary_share(served->predictions[s].symbol, canary.version, canary.share))
        instead[canary.model_type] = canary.version;
    if (!instead.empty()) groups[instead].push_back(s);
  }
  for (const auto& [instead, symbols] : groups) {
    PredictorOptions own = options;
    own.instead = instead;
    auto theirs = predict(own);
    if (!theirs) return theirs;
    for (const std::size_t s : symbols) {
      served->predictions[s] = std::move(theirs->predictions[s]);
      for (const auto& [type, version] : instead) served->predictions[s].canaries.push_back(version);
    }
  }
  return served;
}

}  // namespace clm
