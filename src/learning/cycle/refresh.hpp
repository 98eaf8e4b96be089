#pragma once
#include <optional>
#include <string>
#include <vector>

#include "evaluation/verdict/evidence.hpp"
#include "learning/cycle/cycle.hpp"
#include "learning/cycle/warm_parent.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"
#include "learning/recipes/recipe.hpp"

namespace clm {

/// A recipe that was accepted: a version of it is active. What is made of it from now on are refreshes.
struct AcceptedRecipe {
  std::string id;
  LearningOptions options;  ///< by which it is made (`options_of`)
  VersionRecord active;
  Evidence accepted_on;  ///< what the recipe was judged on; holds nothing where that is not known
  /// Sound versions of it from before, oldest first: what they said of rows that they were not fitted on is its record.
  std::vector<StoredArtifact> vintages;
};

/// Since when.
enum class AcceptedSince {
  before,  ///< `as_of`: a cycle that is carried out a second time judges again what it accepted the first time
  now      ///< as of that very moment, or before
};

/// `name`: "lightgbm", "lightgbm/yearly"; `options`: the workspace's. None where nothing of that name is active, where
/// that is of another recipe than the settings ask for, where a person wants each version to show itself
/// (`policy.ladder`), or where no version of it is sound. Errors: those of the registry and of `recipe_in_force`.
Result<std::optional<AcceptedRecipe>> accepted_recipe(const Registry& registry, const std::string& name,
                                                      const LearningOptions& options, Timestamp as_of,
                                                      AcceptedSince since = AcceptedSince::before);

/// The protocol of the next vintage of a recipe. `protocol`: of a training of it now; `since`: the newest change of the
/// market that is not taken back. Errors: those of `make_trainer`.
Result<Protocol> protocol_of_refresh(const AcceptedRecipe& recipe, const Protocol& protocol,
                                     std::optional<Timestamp> since = {});

/// A vintage that was trained and checked, but not decided on in the registry.
struct Refresh {
  StoredArtifact artifact;
  std::string evidence_json;
  std::string problem;  ///< why it is not fit to serve; empty: it is
  std::vector<std::string> notes;
};

/// Fits a vintage of the recipe on everything that `data` know, calibrates it by the recipe's record, and asks it
/// beside its predecessor about the newest rows: it has to say something nearly as often, not always the same, and to
/// agree with it (correlation of .1; vintages of one recipe have .5 to .7), unless candles that the predecessor
/// learned from were corrected since, or the market changed (`Protocol::since`). `protocol`: `protocol_of_refresh`.
/// `parent`: as with `train_from`. Asks nothing of the registry but to store it, so that refreshes can be made side by
/// side. Errors: those of training; `calibration.no_rows` (data).
Result<Refresh> make_refresh(const CycleWorkplace& place, const AcceptedRecipe& recipe, const LearningData& data,
                             const Protocol& protocol, WarmParent& parent, const RunContext& run);

/// Enters it, and makes it active at once if it is fit, in mode `advisory` too: what was to be shown was shown by its
/// recipe. In mode `logging_only` nothing is moved.
Result<CycleResult> settle_refresh(const CycleWorkplace& place, const LearningOptions& options,
                                   const CycleRequest& request, std::int64_t cycle, const Refresh& refresh);

}  // namespace clm
