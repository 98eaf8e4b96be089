#pragma once
#include <vector>

#include "learning/options/learning_options.hpp"
#include "learning/recipes/recipe.hpp"
#include "registry/registry.hpp"

namespace clm {

/// What vintages of a recipe are wanted for.
enum class VintageUse {
  record,  ///< what they said of rows that they were not fitted on; a version that was judged, too, which held rows
           ///< back
  lineup   ///< to speak at `as_of`: those that were fitted on everything known at their time
};

/// Vintages of a recipe as of `as_of`, oldest first: of the active version and of those that a rollback might lead to
/// (`Registry::ways_back`) the ones that have a place in a lineup (`lineup_places`), whose bytes are sound. Who never
/// was active (refused, or not decided on), was rolled back, retired by a person or has failed takes no place; nor, in
/// a lineup, who is suspended. For the record of a training as of `as_of` there are no refreshes of that very moment,
/// so that the same training made twice has the same record. Errors: those of the registry. Cost: verifies the chosen
/// ones.
Result<std::vector<VersionRecord>> vintages_of(const Registry& registry, const Recipe& recipe,
                                               const LineupOptions& lineup, Timestamp as_of, VintageUse use);

}  // namespace clm
