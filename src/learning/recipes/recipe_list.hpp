#pragma once
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/recipes/recipe.hpp"
#include "registry/registry.hpp"

namespace clm {

/// What was found when a version was judged.
struct RecipeRecord {
  std::int64_t bars = 0;  ///< decision times; 0: not known
  std::int64_t rows = 0;
  double rank_ic = 0, lo = 0, hi = 0;
};

struct RecipeVintageEntry {
  VersionId version;
  VersionStatus status = VersionStatus::candidate;
  Timestamp learned_until;
};

/// A recipe of a workspace, and what was made by it.
struct RecipeSummary {
  Recipe recipe;
  bool in_force = false;                     ///< the settings ask for it
  bool accepted = false;                     ///< a version of it is active, or was
  std::vector<RecipeVintageEntry> vintages;  ///< newest first
  std::optional<RecipeRecord> record;        ///< of the newest version that was judged
  std::string changed_from, change;  ///< the recipe of this type that was used before, and what was set otherwise
};

/// The recipes of `training.models`, then those of all other versions, newest first; neither of ensembles. A version
/// whose record is broken belongs to none. Errors: those of the registry and of `recipe_in_force`. Cost: reads every
/// record.
Result<std::vector<RecipeSummary>> list_recipes(const Registry& registry, const LearningOptions& options);

/// [{recipe, model_type, in_force, accepted, record: {bars, rows, rank_ic, lo, hi} or null, vintages: [{version,
/// status, learned_until}], changed_from, change, settings}]
nlohmann::json to_json(const std::vector<RecipeSummary>& recipes);

}  // namespace clm
