#pragma once
#include <vector>

#include "learning/cycle/candidate_judging.hpp"

namespace clm {

/// Moments at which a recipe is fitted to be judged whose record begins as of `as_of`, ascending: every
/// `lineup.spacing_days` back from there, over the newest `training.holdout_share` of what is known, at most
/// `training.origins` of them (then further apart); where that share is shorter than the spacing, its beginning alone.
/// Errors as `split_for_training`.
struct RollingOrigins {
  std::vector<Timestamp> moments;
  Duration spacing;  ///< at which later ones follow
};
Result<RollingOrigins> rolling_origins(const Dataset& data, const LearningOptions& options, Timestamp as_of);

/// Those of a record that was begun before: its first, and at its spacing all since, the newest where 200 rows and more
/// came after it. So at each later moment a record has the same beginning.
std::vector<Timestamp> origins_since(const RecipeTry& record, const Dataset& data, Timestamp as_of);

/// At how many of `origins` moments, the newest ones, a type is fitted, one at least: as many trainings, of
/// `lineup.fits` fits each, as are done within `training.origins_minutes` if each takes all of its own
/// `time_budget_seconds`. So no clock has a say: the same settings judge at the same moments on every machine and in a
/// replay, and trainings that end earlier leave time unused. A type without a time budget, or with none to keep: all.
/// Where a record has grown to more than twice as many, it begins anew (`begin_recipe_try`).
std::size_t origins_in_budget(const Trainer& trainer, const LearningOptions& options, std::size_t origins);

/// What is judged of recipes: rows decided since the first origin whose label is known, and what baselines say about
/// them that are fitted at the same origins on the same rows as a recipe that does not stop early. `split.holdout` are
/// these rows. Borrows `data`; `split` is where the context's split is kept. Errors: those of training.
Result<JudgingContext> judge_at_origins(const LearningData& data, const Protocol& protocol,
                                        const std::vector<Timestamp>& origins, const LearningOptions& options,
                                        TrainingSplit& split, const RunContext& run);

/// Fits each triggered recipe at each origin on everything known then, side by side; they share these options. What is
/// judged of it is at every row what the newest of its fits said that was made before, calibrated crosswise
/// (`cross_fitted_forecasts`). The candidate is the newest fit; those before it that have a place beside it in a lineup
/// come with it. A fit is calibrated by what it says about all that came after it. Errors: none of a training; in its
/// place.
Result<std::vector<MadeCandidate>> train_at_origins(const CycleWorkplace& place, const LearningOptions& options,
                                                    const JudgingContext& judging,
                                                    const std::vector<Timestamp>& origins,
                                                    const std::vector<Trigger>& triggers, const RunContext& run);

}  // namespace clm
