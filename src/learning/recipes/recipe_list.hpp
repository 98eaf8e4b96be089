#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/recipes/recipe.hpp"
#include "registry/registry.hpp"
#include "serving/recipe_names.hpp"

namespace clm {

/// What was found when a version was judged, or what its vintages said live has come to.
struct RecipeRecord {
  std::int64_t bars = 0;  ///< decision times; 0: not known
  std::int64_t rows = 0;
  double rank_ic = 0, lo = 0, hi = 0;
  enum class From { judging, live } from = From::judging;
};

struct RecipeVintageEntry {
  VersionId version;
  VersionStatus status = VersionStatus::candidate;
  Timestamp learned_until;
  std::optional<double> weight = {};  ///< in what is served; none: it has no vote
};

/// A recipe of a workspace, and what was made by it.
struct RecipeSummary {
  Recipe recipe;
  bool in_force = false;                     ///< the settings ask for it
  bool accepted = false;                     ///< a version of it is active, or was
  std::vector<RecipeVintageEntry> vintages;  ///< newest first
  /// Of the newest version that was judged; whoever lists puts a longer one in its place (`recorded_skill`).
  std::optional<RecipeRecord> record;
  std::string changed_from, change;  ///< the recipe of this name that was used before, and what was set otherwise
  std::string differs;  ///< of one by name that is in force: what the workspace's recipe of its type has otherwise
};

/// What each version weighs in what is served now; those that have no vote are not named.
using VersionWeights = std::map<VersionId, double>;

/// The recipes of the settings, then those of all other versions, newest first; neither of ensembles. Of one that was
/// called otherwise before there are two. A version
/// whose record is broken belongs to none. Errors: those of the registry and of `recipe_in_force`. Cost: reads every
/// record.
Result<std::vector<RecipeSummary>> list_recipes(const Registry& registry, const LearningOptions& options,
                                                const VersionWeights& weights);

/// By which recipes these versions were made, and those in force by the names of the settings. A version whose record
/// is broken has no name, and neither has an ensemble. Errors: those of the registry and of `recipe_in_force`. Cost:
/// reads their records.
Result<RecipeNames> recipe_names(const Registry& registry, const LearningOptions& options,
                                 const std::set<VersionId>& versions);

/// [{recipe, model_type ("lightgbm", "lightgbm/yearly"), in_force, accepted, record: {bars, rows, rank_ic, lo, hi,
/// from} or null, vintages: [{version, status, learned_until, weight}], changed_from, change, differs, settings}]
nlohmann::json to_json(const std::vector<RecipeSummary>& recipes);

}  // namespace clm
