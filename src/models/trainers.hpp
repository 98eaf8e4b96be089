#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "models/baseline_models.hpp"
#include "models/lightgbm_model.hpp"
#include "models/model.hpp"
#include "models/ridge_model.hpp"
#include "models/sequence_model.hpp"
#include "models/xgboost_model.hpp"

namespace clm {

class Settings;

/// Parameters of every type; a trainer takes its own part.
struct TrainerOptions {
  XgboostOptions xgboost;
  LightGbmOptions lightgbm;
  RidgeOptions ridge;
  SequenceModelOptions<NHitsOptions> nhits = market_nhits();
  SequenceModelOptions<PatchTstOptions> patchtst = market_patchtst();
  SequenceModelOptions<DLinearOptions> dlinear = market_dlinear();
  SequenceModelOptions<NLinearOlsOptions> nlinear_ols = market_nlinear_ols();
  PastReturnOptions past_return;  ///< of momentum and reversal
};

/// Adds the settings of every type (`model_type.hpp`); they point into `options`.
void add_settings(Settings& settings, TrainerOptions& options);

/// Whether all of them are known. `where`: who names them, a setting or a flag. Error `model.type` (usage).
Status check_model_types(std::span<const std::string> types, std::string_view where);

/// Errors `model.type` (usage), `train.options` (usage).
Result<std::unique_ptr<Trainer>> make_trainer(std::string_view type, const TrainerOptions& options);

/// The inverse of `Trainer::parameters()`, for training a version again from its manifest. An absent field takes its
/// default; an unknown one, or one of a wrong type, is an error. Errors `model.type`, `train.options` (usage).
Result<std::unique_ptr<Trainer>> make_trainer(std::string_view type, const nlohmann::json& parameters);

/// Versions of the libraries that decide the bits of a model, for manifests: {"eigen", "lightgbm", "xgboost"}. The
/// networks are part of this program; where they are used, `Model::libraries` says on what they ran.
std::map<std::string, std::string> library_versions();

}  // namespace clm
