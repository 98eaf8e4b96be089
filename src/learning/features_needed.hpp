#pragma once
#include "features/feature_set.hpp"
#include "learning/learning_options.hpp"
#include "learning/life_cycle_log.hpp"
#include "registry/registry.hpp"

namespace clm {

/// Whether a life cycle that goes on until the bar that closes at `newest`, and decides there, may read a feature. It
/// reads none
/// - where no bar has closed since it decided last: it forecasts nothing and looks for no drift, and
/// - where no version is active or on trial: there is nobody to forecast, and nothing to compare the market with;
/// in both cases only if no job is left to do, which could make a version active on the way. A training computes the
/// features it learns from by itself where the tape has none. Most calls of `clm cycle` between two bars, and all
/// between two tries of a type that was refused, are spared the features of the whole history so. Errors: those of the
/// log and the registry.
Result<bool> needs_features(const Registry& registry, const LifeCycleLog& log, const LearningOptions& options,
                            Interval interval, Timestamp newest);

/// A set that costs nothing, one column of zeros: a tape of it is the bars alone, with their labels.
FeatureSet no_features();

}  // namespace clm
