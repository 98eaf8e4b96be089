#pragma once
#include <map>
#include <string>

#include "base/result.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// What recipes weigh before anything was learned: "lightgbm", "lightgbm/yearly". One that is not named weighs as its
/// model type does; a type that is not named weighs `other`.
struct ConfiguredWeights {
  std::map<std::string, double> named;
  double other = 1;
  double of(const std::string& recipe) const;
};
/// Error `ensemble.weights` (usage): an entry that is not TYPE=WEIGHT, a recipe named twice, a weight outside (0, 1],
/// or bounds that contradict each other.
Result<ConfiguredWeights> configured_weights(const EnsembleOptions& options);

}  // namespace clm
