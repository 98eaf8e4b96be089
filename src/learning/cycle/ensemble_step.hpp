#pragma once
#include "learning/cycle/ensemble_lineup.hpp"
#include "learning/cycle/judging_context.hpp"

namespace clm {

/// The last step of a cycle: makes the ensemble of `plan`, judges it on the cycle's holdout beside the baselines and
/// the active ensemble, and settles it like any candidate. Its evidence holds the choice of weights and the comparison
/// of the members as well. The candidates of the members' types that were ever judged on these rows count as tries of
/// the ensemble: its members were chosen among them. Errors: those of the registry (`artifact.*`), of judging,
/// `file.*`.
Result<CycleResult> learn_ensemble(const CycleWorkplace& place, const LearningOptions& options,
                                   const CycleRequest& request, std::int64_t cycle, const JudgingContext& judging,
                                   const EnsemblePlan& plan);

}  // namespace clm
