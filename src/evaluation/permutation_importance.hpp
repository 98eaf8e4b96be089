#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "evaluation/bootstrap.hpp"
#include "models/model.hpp"

namespace clm {

struct PermutationOptions {
  int repeats = 3;              ///< permutations per feature that are averaged, >= 1; more: less noise of drawing
  std::size_t min_symbols = 8;  ///< fewer at a time: that time has no cross-section (`RankIcOptions`)
  double alpha = 0.05;          ///< 1 - coverage of the intervals
  std::uint64_t seed = 1;
};

/// What the skill loses when a feature says nothing true any more.
struct PermutedFeature {
  std::string feature;
  MeanEstimate drop;  ///< of the rank IC; below 0 where the feature did harm on these rows
};

struct PermutationImportance {
  MeanEstimate rank_ic;                   ///< with every feature in its place
  std::vector<PermutedFeature> features;  ///< descending by mean drop, ties in column order
};

/// Breiman (2001, Machine Learning 45:5), as "model reliance" in Fisher, Rudin & Dominici (2019, JMLR 20:177): the
/// values of one feature are dealt out anew among all `rows`, the model forecasts again, and the rank IC against the
/// label is compared time by time, so that the interval is a paired one under dependence over time. Each feature draws
/// from a stream of its own name: others do not move it. Features that say the same cover for each other: each alone
/// then seems to matter little.
///
/// `rows` must be rows that the model was not fitted on; `horizon_bars` is that of their label. Deterministic, whatever
/// `run.jobs`. Cost: features x repeats forecasts of all rows; memory jobs x rows x features floats. Errors:
/// `explain.permutation` (usage) for models that read windows of bars instead of features, those of `Model::predict`,
/// `cancelled`.
Result<PermutationImportance> permutation_importance(const Model& model, const RowSet& rows, int horizon_bars,
                                                     const PermutationOptions& options, const RunContext& run);

}  // namespace clm
