#pragma once
#include <set>
#include <string>

#include "learning/options/learning_options.hpp"

namespace clm {

/// The recipes that the settings name ("lightgbm", "lightgbm/yearly"): to be trained, to serve, or as members of an
/// ensemble; and the ensemble itself where one is made.
std::set<std::string> configured_types(const LearningOptions& options);

}  // namespace clm
