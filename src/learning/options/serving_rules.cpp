#include "learning/options/serving_rules.hpp"

#include "learning/options/configured_types.hpp"
#include "learning/options/configured_weights.hpp"
#include "learning/options/hours.hpp"
#include "learning/options/recipe_options.hpp"
#include "registry/manifest.hpp"

namespace clm {

Duration max_data_age(const ServingOptions& options) { return hours(24 * options.max_data_age_days); }

std::string floor_type(const LearningOptions& options) { return options.floor == Floor::ridge ? "ridge" : ""; }

Result<ServingRules> serving_rules(const LearningOptions& options) {
  const auto weights = configured_weights(options.ensemble);
  if (!weights) return forward_error(weights);
  ServingRules rules;
  rules.model_types = configured_types(options);
  rules.model_types.erase(std::string(kEnsembleType));
  if (const std::string floor = floor_type(options); !rules.model_types.contains(floor)) rules.floor = floor;
  rules.weights = weights->named;
  for (const NamedTable& recipe : options.recipes) rules.weights.emplace(name_of(recipe), weights->of(name_of(recipe)));
  rules.other_weight = weights->other;
  rules.bounds = {options.ensemble.min_weight, options.ensemble.max_weight};
  rules.label = options.label;
  rules.max_data_age = max_data_age(options.serving);
  rules.costs = options.judging.positions.costs;
  return rules;
}

}  // namespace clm
