#pragma once
#include "learning/cycle/cycle.hpp"
#include "learning/cycle/ensemble_lineup.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"

namespace clm {

/// What a lineup's manifest says of the moment at which it was made. Borrows the data.
struct LineupMoment {
  const LearningData& data;
  const Protocol& protocol;
};

/// Makes one version of the vintages of accepted recipes and makes it active at once (not in mode `logging_only`):
/// every recipe weighs the same (with `ensemble.mode` fixed, as configured), its vintages share that. Nothing is
/// judged: they were fitted on everything known, and what was to be shown was shown by their recipes. Errors: those of
/// the registry, `file.*`.
Result<CycleResult> compose_ensemble(const CycleWorkplace& place, const LearningOptions& options,
                                     const CycleRequest& request, std::int64_t cycle, const LineupMoment& moment,
                                     const EnsemblePlan& plan);

}  // namespace clm
