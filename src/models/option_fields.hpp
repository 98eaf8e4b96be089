#pragma once
#include <limits>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "models/baseline_models.hpp"
#include "models/lightgbm_model.hpp"
#include "models/ridge_model.hpp"
#include "models/sequence/market_windows.hpp"
#include "models/xgboost_model.hpp"

namespace clm {

/// Closed range of a number; `above` excludes the lower end.
struct OptionRange {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool above = false;

  bool holds(double value) const { return (above ? value > least : value >= least) && value <= most; }
};

/// One list of fields per options struct serves writing, reading and checking. `Options` may be const.
template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, XgboostOptions>
void visit_fields(Options& options, Visit&& visit) {
  visit("rounds", options.rounds, OptionRange{1, 100000});
  visit("max_depth", options.max_depth, OptionRange{1, 16});
  visit("learning_rate", options.learning_rate, OptionRange{0, 1, true});
  visit("subsample", options.subsample, OptionRange{0, 1, true});
  visit("colsample", options.colsample, OptionRange{0, 1, true});
  visit("colsample_bynode", options.colsample_bynode, OptionRange{0, 1, true});
  visit("min_child_weight", options.min_child_weight, OptionRange{0, 1e12});
  visit("lambda", options.lambda, OptionRange{0, 1e12});
  visit("early_stopping_rounds", options.early_stopping_rounds, OptionRange{0, 100000});
  visit("stopping_metric", options.stopping_metric, OptionRange{});
  visit("max_bin", options.max_bin, OptionRange{2, 65535});
}

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, LightGbmOptions>
void visit_fields(Options& options, Visit&& visit) {
  visit("rounds", options.rounds, OptionRange{1, 100000});
  visit("num_leaves", options.num_leaves, OptionRange{2, 131072});
  visit("max_depth", options.max_depth, OptionRange{-1, 1000});
  visit("learning_rate", options.learning_rate, OptionRange{0, 1, true});
  visit("subsample", options.subsample, OptionRange{0, 1, true});
  visit("colsample", options.colsample, OptionRange{0, 1, true});
  visit("min_data_in_leaf", options.min_data_in_leaf, OptionRange{1, 1e9});
  visit("lambda", options.lambda, OptionRange{0, 1e12});
  visit("extra_trees", options.extra_trees, OptionRange{});
  visit("early_stopping_rounds", options.early_stopping_rounds, OptionRange{0, 100000});
  visit("stopping_metric", options.stopping_metric, OptionRange{});
  visit("max_bin", options.max_bin, OptionRange{2, 65535});
  visit("bin_sample_rows", options.bin_sample_rows, OptionRange{1, 1e9});
}

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, RidgeOptions>
void visit_fields(Options& options, Visit&& visit) {
  visit("alpha", options.alpha, OptionRange{0, 1e15, true});
  visit("clip_sd", options.clip_sd, OptionRange{0, 1e6, true});
}

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, PastReturnOptions>
void visit_fields(Options& options, Visit&& visit) { visit("column", options.column, OptionRange{}); }

template <typename Options, typename Visit>
requires std::is_same_v<std::remove_const_t<Options>, MarketWindowOptions>
void visit_fields(Options& options, Visit&& visit) {
  visit("input_bars", options.input_bars, OptionRange{8, 10000});
  visit("covariates", options.covariates, OptionRange{});
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
  visit_fields(options, [&](std::string_view name, const auto& value, OptionRange range) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_arithmetic_v<Value>) {
      if (status && !range.holds(static_cast<double>(value)))
        status = option_failure("the value " + std::to_string(value) + " is out of range", std::string(name));
    } else if constexpr (std::is_same_v<Value, std::string>) {
      if (status && value.empty()) status = option_failure("is empty", std::string(name));
    }
  });
  return status;
}

template <typename Options>
nlohmann::json options_to_json(const Options& options) {
  nlohmann::json written = nlohmann::json::object();
  visit_fields(options, [&](std::string_view name, const auto& value, OptionRange) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, StoppingMetric>)
      written[std::string(name)] = to_string(value);
    else
      written[std::string(name)] = value;
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
  visit_fields(options, [&](std::string_view name, auto& value, OptionRange) {
    using Value = std::remove_cvref_t<decltype(value)>;
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
