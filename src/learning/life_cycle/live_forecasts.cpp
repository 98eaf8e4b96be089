#include "learning/life_cycle/live_forecasts.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "learning/options/configured_types.hpp"
#include "serving/canary_share.hpp"

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
                             ConfiguredWeights weights)
    : tape_(tape),
      options_(options),
      configured_(configured_types(options)),
      weights_(std::move(weights)),
      cache_(tape, registry, options.serving) {}

Result<std::vector<ForecastRow>> LiveForecasts::at(std::size_t bar, const LifeCycleState& state) {
  std::vector<ForecastRow> rows;
  const auto versions = versions_concerned(state);
  for (const VersionId& version : versions) {
    auto said = cache_.forecast(version, bar);
    if (!said) return forward_error(said);
    rows.push_back({tape_.close(bar), version.str(), std::move(*said)});
  }
  if (!versions.empty()) rows.push_back({tape_.close(bar), kServed, served(tape_.close(bar), state, rows)});
  return rows;
}

void LiveForecasts::keep_only_concerned(const LifeCycleState& state) { cache_.keep_only(versions_concerned(state)); }

/// The active version's forecasts, and the canary's where it has its share.
std::vector<float> LiveForecasts::slot_forecast(const std::string& name, const TypeState& type,
                                                const LifeCycleState& state,
                                                const std::vector<ForecastRow>& rows) const {
  std::vector<float> said = row_of(rows, type.active)->forecast;
  for (const Trial& trial : state.trials) {
    const double share = canary_share(trial, options_.deployment.stages.canary);
    if (trial.model_type != name || share == 0) continue;
    const std::vector<float>& canary = row_of(rows, trial.challenger)->forecast;
    for (std::size_t s = 0; s < said.size(); ++s)
      if (in_canary_share(tape_.symbols()[s], trial.challenger, share)) said[s] = canary[s];
  }
  return said;
}

std::vector<float> LiveForecasts::served(Timestamp now, const LifeCycleState& state,
                                         const std::vector<ForecastRow>& rows) const {
  const std::size_t symbols = tape_.symbols().size();
  const auto ensemble = state.types.find(std::string(kEnsembleType));
  if (ensemble != state.types.end() && !is_vacant(ensemble->second, now, options_.serving))
    return slot_forecast(ensemble->first, ensemble->second, state, rows);

  std::vector<double> sum(symbols, 0), weight(symbols, 0);
  for (const auto& [name, type] : state.types) {
    const bool may_serve = name != kEnsembleType && configured_.contains(name);
    if (!may_serve || is_vacant(type, now, options_.serving)) continue;
    const std::vector<float> said = slot_forecast(name, type, state, rows);
    for (std::size_t s = 0; s < symbols; ++s) {
      if (std::isnan(said[s])) continue;
      sum[s] += weights_.of(name) * static_cast<double>(said[s]);
      weight[s] += weights_.of(name);
    }
  }
  std::vector<float> out(symbols, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t s = 0; s < symbols; ++s)
    if (weight[s] > 0) out[s] = static_cast<float>(sum[s] / weight[s]);
  return out;
}

}  // namespace clm
