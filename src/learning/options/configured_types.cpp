#include "learning/options/configured_types.hpp"

#include "learning/options/recipe_options.hpp"
#include "registry/manifest.hpp"

namespace clm {

std::set<std::string> configured_types(const LearningOptions& options) {
  std::set<std::string> types(options.training.models.begin(), options.training.models.end());
  for (const NamedTable& recipe : options.recipes) types.insert(name_of(recipe));
  types.insert(options.serving.models.begin(), options.serving.models.end());
  types.insert(options.ensemble.models.begin(), options.ensemble.models.end());
  if (options.ensemble.mode != EnsembleMode::off) types.insert(std::string(kEnsembleType));
  return types;
}

}  // namespace clm
