#pragma once
#include <vector>

#include "learning/options/option_checks.hpp"

namespace clm {

/// What is wrong with `[recipes.NAME]`, as `check_options` says it of the rest, under the key "recipes.NAME" or that of
/// one of its settings. Codes: `recipe.name`, `model.type`, `train.options`, `config.contradiction`, `recipe.label` (it
/// would forecast something else than the workspace), `recipe.twice` (it is the very recipe of another one).
std::vector<OptionProblem> check_recipes(const LearningOptions& options);

}  // namespace clm
