#pragma once
#include <memory>
#include <vector>

#include "features/engine/feature_frame.hpp"
#include "features/labels/label.hpp"
#include "models/model.hpp"
#include "models/trainers.hpp"

namespace clm {

/// The trainers of the baselines that everything is judged beside: zero, majority_sign, ridge, and momentum and
/// reversal over the past return of `frame` whose span is nearest to the label's horizon, where it has one. Errors:
/// those of `make_trainer`.
Result<std::vector<std::unique_ptr<Trainer>>> baseline_trainers(const FeatureFrame& frame, const LabelOptions& label,
                                                                const TrainerOptions& options);

}  // namespace clm
