#pragma once
#include <vector>

#include "learning/data/forecast_cache.hpp"
#include "learning/data/forecast_history.hpp"
#include "learning/life_cycle/benchmark_forecasts.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"
#include "serving/serving_plan.hpp"

namespace clm {

/// What everybody concerned says at a bar, and what is served of it, as `plan_serving` has it. Nobody says anything of
/// a bar that closed before it was made: where such a version is active, as after a pause in which a person promoted
/// it, it is passed over as a broken one is. Borrows tape, registry and options.
class LiveForecasts {
 public:
  LiveForecasts(const MarketTape& tape, const Registry& registry, const LearningOptions& options, ServingRules rules);

  /// One row per version: the active ones, the members of the active ensemble, both sides of every trial, and those
  /// suspended that may come back; one of what is served (`kServed`), with its terms; and those of
  /// `BenchmarkForecasts`. None where nobody is concerned. Cost: that of `ForecastCache`; of members, which are asked
  /// for their votes anyway, that of storing a row. Errors: those of artifacts and the registry.
  Result<std::vector<ForecastRow>> at(std::size_t bar, const LifeCycleState& state);
  /// Who would be the first lineup, if this is the first bar at which anybody accepted speaks. Errors as `at`.
  Result<std::map<std::string, VersionId>> accepted(std::size_t bar, const LifeCycleState& state);
  /// Models of versions that are not concerned any more are forgotten.
  void keep_only_concerned(const LifeCycleState& state);

 private:
  Result<ServingFacts> facts(std::size_t bar, const LifeCycleState& state);
  Result<ForecastRow> served(std::size_t bar, const ServingFacts& facts);

  const MarketTape& tape_;
  const CanaryOptions& canary_;
  ServingRules rules_;
  BenchmarkForecasts benchmarks_;
  ForecastCache cache_;
};

/// The active versions, both sides of every trial, and those suspended that may come back; each once, ascending.
std::vector<VersionId> versions_concerned(const LifeCycleState& state);

}  // namespace clm
