#pragma once
#include <string>

#include "learning/options/learning_options.hpp"

namespace clm {

/// 16 hex digits that are the same as long as every setting is that can make a training fail or succeed: those of the
/// universe, features, label, training, trainers, costs and judging. Which model types are trained is none of them, nor
/// is what comes after a verdict or decides when something is trained. Cost: some 100 us.
std::string training_settings_fingerprint(const LearningOptions& options);

}  // namespace clm
