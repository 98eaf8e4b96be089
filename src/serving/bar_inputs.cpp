#include "serving/bar_inputs.hpp"

#include <algorithm>
#include <limits>
#include <memory>

namespace clm {

VolatilityUnit unit_of(const LabelOptions& label) { return {label.volatility_bars, label.horizon_bars}; }

void InputNeeds::add(const InputNeeds& other) {
  feature_sets.insert(other.feature_sets.begin(), other.feature_sets.end());
  units.insert(other.units.begin(), other.units.end());
  history_bars = std::max(history_bars, other.history_bars);
}

bool InputNeeds::include(const InputNeeds& other) const {
  return history_bars >= other.history_bars &&
         std::includes(feature_sets.begin(), feature_sets.end(), other.feature_sets.begin(),
                       other.feature_sets.end()) &&
         std::includes(units.begin(), units.end(), other.units.begin(), other.units.end());
}

Dataset unlabelled_rows(std::shared_ptr<const FeatureFrame> frame) {
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  Dataset data;
  for (std::size_t s = 0; s < frame->symbols.size(); ++s) {
    for (std::size_t row = frame->symbol_begin[s]; row < frame->symbol_begin[s + 1]; ++row) {
      data.frame_row.push_back(static_cast<std::uint32_t>(row));
      data.symbol.push_back(static_cast<std::uint16_t>(s));
      data.decided_at_ms.push_back(frame->open_time_ms[row] + frame->interval.ms());
    }
  }
  data.known_at_ms.assign(data.size(), Timestamp::max().ms());
  data.label.assign(data.size(), kUnknown);
  data.forward_return.assign(data.size(), kUnknown);
  data.volatility.assign(data.size(), kUnknown);
  data.weight.assign(data.size(), 1.0F);
  data.frame = std::move(frame);
  return data;
}

}  // namespace clm
