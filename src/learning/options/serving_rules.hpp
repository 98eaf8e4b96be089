#pragma once
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "learning/options/learning_options.hpp"
#include "serving/serving_plan.hpp"

namespace clm {

/// `serving.max_data_age_days`; 0: without a limit.
Duration max_data_age(const ServingOptions& options);

/// The model type of `policy.floor`; empty: none.
std::string floor_type(const LearningOptions& options);

/// How the settings want to be served: by the `configured_types`, within the bounds of the weights, on the label that
/// is learned. Errors of `configured_weights` (usage).
Result<ServingRules> serving_rules(const LearningOptions& options);

}  // namespace clm
