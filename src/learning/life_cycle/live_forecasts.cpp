#include "learning/life_cycle/live_forecasts.hpp"

#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace clm {
namespace {

/// Who is active, and the members of the active ensemble.
std::set<VersionId> in_service(const ServingFacts& facts) {
  std::set<VersionId> versions;
  for (const auto& [model_type, version] : facts.active) {
    versions.insert(version);
    const auto& rule = facts.versions.at(version).rule;
    if (!rule) continue;
    for (const EnsembleMember& member : rule->members) versions.insert(VersionId(member.version));
  }
  return versions;
}

}  // namespace

std::vector<VersionId> versions_concerned(const LifeCycleState& state) {
  std::set<VersionId> versions;
  for (const auto& [name, type] : state.types)
    if (!type.active.empty()) versions.insert(type.active);
  for (const Trial& trial : state.trials) {
    versions.insert(trial.challenger);
    if (!trial.reference.empty()) versions.insert(trial.reference);
  }
  for (const Withdrawal& withdrawal : state.withdrawals)
    versions.insert(withdrawal.heard.begin(), withdrawal.heard.end());
  return {versions.begin(), versions.end()};
}

LiveForecasts::LiveForecasts(const MarketTape& tape, const Registry& registry, const LearningOptions& options,
                             ServingRules rules)
    : tape_(tape),
      canary_(options.deployment.stages.canary),
      rules_(std::move(rules)),
      benchmarks_(tape, options, rules_),
      cache_(tape, registry, options.serving) {}

Result<std::vector<ForecastRow>> LiveForecasts::at(std::size_t bar, const LifeCycleState& state) {
  std::vector<ForecastRow> rows;
  const auto concerned = versions_concerned(state);
  if (concerned.empty()) return rows;
  const auto facts = this->facts(bar, state);
  if (!facts) return forward_error(facts);
  const std::set<VersionId> serving = in_service(*facts);
  std::set<VersionId> heard = serving;
  heard.insert(concerned.begin(), concerned.end());
  const Timestamp now = tape_.close(bar);
  for (const VersionId& version : heard) {
    const auto too_young = cache_.was_made_after(version, now);
    if (!too_young) return forward_error(too_young);
    if (*too_young) continue;
    auto said = cache_.forecast(version, bar);
    if (!said) return forward_error(said);
    rows.push_back(
        {now, version.str(), std::move(*said), serving.contains(version) ? Heard::in_service : Heard::for_a_trial});
  }
  auto benchmarks = benchmarks_.at(bar, *facts, state.first_lineup, cache_);
  if (!benchmarks) return forward_error(benchmarks);
  std::move(benchmarks->begin(), benchmarks->end(), std::back_inserter(rows));
  auto served = this->served(bar, *facts);
  if (!served) return forward_error(served);
  rows.push_back(std::move(*served));
  return rows;
}

Result<std::map<std::string, VersionId>> LiveForecasts::accepted(std::size_t bar, const LifeCycleState& state) {
  const auto facts = this->facts(bar, state);
  if (!facts) return forward_error(facts);
  return benchmarks_.accepted(bar, *facts);
}

void LiveForecasts::keep_only_concerned(const LifeCycleState& state) {
  auto versions = versions_concerned(state);
  for (const auto& [slot, version] : state.first_lineup) versions.push_back(version);
  cache_.keep_only(versions);
}

/// What the life cycle knows of who serves.
Result<ServingFacts> LiveForecasts::facts(std::size_t bar, const LifeCycleState& state) {
  std::map<std::string, VersionId> active;
  for (const auto& [name, type] : state.types)
    if (!type.active.empty()) active[name] = type.active;
  auto facts = cache_.facts(std::move(active), canaries_of(state.trials, canary_), state.suspended);
  if (!facts) return forward_error(facts);
  if (auto silenced = silence_too_young(*facts, cache_, tape_.close(bar)); !silenced) return forward_error(silenced);
  return facts;
}

/// By the same plan as the program that serves.
Result<ForecastRow> LiveForecasts::served(std::size_t bar, const ServingFacts& facts) {
  const ServingPlan plan = plan_serving(facts, rules_, tape_.close(bar), tape_.symbols());
  auto said = cache_.served(plan, bar);
  if (!said) return forward_error(said);
  ServedTerms terms{plan.lineups.front().ensemble, plan.label, {}, {}, {}};
  const ReturnBasis basis = return_basis(plan.label.target);
  for (std::size_t s = 0; s < tape_.symbols().size(); ++s) {
    const double expected = said->expected_return_bps[s], up = said->up_probability[s];
    terms.expected_return_bps.push_back(static_cast<float>(expected));
    terms.up_probability.push_back(static_cast<float>(up));
    terms.actions.push_back(std::isnan(expected) ? Action::hold : advise(expected, up, basis, rules_.costs).action);
  }
  return ForecastRow{tape_.close(bar), kServed, std::move(said->forecast), Heard::in_service, std::move(terms)};
}

}  // namespace clm
