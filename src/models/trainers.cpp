#include "models/trainers.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "models/option_fields.hpp"

namespace clm {
namespace {

constexpr std::array<std::string_view, 11> kTypes = {"xgboost",       "lightgbm",    "nhits",   "patchtst",
                                                     "dlinear",       "nlinear_ols", "ridge",   "zero",
                                                     "majority_sign", "momentum",    "reversal"};

tl::unexpected<Error> unknown_type(ErrorKind kind, std::string_view type, std::string_view where) {
  std::string known;
  for (const std::string_view name : kTypes) known += (known.empty() ? "" : ", ") + std::string(name);
  return fail(kind, "model.type", "there is no model type \"" + std::string(type) + '"', std::string(where),
              "Known are: " + known + ".");
}

template <typename Options>
Result<std::unique_ptr<Trainer>> from_json(const nlohmann::json& parameters,
                                           Result<std::unique_ptr<Trainer>> (*make)(const Options&)) {
  const Result<Options> options = options_from_json<Options>(parameters);
  if (!options) return forward_error(options);
  return make(*options);
}

}  // namespace

std::span<const std::string_view> known_model_types() { return kTypes; }

Status check_model_types(std::span<const std::string> types, std::string_view where) {
  for (const std::string& type : types)
    if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end())
      return unknown_type(ErrorKind::usage, type, where);
  return {};
}

Result<std::unique_ptr<Trainer>> make_trainer(std::string_view type, const TrainerOptions& options) {
  if (type == "xgboost") return make_xgboost_trainer(options.xgboost);
  if (type == "lightgbm") return make_lightgbm_trainer(options.lightgbm);
  if (type == "nhits") return make_sequence_trainer(options.nhits.windows, options.nhits.network);
  if (type == "patchtst") return make_sequence_trainer(options.patchtst.windows, options.patchtst.network);
  if (type == "dlinear") return make_sequence_trainer(options.dlinear.windows, options.dlinear.network);
  if (type == "nlinear_ols") return make_sequence_trainer(options.nlinear_ols.windows, options.nlinear_ols.network);
  if (type == "ridge") return make_ridge_trainer(options.ridge);
  if (type == "zero") return make_zero_trainer();
  if (type == "majority_sign") return make_majority_sign_trainer();
  if (type == "momentum") return make_momentum_trainer(options.past_return);
  if (type == "reversal") return make_reversal_trainer(options.past_return);
  return unknown_type(ErrorKind::usage, type, {});
}

Result<std::unique_ptr<Trainer>> make_trainer(std::string_view type, const nlohmann::json& parameters) {
  if (type == "xgboost") return from_json(parameters, make_xgboost_trainer);
  if (type == "lightgbm") return from_json(parameters, make_lightgbm_trainer);
  if (is_sequence_type(type)) return make_sequence_trainer(type, parameters);
  if (type == "ridge") return from_json(parameters, make_ridge_trainer);
  if (type == "momentum") return from_json(parameters, make_momentum_trainer);
  if (type == "reversal") return from_json(parameters, make_reversal_trainer);
  if (type != "zero" && type != "majority_sign") return unknown_type(ErrorKind::usage, type, {});
  if (const auto none = options_from_json<NoOptions>(parameters); !none) return forward_error(none);
  return type == "zero" ? make_zero_trainer() : make_majority_sign_trainer();
}

Result<std::unique_ptr<Model>> load_model(std::string_view type, const std::filesystem::path& directory) {
  if (type == "xgboost") return load_xgboost_model(directory);
  if (type == "lightgbm") return load_lightgbm_model(directory);
  if (is_sequence_type(type)) return load_sequence_model(type, directory);
  if (type == "ridge") return load_ridge_model(directory);
  if (type == "zero" || type == "majority_sign" || type == "momentum" || type == "reversal")
    return load_baseline_model(type, directory);
  return unknown_type(ErrorKind::integrity, type, directory.string());
}

std::map<std::string, std::string> library_versions() {
  return {{"eigen", std::to_string(EIGEN_WORLD_VERSION) + '.' + std::to_string(EIGEN_MAJOR_VERSION) + '.' +
                        std::to_string(EIGEN_MINOR_VERSION)},
          {"lightgbm", lightgbm_version()},
          {"xgboost", xgboost_version()}};
}

}  // namespace clm
