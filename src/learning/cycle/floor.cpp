#include "learning/cycle/floor.hpp"

#include <algorithm>

#include "base/contract.hpp"
#include "learning/cycle/recipe_acceptance.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/options/serving_rules.hpp"

namespace clm {

bool wants_floor(const LearningOptions& options) {
  const std::string type = floor_type(options);
  const auto& trained = options.training.models;
  return !type.empty() && options.policy.ladder == Ladder::off && options.deployment.gate != PolicyGate::none &&
         std::find(trained.begin(), trained.end(), type) == trained.end();
}

Trigger floor_trigger(const LearningOptions& options) {
  expects(wants_floor(options), "a baseline is to speak");
  return {floor_type(options), TriggerKind::time_based, Priority::medium,
          "no recipe of the settings is accepted (policy.floor)"};
}

Result<bool> is_any_active(const Registry& registry, const LearningOptions& options) {
  for (const auto& recipe : trained_recipes(options)) {
    const auto active = registry.active(slot_of(recipe));
    if (!active) return forward_error(active);
    if (*active) return true;
  }
  return false;
}

Status settle_floor(const CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                    CycleRows& rows, const std::vector<CycleResult>& results) {
  if (!wants_floor(options) || options.deployment.mode == PolicyMode::logging_only) return {};
  const auto floor = place.registry.active(Slot{floor_type(options)});
  if (!floor) return forward_error(floor);
  if (!*floor) return {};
  const auto anybody = is_any_active(place.registry, options);
  if (!anybody) return forward_error(anybody);
  if (!*anybody) return {};
  const auto says = [&](BenchmarkSpeaks speaks) {
    return std::any_of(results.begin(), results.end(), [&](const CycleResult& one) { return one.floor == speaks; });
  };
  bool leaves = options.ensemble.mode == EnsembleMode::off || says(BenchmarkSpeaks::no);
  if (!leaves && !says(BenchmarkSpeaks::yes)) {
    const auto dispensable = is_floor_dispensable(place, options, rows, request.as_of);
    if (!dispensable) return forward_error(dispensable);
    leaves = *dispensable;
  }
  if (!leaves) return {};
  const auto retired = place.registry.retire(
      (*floor)->record.version,
      {request.as_of,
       request.actor,
       "recipes of the settings are accepted, and are shown to rank no more than policy.margin below it without it",
       {}});
  return retired ? Status() : forward_error(retired);
}

}  // namespace clm
