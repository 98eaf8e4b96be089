#include "serving/serving_bundle.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace clm {
namespace {

/// Versions that serve in the place of the active ones, by model type.
using Substitutes = std::map<std::string, VersionId>;

/// The symbols that some canary serves, as places in `symbols`, by who serves them.
std::map<Substitutes, std::vector<std::size_t>> served_by_canaries(const std::vector<Symbol>& symbols,
                                                                   bool by_an_ensemble,
                                                                   const std::vector<CanaryShare>& canaries) {
  std::map<Substitutes, std::vector<std::size_t>> groups;
  for (std::size_t s = 0; s < symbols.size(); ++s) {
    Substitutes instead;
    for (const CanaryShare& canary : canaries)
      if ((canary.model_type == kEnsembleType) == by_an_ensemble &&
          in_canary_share(symbols[s], canary.version, canary.share))
        instead[canary.model_type] = canary.version;
    if (!instead.empty()) groups[instead].push_back(s);
  }
  return groups;
}

}  // namespace

Result<std::shared_ptr<const ServingBundle>> ServingBundle::load(const Registry& registry, const ServingRules& rules,
                                                                 std::vector<CanaryShare> canaries,
                                                                 const std::vector<Symbol>& symbols) {
  // What is read in several steps is of one moment only if nothing moved meanwhile.
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    const auto generation = registry.generation();
    if (!generation) return forward_error(generation);
    auto active = Predictor::load(registry, rules.model_types, rules.options);
    if (!active) return forward_error(active);
    std::shared_ptr<ServingBundle> bundle(new ServingBundle(std::move(*active)));
    bundle->generation_ = *generation;
    bundle->canaries_ = canaries;
    bundle->needs_ = bundle->active_.needs();
    if (auto added = bundle->add_canaries(registry, rules, symbols); !added) return forward_error(added);
    const auto now = registry.generation();
    if (!now) return forward_error(now);
    if (*now == *generation) return bundle;
  }
  return fail(ErrorKind::locked, "serving.moving", "versions are moved faster than they can be loaded", {},
              "Try again in a moment; clm history says who moves them.");
}

Status ServingBundle::add_canaries(const Registry& registry, const ServingRules& rules,
                                   const std::vector<Symbol>& symbols) {
  std::vector<CanaryShare> sound;
  for (const CanaryShare& canary : canaries_) {
    const auto record = registry.find(canary.version.str());
    if (!record) return forward_error(record);
    const auto broken = registry.what_is_broken(*record);
    if (!broken) return forward_error(broken);
    if (*broken)
      broken_.emplace_back(canary,
                           "the canary " + canary.version.str() +
                               " is broken, and the active version serves in its place: " + to_string(**broken));
    else
      sound.push_back(canary);
  }
  for (auto& [instead, places] : served_by_canaries(symbols, active_.is_ensemble(), sound)) {
    PredictorOptions options = rules.options;
    options.instead = instead;
    auto predictor = Predictor::load(registry, rules.model_types, std::move(options));
    if (!predictor) return forward_error(predictor);
    needs_.add(predictor->needs());
    std::vector<VersionId> versions;
    for (const auto& [type, version] : instead) versions.push_back(version);
    groups_.push_back({std::move(versions), places, std::move(*predictor)});
  }
  return {};
}

void ServingBundle::note_broken(Prediction& prediction) const {
  for (const auto& [canary, why] : broken_)
    if (in_canary_share(prediction.symbol, canary.version, canary.share))
      prediction.abstained.push_back({canary.model_type, why});
}

Forecasts ServingBundle::predict(const BarInputs& inputs) const {
  Forecasts served = active_.predict(inputs);
  for (Prediction& prediction : served.predictions) note_broken(prediction);
  for (const CanaryGroup& group : groups_) {
    Forecasts theirs = group.predictor.predict(inputs);
    if (theirs.horizon_bars != served.horizon_bars) served.horizon_bars.reset();
    if (theirs.basis != served.basis) served.basis = ReturnBasis::relative;
    for (const std::size_t place : group.places) {
      served.predictions[place] = std::move(theirs.predictions[place]);
      served.predictions[place].canaries = group.canaries;
    }
  }
  return served;
}

Result<Explanations> ServingBundle::explain(const BarInputs& inputs, const std::vector<Symbol>& symbols) const {
  auto explained = active_.explain(inputs, symbols);
  if (!explained) return explained;
  for (Explanation& explanation : explained->explanations) note_broken(explanation.prediction);
  for (const CanaryGroup& group : groups_) {
    std::vector<Symbol> asked;
    std::vector<std::size_t> answered;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const bool theirs = std::any_of(group.places.begin(), group.places.end(),
                                      [&](std::size_t place) { return inputs.symbols[place] == symbols[i]; });
      if (!theirs) continue;
      asked.push_back(symbols[i]);
      answered.push_back(i);
    }
    if (asked.empty()) continue;
    auto theirs = group.predictor.explain(inputs, asked);
    if (!theirs) return theirs;
    for (std::size_t i = 0; i < answered.size(); ++i) {
      explained->explanations[answered[i]] = std::move(theirs->explanations[i]);
      explained->explanations[answered[i]].prediction.canaries = group.canaries;
    }
  }
  return explained;
}

}  // namespace clm
