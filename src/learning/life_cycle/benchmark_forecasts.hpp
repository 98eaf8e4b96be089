#pragma once
#include <map>
#include <string>
#include <vector>

#include "learning/data/forecast_cache.hpp"
#include "learning/data/forecast_history.hpp"
#include "learning/regret/regret.hpp"
#include "serving/serving_plan.hpp"

namespace clm {

/// Versions that were made of bars which closed after `time` are broken for that time: nobody says anything of a bar
/// that closed before it was made. Errors: those of the registry.
Status silence_too_young(ServingFacts& facts, ForecastCache& cache, Timestamp time);

/// What those say who are never served, and whom what is served is held against (`kNewest`, `kStatic`). Both go by
/// `plan_serving`, over other versions than are in service. Borrows tape and options.
class BenchmarkForecasts {
 public:
  BenchmarkForecasts(const MarketTape& tape, const LearningOptions& options, ServingRules rules)
      : tape_(tape), options_(options), rules_(std::move(rules)) {}

  /// A row of each that has a vote and forecasts what the tape's labels are about. `facts`: of who is active at the
  /// bar; `first_lineup`: as `LifeCycleState` has it. Age silences neither. Cost: the newest is made of forecasts that
  /// are asked for anyway; the static one costs those of its members, once it is not in service any more.
  Result<std::vector<ForecastRow>> at(std::size_t bar, const ServingFacts& facts,
                                      const std::map<std::string, VersionId>& first_lineup, ForecastCache& cache) const;
  /// Who is in service, by slot, and was accepted: all but the floor. Empty where nobody is, or nobody has a vote.
  std::map<std::string, VersionId> accepted(std::size_t bar, const ServingFacts& facts) const;

 private:
  ServingRules rules_of_newest() const;
  ServingPlan plan_of_newest(std::size_t bar, ServingFacts facts) const;
  Status add(const char* who, const ServingPlan& plan, std::size_t bar, ForecastCache& cache,
             std::vector<ForecastRow>& rows) const;

  const MarketTape& tape_;
  const LearningOptions& options_;
  ServingRules rules_;
};

}  // namespace clm
