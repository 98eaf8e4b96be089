#pragma once
#include <string>
#include <vector>

#include "learning/cycle/cycle.hpp"
#include "learning/options/learning_options.hpp"
#include "registry/cycle_log.hpp"
#include "registry/registry.hpp"

namespace clm {

/// Which versions would make up an ensemble, and whether one is to be made of them.
struct EnsemblePlan {
  std::vector<VersionRecord> members;  ///< ascending by model type and version
  EnsembleLineup lineup;               ///< the same as names, who is left out, and why it is made or not
  bool due = false;
  /// Members were fitted on everything known at their time: there is nothing to judge them on, and nothing to choose
  /// weights by. Their recipes were judged.
  bool is_composed = false;
};

/// The members are the active versions of the ensemble's recipes, as the registry stands now, and the earlier vintages
/// of these that have a place beside them (`LineupOptions`); where no recipe of the settings is active, those of
/// `policy.floor`. A recipe without one is left out, and so is a version that has expired (`is_expired`), which would
/// have no vote in it, one of other features than the settings ask for, or one that forecasts something else. An
/// ensemble needs two members, unless it takes the place of another. It is made when the active ensemble has others and
/// one of the `shadow.places` is left, or by force; what was refused is not made again of the same members before
/// `retrain_hours` of new data.
Result<EnsemblePlan> plan_ensemble(const Registry& registry, const CycleLog& log, const LearningOptions& options,
                                   const CycleRequest& request);

}  // namespace clm
