#pragma once
#include "base/result.hpp"
#include "base/time.hpp"
#include "learning/recipes/recipe_list.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// Who has a vote at one moment, where no canary serves.
struct SpeakingVersions {
  VersionId ensemble;      ///< as in `Forecasts`
  VersionWeights weights;  ///< of those who have a vote
  Timestamp at;
};

/// As the registry stands now, at the data of the newest cycle, before there was one at the clock. What has expired
/// since is for `clm status` to say, which looks at the candles. Errors: those of the registry, the cycle log and
/// `serving_rules`. Cost: verifies and loads the versions that are served.
Result<SpeakingVersions> speaking_versions(Workspace& workspace);

}  // namespace clm
