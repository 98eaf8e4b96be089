#include "learning/options/configured_types.hpp"

#include "registry/manifest.hpp"

namespace clm {

std::set<std::string> configured_types(const LearningOptions& options) {
  std::set<std::string> types(options.training.models.begin(), options.training.models.end());
  types.insert(options.serving.models.begin(), options.serving.models.end());
  types.insert(options.ensemble.models.begin(), options.ensemble.models.end());
  if (options.ensemble.mode != EnsembleMode::off) types.insert(std::string(kEnsembleType));
  return types;
}

}  // namespace clm
