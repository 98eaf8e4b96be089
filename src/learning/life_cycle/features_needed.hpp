#pragma once
#include <vector>

#include "features/sets/feature_set.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"
#include "learning/options/learning_options.hpp"
#include "registry/registry.hpp"

namespace clm {

/// Whether a life cycle that continues to the bar that closes at `newest`, and decides there, may read a feature. It
/// reads none
/// - if no bar has closed since its last decision: no forecasts are made and drift is not checked, or
/// - if no version is active or on trial: there are no forecasts, and no version to check drift for;
/// in both cases only if no job is open, since a job could make a version active. A training computes the features it
/// needs by itself if the tape has none. This saves computing the features of the whole history in most calls of
/// `clm cycle` between two bars. Errors: those of the log and the registry.
Result<bool> needs_features(const Registry& registry, const LifeCycleLog& log, const LearningOptions& options,
                            Interval interval, Timestamp newest);

/// Feature sets beside `options.feature_set` that a recipe of the settings reads, or somebody who may be served: who is
/// active, in the canary, or a member of such an ensemble. Empty but for recipes by name with a set of their own, and
/// after a change of that setting. Errors: those of the registry.
Result<std::vector<FeatureSet>> other_features_read(const Registry& registry, const LearningOptions& options);

/// Shows the bars of a tape under these sets as well. Errors and cost: those of `MarketTape::add_features`.
Status add_other_features(MarketTape& tape, const Registry& registry, const LearningOptions& options,
                          const CandleSource& candles, const ContextSource* context, const RunContext& run);

/// A feature set of one column of zeros, which costs nothing: a tape of it holds only the bars and their labels.
FeatureSet no_features();

}  // namespace clm
