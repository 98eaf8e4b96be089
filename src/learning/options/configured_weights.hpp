#pragma once
#include <map>
#include <string>

#include "base/result.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// What model types weigh before anything was learned; those that are not named weigh `other`.
struct ConfiguredWeights {
  std::map<std::string, double> named;
  double other = 1;
  double of(const std::string& model_type) const;
};
/// Error `ensemble.weights` (usage): an entry that is not TYPE=WEIGHT, a type named twice, a weight outside (0, 1], or
/// bounds that contradict each other.
Result<ConfiguredWeights> configured_weights(const EnsembleOptions& options);

}  // namespace clm
