#pragma once
#include <filesystem>
#include <memory>

#include "models/model.hpp"

namespace clm {

/// Weighted ridge regression in closed form (Hoerl & Kennard 1970): minimises
///   sum_i w_i (y_i - a - b'z_i)^2 + alpha |b|^2
/// where z is the feature in standard deviations from its mean, both weighted and from the training rows alone,
/// clipped at +-`clip_sd`. A value that is not known counts as z = 0, i.e. as the training mean (mean imputation): a
/// linear model has no other way to use the rest of the row. The intercept is not penalised.
struct RidgeOptions {
  double alpha = 100;  ///< [1e-9, 1e15], in units of row weight; more shrinks towards the mean label
  double clip_sd = 5;  ///< > 0; less weakens outliers
};

/// Error `train.options` (usage). Training costs rows x features^2 operations and memory for one block of rows; the
/// normal equations are summed in double in the order of the rows, so the bits do not depend on the machine.
Result<std::unique_ptr<Trainer>> make_ridge_trainer(const RidgeOptions& options);

/// Errors as `load_model`.
Result<std::unique_ptr<Model>> load_ridge_model(const std::filesystem::path& directory);

}  // namespace clm
