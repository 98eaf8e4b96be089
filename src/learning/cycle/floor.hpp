#pragma once
#include <string>
#include <vector>

#include "learning/cycle/cycle.hpp"
#include "learning/cycle/cycle_rows.hpp"

namespace clm {

/// Whether a baseline is to speak while no recipe of the settings is active (`policy.floor`): not where a person
/// trains it anyway, where each version is judged by itself, or where nothing is judged.
bool wants_floor(const LearningOptions& options);

/// What calls for its training. Contract: it is wanted.
Trigger floor_trigger(const LearningOptions& options);

/// Whether a version of a recipe that is trained is active.
Result<bool> is_any_active(const Registry& registry, const LearningOptions& options);

/// Retires the baseline once recipes of the settings are active that are shown to need it no longer beside them: by the
/// records of those that `results` accepted, else by what all of them and the baseline said (`is_floor_dispensable`).
/// Where `ensemble.mode` is off nobody speaks beside another, and it leaves with the first. Errors: those of the
/// registry and of forecasting.
Status settle_floor(const CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                    CycleRows& rows, const std::vector<CycleResult>& results);

}  // namespace clm
