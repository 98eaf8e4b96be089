#pragma once
#include <limits>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "models/baseline_models.hpp"
#include "models/lightgbm_model.hpp"
#include "models/option_field.hpp"
#include "models/ridge_model.hpp"
#include "models/sequence/market_windows.hpp"
#include "models/xgboost_model.hpp"

namespace clm {

/// Parameters that both kinds of boosted trees have, whatever their libraries call them.
struct BoostingFields {
  static constexpr OptionField rounds{"rounds", {1, 100'000}, "trees", "Trees at most."};
  static constexpr OptionField learning_rate{"learning_rate", {1e-6, 1}, "", "Shrinkage of a tree."};
  static constexpr OptionField subsample{"subsample", {0.01, 1}, "", "Share of the rows a tree sees."};
  static constexpr OptionField colsample{"colsample", {0.01, 1}, "", "Share of the features a tree sees."};
  static constexpr OptionField lambda{"lambda", {0, 1e12}, "row weights", "L2 penalty on leaf values."};
  static constexpr OptionField early_stopping_rounds{
      "early_stopping_rounds", {0, 100'000}, "trees", "Stop after so many without a better validation loss; 0: never."};
  static constexpr OptionField stopping_metric{"stopping_metric"};
  static constexpr OptionField max_bin{"max_bin", {2, 65'535}, "bins", "Histogram bins per feature."};
};

/// One list of fields per options struct serves writing, reading, checking and the settings. `Options` may be const.
template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, XgboostOptions>
void visit_fields(Options& options, Visit&& visit) {
  visit(BoostingFields::rounds, options.rounds);
  visit(OptionField{"max_depth", {1, 16}, "levels", "Depth of a tree."}, options.max_depth);
  visit(BoostingFields::learning_rate, options.learning_rate);
  visit(BoostingFields::subsample, options.subsample);
  visit(BoostingFields::colsample, options.colsample);
  visit(OptionField{"colsample_bynode", {0.01, 1}, "", "Share of the features a split sees."},
        options.colsample_bynode);
  visit(OptionField{"min_child_weight", {0, 1e12}, "row weights", "Least weight in a leaf."}, options.min_child_weight);
  visit(BoostingFields::lambda, options.lambda);
  visit(BoostingFields::early_stopping_rounds, options.early_stopping_rounds);
  visit(BoostingFields::stopping_metric, options.stopping_metric);
  visit(BoostingFields::max_bin, options.max_bin);
}

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, LightGbmOptions>
void visit_fields(Options& options, Visit&& visit) {
  visit(BoostingFields::rounds, options.rounds);
  visit(OptionField{"num_leaves", {2, 131'072}, "leaves", "Leaves of a tree."}, options.num_leaves);
  visit(OptionField{"max_depth", {-1, 1'000}, "levels", "Depth of a tree; -1: no limit."}, options.max_depth);
  visit(BoostingFields::learning_rate, options.learning_rate);
  visit(BoostingFields::subsample, options.subsample);
  visit(BoostingFields::colsample, options.colsample);
  visit(OptionField{"min_data_in_leaf", {1, 1e9}, "rows", "Least rows in a leaf."}, options.min_data_in_leaf);
  visit(BoostingFields::lambda, options.lambda);
  visit(OptionField{"extra_trees", {}, "", "Draw thresholds at random: splits follow noise less."},
        options.extra_trees);
  visit(BoostingFields::early_stopping_rounds, options.early_stopping_rounds);
  visit(BoostingFields::stopping_metric, options.stopping_metric);
  visit(BoostingFields::max_bin, options.max_bin);
  visit(OptionField{"bin_sample_rows", {1, 1e9}}, options.bin_sample_rows);
}

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, RidgeOptions>
void visit_fields(Options& options, Visit&& visit) {
  visit(OptionField{"alpha", {1e-9, 1e15}, "row weights", "L2 penalty of the ridge baseline."}, options.alpha);
  visit(OptionField{"clip_sd", {0, 1e6, true}}, options.clip_sd);
}

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, PastReturnOptions>
void visit_fields(Options& options, Visit&& visit) { visit(OptionField{"column"}, options.column); }

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, MarketWindowOptions>
void visit_fields(Options& options, Visit&& visit) {
  visit(OptionField{"input_bars", {8, 10'000}, "bars", "Of the past that a forecast reads."}, options.input_bars);
  visit(OptionField{"covariates",
                    {},
                    "",
                    "Read the volume too, and the own price where the one against the universe is forecast."},
        options.covariates);
}

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, NoOptions>
void visit_fields(Options&, Visit&&) {}

inline std::string_view to_string(StoppingMetric metric) { return metric == StoppingMetric::mae ? "mae" : "rmse"; }

/// Error `train.options` (usage).
inline tl::unexpected<Error> option_failure(std::string message, std::string field) {
  return fail(ErrorKind::usage, "train.options", std::move(message), std::move(field), "Correct the model's settings.");
}

template <typename Options>
Status check_options(const Options& options) {
  Status status;
  visit_fields(options, [&](const OptionField& field, const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_arithmetic_v<Value>) {
      if (status && !field.range.holds(static_cast<double>(value)))
        status = option_failure("the value " + std::to_string(value) + " is out of range", std::string(field.name));
    } else if constexpr (std::is_same_v<Value, std::string>) {
      if (status && value.empty()) status = option_failure("is empty", std::string(field.name));
    }
  });
  return status;
}

template <typename Options>
nlohmann::json options_to_json(const Options& options) {
  nlohmann::json written = nlohmann::json::object();
  visit_fields(options, [&](const OptionField& field, const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, StoppingMetric>)
      written[std::string(field.name)] = to_string(value);
    else
      written[std::string(field.name)] = value;
  });
  return written;
}

/// Fields that are absent keep their default; one that is unknown or of a wrong type is an error that names it.
template <typename Options>
Result<Options> options_from_json(const nlohmann::json& written) {
  Options options;
  Status status;
  if (!written.is_object()) return option_failure("parameters are not a table", "parameters");
  std::set<std::string> known;
  visit_fields(options, [&](const OptionField& field, auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    const std::string_view name = field.name;
    const auto found = written.find(std::string(name));
    known.emplace(name);
    if (!status || found == written.end()) return;
    if constexpr (std::is_same_v<Value, StoppingMetric>) {
      if (*found == "rmse" || *found == "mae")
        value = *found == "mae" ? StoppingMetric::mae : StoppingMetric::rmse;
      else
        status = option_failure("is neither rmse nor mae", std::string(name));
    } else {
      const bool fits = std::is_same_v<Value, bool>     ? found->is_boolean()
                        : std::is_same_v<Value, int>    ? found->is_number_integer()
                        : std::is_same_v<Value, double> ? found->is_number()
                                                        : found->is_string();
      if (!fits) {
        status = option_failure("has a wrong type", std::string(name));
        return;
      }
      if constexpr (std::is_same_v<Value, int>) {
        const double wide = found->template get<double>();
        if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
          status = option_failure("is out of range", std::string(name));
          return;
        }
      }
      value = found->template get<Value>();
    }
  });
  for (const auto& [name, value] : written.items())
    if (status && !known.contains(name)) status = option_failure("is not a setting of this model", name);
  if (!status) return forward_error(status);
  return options;
}

}  // namespace clm
