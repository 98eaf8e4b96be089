#pragma once
#include <vector>

#include "learning/cycle/candidate_judging.hpp"

namespace clm {

/// Trains the triggered recipes, which share their options, side by side on the first part of the split, calibrates
/// them by its second and has them speak about its holdout: versions that are each judged by themselves (`policy.ladder
/// = on`). Types of `training.warm_start` begin with the weights of their active version where nothing of it leaks.
/// Errors: those of the registry; of a training: in its place.
Result<std::vector<MadeCandidate>> train_on_holdout_split(const CycleWorkplace& place, const LearningOptions& options,
                                                          const JudgingContext& judging,
                                                          const std::vector<Trigger>& triggers, const RunContext& run);

}  // namespace clm
