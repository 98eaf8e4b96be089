#pragma once
#include <vector>

#include "learning/data/forecast_cache.hpp"
#include "learning/data/forecast_history.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"
#include "serving/serving_plan.hpp"

namespace clm {

/// What everybody concerned says at a bar, and what is served of it, as `plan_serving` has it. Borrows tape, registry
/// and options.
class LiveForecasts {
 public:
  LiveForecasts(const MarketTape& tape, const Registry& registry, const LearningOptions& options, ServingRules rules);

  /// One row per version, and one of what is served (`kServed`); none where nobody is concerned. Cost: that of
  /// `ForecastCache`. Errors: those of artifacts and the registry.
  Result<std::vector<ForecastRow>> at(std::size_t bar, const LifeCycleState& state);
  /// Models of versions that are not concerned any more are forgotten.
  void keep_only_concerned(const LifeCycleState& state);

 private:
  Result<std::vector<float>> served(std::size_t bar, const LifeCycleState& state);

  const MarketTape& tape_;
  const CanaryOptions& canary_;
  ServingRules rules_;
  ForecastCache cache_;
};

/// The active versions, and both sides of every trial; each once, ascending.
std::vector<VersionId> versions_concerned(const LifeCycleState& state);

}  // namespace clm
