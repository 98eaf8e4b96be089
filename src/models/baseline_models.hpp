#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "models/model.hpp"

namespace clm {

/// Forecasters that any learned model must beat. They are models like the others: trained, saved, judged.
///
/// - `zero`: the forecast is 0.
/// - `majority_sign`: one constant: the sign that carries more training weight, times the weighted mean size of a
///   label (0 if both signs weigh the same). Always in the market, on one side.
/// - `momentum`, `reversal`: plus or minus a past return in volatility units, taken from one feature column as it
///   is. Sign and rank mean something; the size is not fitted, so their RMSE is large by construction. NaN where
///   the column is NaN.

/// For models without parameters.
struct NoOptions {};

struct PastReturnOptions {
  std::string column = "log_return_24";  ///< a feature whose sign is that of the past return over about the horizon
};

Result<std::unique_ptr<Trainer>> make_zero_trainer();
Result<std::unique_ptr<Trainer>> make_majority_sign_trainer();
/// Error `train.options` (usage) if no column is named. That the frame has it is checked when training.
Result<std::unique_ptr<Trainer>> make_momentum_trainer(const PastReturnOptions& options);
Result<std::unique_ptr<Trainer>> make_reversal_trainer(const PastReturnOptions& options);

/// `type` is one of the four above. Errors as `load_model`.
Result<std::unique_ptr<Model>> load_baseline_model(std::string_view type, const std::filesystem::path& directory);

}  // namespace clm
