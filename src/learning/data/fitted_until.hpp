#pragma once
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"
#include "learning/data/training_split.hpp"
#include "registry/manifest.hpp"

namespace clm {

/// When the last label that the version of `manifest` was fitted on became known: `Manifest::learned_until`, and of one
/// from a release that did not write it the same, where it can be found out exactly. `split` is that of `protocol` on
/// `data`: a version of this very training was fitted on `split.fit`; for one of an earlier training its own split is
/// made again from its protocol, and where that is not possible, all of its training span counts as fitted on.
Timestamp fitted_until(const Manifest& manifest, const LearningData& data, const TrainingSplit& split,
                       const Protocol& protocol);

}  // namespace clm
