#pragma once
#include <string>

#include "learning/cycle/cycle.hpp"

namespace clm {

/// Whether a baseline is to speak while no recipe of the settings is active (`policy.floor`): not where a person
/// trains it anyway, where each version is judged by itself, or where nothing is judged.
bool wants_floor(const LearningOptions& options);

/// What calls for its training. Contract: it is wanted.
Trigger floor_trigger(const LearningOptions& options);

/// Whether a version of a recipe that is trained is active.
Result<bool> is_any_active(const Registry& registry, const LearningOptions& options);

/// Retires the baseline once a recipe of the settings is active. Errors: those of the registry.
Status settle_floor(Registry& registry, const LearningOptions& options, const CycleRequest& request);

}  // namespace clm
