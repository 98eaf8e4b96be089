#pragma once
#include <set>
#include <string>
#include <vector>

#include "evaluation/ensemble/ensemble_rule.hpp"
#include "learning/data/forecast_cache.hpp"
#include "learning/data/forecast_history.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"
#include "learning/options/configured_weights.hpp"

namespace clm {

/// What everybody concerned says at a bar, and what is served of it: the ensemble's forecast where it has a vote, else
/// the weighted mean of the active versions of the types that the settings name, as `Predictor` has it; a canary's
/// where it has its share of the symbols. Borrows tape, registry and options.
class LiveForecasts {
 public:
  LiveForecasts(const MarketTape& tape, const Registry& registry, const LearningOptions& options,
                ConfiguredWeights weights);

  /// One row per version, and one of what is served (`kServed`); none where nobody is concerned. Cost: that of
  /// `ForecastCache`. Errors: those of artifacts and the registry.
  Result<std::vector<ForecastRow>> at(std::size_t bar, const LifeCycleState& state);
  /// Models of versions that are not concerned any more are forgotten.
  void keep_only_concerned(const LifeCycleState& state);

 private:
  std::vector<float> served(Timestamp now, const LifeCycleState& state, const std::vector<ForecastRow>& rows) const;
  std::vector<float> slot_forecast(const std::string& name, const TypeState& type, const LifeCycleState& state,
                                   const std::vector<ForecastRow>& rows) const;

  const MarketTape& tape_;
  const LearningOptions& options_;
  const std::set<std::string> configured_;  ///< types that may be served
  ConfiguredWeights weights_;
  ForecastCache cache_;
};

/// The active versions, and both sides of every trial; each once, ascending.
std::vector<VersionId> versions_concerned(const LifeCycleState& state);

}  // namespace clm
