#include "learning/cycle/cycle_rows.hpp"

#include <nlohmann/json.hpp>

namespace clm {

Result<CycleData> CycleRows::of(const LearningOptions& options) {
  const auto data = prepared(options);
  if (!data) return forward_error(data);
  return CycleData{**data,
                   {as_of_, place_.candles.venue(), place_.candles.interval(), place_.candles.symbols(),
                    options.training, options.universe.quality.min_frozen_bars}};
}

Result<const LearningData*> CycleRows::prepared(const LearningOptions& options) {
  const std::string name = options.feature_set + " " + to_json(options.label).dump();
  if (const auto known = prepared_.find(name); known != prepared_.end()) return &known->second;
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  LearningDataOptions data_options;
  data_options.as_of = as_of_;
  data_options.label = options.label;
  auto data = labelled(*features, data_options);
  if (!data) return forward_error(data);
  return &prepared_.emplace(name, std::move(*data)).first->second;
}

/// From the tape what it holds: features, and the labels of the workspace.
Result<LearningData> CycleRows::labelled(const FeatureSet& features, const LearningDataOptions& options) const {
  const Dataset* recorded = place_.tape == nullptr ? nullptr : place_.tape->rows_of(features.hash());
  if (recorded == nullptr) return prepare_learning_data(features, place_.candles, place_.context, options, run_);
  if (to_json(options.label) != to_json(place_.tape->label()))
    return prepare_learning_data(recorded->frame, place_.candles, place_.context, options, run_);
  return prepare_learning_data(*place_.tape, features.hash(), place_.candles, place_.context, options, run_);
}

}  // namespace clm
