#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "evaluation/statistics/bootstrap.hpp"
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
/// values of one feature are shuffled among all `rows`, the model forecasts again, and the rank IC against the label is
/// compared time by time, which gives a paired interval under dependence over time. Each feature is shuffled by a
/// random stream seeded with its name, so other features do not affect it. Of features with the same content each alone
/// seems to matter little, since the others stand in for it.
///
/// For a model that reads windows of bars the inputs are its channels. Whole windows of a channel are exchanged among
/// the rows of the same time (`predict_dealt_out`). That keeps what all symbols have in common at a time, which does
/// not affect a rank IC across symbols.
///
/// `rows` must be rows that the model was not fitted on; `horizon_bars` is that of their label. Deterministic, whatever
/// `run.jobs`. Cost: inputs x repeats forecasts of all rows; memory jobs x rows x features floats. Errors: those of
/// `Model::predict`, `cancelled`.
Result<PermutationImportance> permutation_importance(const Model& model, const RowSet& rows, int horizon_bars,
                                                     const PermutationOptions& options, const RunContext& run);

/// The same for an ensemble: an input is shuffled in the same way for all members that read it, and the combination by
/// `rule` is judged. `members` are the rule's, in its order. Inputs are those of all members.
/// Cost: inputs x repeats forecasts by the members that read them.
Result<PermutationImportance> permutation_importance(const EnsembleRule& rule,
                                                     std::span<const CalibratedModel* const> members,
                                                     const RowSet& rows, int horizon_bars,
                                                     const PermutationOptions& options, const RunContext& run);

}  // namespace clm
