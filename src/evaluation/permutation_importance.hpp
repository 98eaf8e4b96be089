#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "evaluation/bootstrap.hpp"
#include "evaluation/calibrated_model.hpp"
#include "evaluation/ensemble_rule.hpp"
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
  std::string feature;  ///< or "window." and the name of a channel (`window_channels`)
  MeanEstimate drop;    ///< of the rank IC; below 0 where the feature did harm on these rows
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
/// Of a model that reads windows of bars the inputs are its channels, and whole windows of a channel change places
/// among the rows of the same time (`predict_dealt_out`): what all symbols have in common at a time is not taken away,
/// and does not bear on a rank IC across symbols.
///
/// `rows` must be rows that the model was not fitted on; `horizon_bars` is that of their label. Deterministic, whatever
/// `run.jobs`. Cost: inputs x repeats forecasts of all rows; memory jobs x rows x features floats. Errors: those of
/// `Model::predict`, `cancelled`.
Result<PermutationImportance> permutation_importance(const Model& model, const RowSet& rows, int horizon_bars,
                                                     const PermutationOptions& options, const RunContext& run);

/// The same of an ensemble: an input is dealt out anew for all members that read it at once, in the same way, and what
/// `rule` makes of their forecasts is judged. `members` are the rule's, in its order. Inputs are those of all members.
/// Cost: inputs x repeats forecasts by the members that read them.
Result<PermutationImportance> permutation_importance(const EnsembleRule& rule,
                                                     std::span<const CalibratedModel* const> members,
                                                     const RowSet& rows, int horizon_bars,
                                                     const PermutationOptions& options, const RunContext& run);

}  // namespace clm
