#include "learning/life_cycle/live_forecasts.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace clm {

std::vector<VersionId> versions_concerned(const LifeCycleState& state) {
  std::set<VersionId> versions;
  for (const auto& [name, type] : state.types)
    if (!type.active.empty()) versions.insert(type.active);
  for (const Trial& trial : state.trials) {
    versions.insert(trial.challenger);
    if (!trial.reference.empty()) versions.insert(trial.reference);
  }
  return {versions.begin(), versions.end()};
}

LiveForecasts::LiveForecasts(const MarketTape& tape, const Registry& registry, const LearningOptions& options,
                             ServingRules rules)
    : tape_(tape),
      canary_(options.deployment.stages.canary),
      rules_(std::move(rules)),
      cache_(tape, registry, options.serving) {}

Result<std::vector<ForecastRow>> LiveForecasts::at(std::size_t bar, const LifeCycleState& state) {
  std::vector<ForecastRow> rows;
  const auto versions = versions_concerned(state);
  for (const VersionId& version : versions) {
    auto said = cache_.forecast(version, bar);
    if (!said) return forward_error(said);
    rows.push_back({tape_.close(bar), version.str(), std::move(*said)});
  }
  if (versions.empty()) return rows;
  auto served = this->served(bar, state);
  if (!served) return forward_error(served);
  rows.push_back({tape_.close(bar), kServed, std::move(*served)});
  return rows;
}

void LiveForecasts::keep_only_concerned(const LifeCycleState& state) { cache_.keep_only(versions_concerned(state)); }

/// By the same plan as the program that serves, of what the life cycle knows.
Result<std::vector<float>> LiveForecasts::served(std::size_t bar, const LifeCycleState& state) {
  std::map<std::string, VersionId> active;
  for (const auto& [name, type] : state.types)
    if (!type.active.empty()) active[name] = type.active;
  const auto facts = cache_.facts(std::move(active), canaries_of(state.trials, canary_));
  if (!facts) return forward_error(facts);
  return cache_.served(plan_serving(*facts, rules_, tape_.close(bar), tape_.symbols()), bar);
}

}  // namespace clm
