#include <algorithm>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "models/model_type.hpp"
#include "models/option_fields.hpp"
#include "models/option_settings.hpp"

namespace clm {
namespace {

using MadeTrainer = Result<std::unique_ptr<Trainer>>;
using LoadedModel = Result<std::unique_ptr<Model>>;

/// A type that reads features: `kOptions` is its part of the options, `kMake` makes a trainer of it.
template <auto kOptions, auto kMake>
MadeTrainer make(const TrainerOptions& options) {
  return kMake(options.*kOptions);
}
template <auto kOptions, auto kMake>
MadeTrainer make_again(const nlohmann::json& parameters) {
  using Options = std::remove_cvref_t<decltype(std::declval<TrainerOptions>().*kOptions)>;
  const Result<Options> options = options_from_json<Options>(parameters);
  if (!options) return forward_error(options);
  return kMake(*options);
}

/// A baseline without parameters.
template <auto kMake>
MadeTrainer make_plain(const TrainerOptions&) {
  return kMake();
}
template <auto kMake>
MadeTrainer make_plain_again(const nlohmann::json& parameters) {
  if (const auto none = options_from_json<NoOptions>(parameters); !none) return forward_error(none);
  return kMake();
}

/// A network.
template <auto kOptions>
MadeTrainer make_network(const TrainerOptions& options) {
  return make_sequence_trainer((options.*kOptions).windows, (options.*kOptions).network);
}

// Names as constants, since the functions below are made for one type each.
constexpr char kXgboost[] = "xgboost", kLightgbm[] = "lightgbm", kNhits[] = "nhits", kPatchtst[] = "patchtst",
               kDlinear[] = "dlinear", kNlinearOls[] = "nlinear_ols", kRidge[] = "ridge", kZero[] = "zero",
               kMajoritySign[] = "majority_sign", kMomentum[] = "momentum", kReversal[] = "reversal";
constexpr char kPatchLength[] = "patch_length", kMovingAverage[] = "moving_average";  // settings, likewise

template <const char* kName>
MadeTrainer make_network_again(const nlohmann::json& parameters) {
  return make_sequence_trainer(kName, parameters);
}
template <const char* kName>
LoadedModel load_network(const std::filesystem::path& directory) {
  return load_sequence_model(kName, directory);
}
template <const char* kName>
LoadedModel load_baseline(const std::filesystem::path& directory) {
  return load_baseline_model(kName, directory);
}

template <const char* kName, auto kOptions>
void add_settings_of(Settings& settings, TrainerOptions& options) {
  auto& own = options.*kOptions;
  const OptionSettings add(settings, kName);
  if constexpr (requires { own.network; }) {
    visit_fields(own.windows, add);
    NetworkFields::all(own.network, add);
  } else {
    visit_fields(own, add);
  }
}

/// The setting of the network that kWidth points to is at most as long as its input.
template <auto kOptions, auto kWidth, const char* kSetting>
std::vector<SettingOrder> within_input(const TrainerOptions& options) {
  const auto& own = options.*kOptions;
  return {
      {kSetting, static_cast<double>(own.network.*kWidth), "input_bars", static_cast<double>(own.windows.input_bars)}};
}

template <const char* kName, auto kOptions, auto kMake>
constexpr ModelType learned(ModelFamily family, LoadedModel (*load)(const std::filesystem::path&)) {
  return {kName, family,  make<kOptions, kMake>,           make_again<kOptions, kMake>,
          load,  nullptr, add_settings_of<kName, kOptions>};
}
/// `warm_started`: null where there are no weights that were learned step by step.
template <const char* kName, auto kOptions>
constexpr ModelType network(std::unique_ptr<Trainer> (*warm_started)(std::unique_ptr<Trainer>,
                                                                     std::shared_ptr<const Model>),
                            std::vector<SettingOrder> (*orders)(const TrainerOptions&) = nullptr) {
  return {kName,
          ModelFamily::network,
          make_network<kOptions>,
          make_network_again<kName>,
          load_network<kName>,
          warm_started,
          add_settings_of<kName, kOptions>,
          orders};
}
template <const char* kName, auto kMake>
constexpr ModelType plain_baseline() {
  return {kName,  ModelFamily::baseline, make_plain<kMake>, make_plain_again<kMake>, load_baseline<kName>, nullptr,
          nullptr};
}
template <const char* kName, auto kMake>
constexpr ModelType past_return_baseline() {
  constexpr auto kOptions = &TrainerOptions::past_return;
  return {
      kName,  ModelFamily::baseline, make<kOptions, kMake>, make_again<kOptions, kMake>, load_baseline<kName>, nullptr,
      nullptr};
}

using Options = TrainerOptions;
constexpr ModelType kModelTypes[] = {
    learned<kXgboost, &Options::xgboost, make_xgboost_trainer>(ModelFamily::boosted_trees, load_xgboost_model),
    learned<kLightgbm, &Options::lightgbm, make_lightgbm_trainer>(ModelFamily::boosted_trees, load_lightgbm_model),
    network<kNhits, &Options::nhits>(warm_started_sequence),
    network<kPatchtst, &Options::patchtst>(
        warm_started_sequence, within_input<&Options::patchtst, &PatchTstOptions::patch_length, kPatchLength>),
    network<kDlinear, &Options::dlinear>(
        warm_started_sequence, within_input<&Options::dlinear, &DLinearOptions::moving_average, kMovingAverage>),
    network<kNlinearOls, &Options::nlinear_ols>(nullptr),
    learned<kRidge, &Options::ridge, make_ridge_trainer>(ModelFamily::linear, load_ridge_model),
    plain_baseline<kZero, make_zero_trainer>(),
    plain_baseline<kMajoritySign, make_majority_sign_trainer>(),
    past_return_baseline<kMomentum, make_momentum_trainer>(),
    past_return_baseline<kReversal, make_reversal_trainer>(),
};

}  // namespace

std::span<const ModelType> model_types() { return kModelTypes; }

const ModelType* find_model_type(std::string_view name) {
  const auto* found = std::find_if(std::begin(kModelTypes), std::end(kModelTypes),
                                   [&](const ModelType& type) { return type.name == name; });
  return found == std::end(kModelTypes) ? nullptr : found;
}

}  // namespace clm
