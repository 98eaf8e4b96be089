#include "learning/life_cycle/benchmark_forecasts.hpp"

#include <algorithm>
#include <utility>

#include "evaluation/metrics/forecast_table.hpp"
#include "registry/manifest.hpp"

namespace clm {

Status silence_too_young(ServingFacts& facts, ForecastCache& cache, Timestamp time) {
  for (auto& [version, one] : facts.versions) {
    const auto too_young = cache.was_made_after(version, time);
    if (!too_young) return forward_error(too_young);
    if (*too_young) one.broken = "it was made of bars that had not closed by then";
  }
  return {};
}

/// As `compose_ensemble` weighs recipes.
ServingRules BenchmarkForecasts::rules_of_newest() const {
  ServingRules rules = rules_;
  rules.max_data_age = Duration(0);
  const EnsembleOptions& ensemble = options_.ensemble;
  if (ensemble.mode == EnsembleMode::off) return rules;
  if (!ensemble.models.empty()) rules.model_types = {ensemble.models.begin(), ensemble.models.end()};
  rules.bounds = {0, 1};
  if (ensemble.mode != EnsembleMode::fixed) {
    rules.weights.clear();
    rules.other_weight = 1;
  }
  return rules;
}

ServingPlan BenchmarkForecasts::plan_of_newest(std::size_t bar, ServingFacts facts) const {
  facts.active.erase(std::string(kEnsembleType));
  facts.canaries.clear();
  // Who serves the newest vintage whatever comes asks nobody whether it does harm.
  for (auto& [version, one] : facts.versions) one.suspended.clear();
  ServingPlan plan = plan_serving(facts, rules_of_newest(), tape_.close(bar), tape_.symbols());
  if (options_.ensemble.mode != EnsembleMode::off && return_basis(plan.label.target) == ReturnBasis::relative)
    plan.lineups.front().rule.standardised_from = options_.judging.min_symbols;
  return plan;
}

Status BenchmarkForecasts::add(const char* who, const ServingPlan& plan, std::size_t bar, ForecastCache& cache,
                               std::vector<ForecastRow>& rows) const {
  if (!plan.lineups.front().has_vote() || !are_judged_alike(plan.label, tape_.label())) return {};
  auto said = cache.served(plan, bar);
  if (!said) return forward_error(said);
  rows.push_back({tape_.close(bar), who, std::move(said->forecast)});
  return {};
}

Result<std::vector<ForecastRow>> BenchmarkForecasts::at(std::size_t bar, const ServingFacts& facts,
                                                        const std::map<std::string, VersionId>& first_lineup,
                                                        ForecastCache& cache) const {
  std::vector<ForecastRow> rows;
  if (auto added = add(kNewest, plan_of_newest(bar, facts), bar, cache, rows); !added) return forward_error(added);
  if (first_lineup.empty()) return rows;
  auto first = cache.facts(first_lineup, {});
  if (!first) return forward_error(first);
  if (auto silenced = silence_too_young(*first, cache, tape_.close(bar)); !silenced) return forward_error(silenced);
  ServingRules rules = rules_;
  rules.max_data_age = Duration(0);
  rules.floor.clear();
  rules.model_types.clear();
  for (const auto& [slot, version] : first_lineup)
    if (slot != kEnsembleType) rules.model_types.insert(slot);
  const ServingPlan plan = plan_serving(*first, rules, tape_.close(bar), tape_.symbols());
  if (auto added = add(kStatic, plan, bar, cache, rows); !added) return forward_error(added);
  return rows;
}

std::map<std::string, VersionId> BenchmarkForecasts::accepted(std::size_t bar, const ServingFacts& facts) const {
  std::map<std::string, VersionId> accepted;
  for (const auto& [slot, version] : facts.active)
    if (rules_.model_types.contains(slot)) accepted[slot] = version;
  if (accepted.empty()) return {};
  if (const auto ensemble = facts.active.find(std::string(kEnsembleType)); ensemble != facts.active.end()) {
    const auto& rule = facts.versions.at(ensemble->second).rule;
    const bool is_of_accepted =
        rule && std::any_of(rule->members.begin(), rule->members.end(),
                            [&](const auto& member) { return accepted.contains(member.model_type); });
    if (is_of_accepted) accepted[std::string(kEnsembleType)] = ensemble->second;
  }
  ServingFacts alone{accepted, {}, facts.versions};
  const ServingPlan plan = plan_serving(alone, rules_, tape_.close(bar), tape_.symbols());
  return plan.lineups.front().has_vote() ? accepted : std::map<std::string, VersionId>();
}

}  // namespace clm
