#include "serving/canary_prediction.hpp"

#include <map>
#include <utility>

namespace clm {
namespace {

/// Versions that serve in the place of the active ones, by model type.
using Substitutes = std::map<std::string, VersionId>;

/// The symbols that some canary serves, as places in `symbols`, by who serves them.
std::map<Substitutes, std::vector<std::size_t>> served_by_canaries(const std::vector<Symbol>& symbols,
                                                                   const VersionId& active_ensemble,
                                                                   const std::vector<CanaryShare>& canaries) {
  std::map<Substitutes, std::vector<std::size_t>> groups;
  for (std::size_t s = 0; s < symbols.size(); ++s) {
    Substitutes instead;
    for (const CanaryShare& canary : canaries)
      if ((canary.model_type == kEnsembleType) == !active_ensemble.empty() &&
          in_canary_share(symbols[s], canary.version, canary.share))
        instead[canary.model_type] = canary.version;
    if (!instead.empty()) groups[instead].push_back(s);
  }
  return groups;
}

/// Those who serve where `instead` takes the active versions' places.
Result<Predictor> load_with(const Substitutes& instead, const Registry& registry,
                            const std::vector<std::string>& model_types, PredictorOptions options) {
  options.instead = instead;
  return Predictor::load(registry, model_types, std::move(options));
}

/// Canaries that are usable, and those that are not, each with why it says nothing.
struct SortedCanaries {
  std::vector<CanaryShare> sound;
  std::vector<std::pair<CanaryShare, std::string>> broken;
};

Result<SortedCanaries> sorted(const Registry& registry, const std::vector<CanaryShare>& canaries) {
  SortedCanaries out;
  for (const CanaryShare& canary : canaries) {
    const auto record = registry.find(canary.version.str());
    if (!record) return forward_error(record);
    const auto broken = registry.what_is_broken(*record);
    if (!broken) return forward_error(broken);
    if (!*broken)
      out.sound.push_back(canary);
    else
      out.broken.emplace_back(canary,
                              "the canary " + canary.version.str() +
                                  " is broken, and the active version serves in its place: " + to_string(**broken));
  }
  return out;
}

void note_broken(Prediction& prediction, const SortedCanaries& canaries) {
  for (const auto& [canary, why] : canaries.broken)
    if (in_canary_share(prediction.symbol, canary.version, canary.share))
      prediction.abstained.push_back({canary.model_type, why});
}

void note_canaries(Prediction& prediction, const Substitutes& instead) {
  for (const auto& [type, version] : instead) prediction.canaries.push_back(version);
}

}  // namespace

Result<Forecasts> predict_with_canaries(const Registry& registry, const std::vector<std::string>& model_types,
                                        const PredictorOptions& options, const std::vector<CanaryShare>& canaries,
                                        const CandleSource& candles, const ContextSource* context, Timestamp as_of,
                                        const RunContext& run) {
  const auto predict = [&](const Substitutes& instead) -> Result<Forecasts> {
    const auto predictor = load_with(instead, registry, model_types, options);
    if (!predictor) return forward_error(predictor);
    return predictor->predict(candles, context, as_of, run);
  };
  const auto able = sorted(registry, canaries);
  if (!able) return forward_error(able);
  auto served = predict(options.instead);
  if (!served) return served;
  for (Prediction& prediction : served->predictions) note_broken(prediction, *able);
  for (const auto& [instead, places] : served_by_canaries(candles.symbols(), served->ensemble, able->sound)) {
    auto theirs = predict(instead);
    if (!theirs) return theirs;
    if (theirs->horizon_bars != served->horizon_bars) served->horizon_bars.reset();
    if (theirs->basis != served->basis) served->basis = ReturnBasis::relative;
    for (const std::size_t place : places) {
      served->predictions[place] = std::move(theirs->predictions[place]);
      note_canaries(served->predictions[place], instead);
    }
  }
  return served;
}

Result<Explanations> explain_with_canaries(const Registry& registry, const std::vector<std::string>& model_types,
                                           const PredictorOptions& options, const std::vector<CanaryShare>& canaries,
                                           const CandleSource& candles, const ContextSource* context, Timestamp as_of,
                                           const std::vector<Symbol>& symbols, const RunContext& run) {
  const auto explain = [&](const Substitutes& instead, const std::vector<Symbol>& asked) -> Result<Explanations> {
    const auto predictor = load_with(instead, registry, model_types, options);
    if (!predictor) return forward_error(predictor);
    return predictor->explain(candles, context, as_of, asked, run);
  };
  const auto able = sorted(registry, canaries);
  if (!able) return forward_error(able);
  auto explained = explain(options.instead, symbols);
  if (!explained) return explained;
  for (Explanation& explanation : explained->explanations) note_broken(explanation.prediction, *able);
  for (const auto& [instead, places] : served_by_canaries(symbols, explained->ensemble, able->sound)) {
    std::vector<Symbol> asked;
    for (const std::size_t place : places) asked.push_back(symbols[place]);
    auto theirs = explain(instead, asked);
    if (!theirs) return theirs;
    for (std::size_t i = 0; i < places.size(); ++i) {
      explained->explanations[places[i]] = std::move(theirs->explanations[i]);
      note_canaries(explained->explanations[places[i]].prediction, instead);
    }
  }
  return explained;
}

}  // namespace clm
