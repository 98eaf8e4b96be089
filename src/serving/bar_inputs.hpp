#pragma once
#include <compare>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "features/labels/dataset.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// What a label measures returns in: the volatility of so many bars, over its horizon.
struct VolatilityUnit {
  int volatility_bars = 0;
  int horizon_bars = 0;
  auto operator<=>(const VolatilityUnit&) const = default;
};
VolatilityUnit unit_of(const LabelOptions& label);

/// What models have to be shown of a bar.
struct InputNeeds {
  std::set<std::string> feature_sets;
  std::set<VolatilityUnit> units;
  std::size_t history_bars = 0;  ///< `Model::history_bars`, the most of any

  void add(const InputNeeds& other);
  bool include(const InputNeeds& other) const;
};

/// What is known of a universe at the close of a bar, as models are shown it. A value; whoever holds it may ask any
/// model about it, at any time and from any thread.
struct BarInputs {
  Timestamp as_of;  ///< the close
  std::vector<Symbol> symbols;
  /// By feature set, the newest row of every symbol that has a bar which closed then, without a label: nobody knows it
  /// yet. A symbol without a row is stale.
  std::map<std::string, Dataset> rows;
  /// Per symbol, as it was at its newest bar; NaN where it is not known.
  std::map<VolatilityUnit, std::vector<float>> units;
};

/// The rows of a frame as models are asked about them.
Dataset unlabelled_rows(std::shared_ptr<const FeatureFrame> frame);

}  // namespace clm
