#include "learning/data/label_overlap.hpp"

#include <limits>

namespace clm {

Timestamp label_end(Timestamp decided, const LabelOptions& label, Interval interval) {
  return decided + interval.length() * (1 + label.entry_delay_bars + label.horizon_bars);
}

Timestamp last_label_end(const Manifest& manifest, Interval interval) {
  const auto label = read_label_options(manifest.label_json);
  return label ? label_end(manifest.training_span.to, *label, interval) : Timestamp::max();
}

void hide_trained_rows(std::span<float> forecasts, const JudgedRows& truth, const Manifest& manifest) {
  const std::int64_t clean_from_ms = last_label_end(manifest, truth.interval).ms();
  for (std::size_t i = 0; i < forecasts.size(); ++i)
    if (truth.decided_at_ms[i] < clean_from_ms) forecasts[i] = std::numeric_limits<float>::quiet_NaN();
}

}  // namespace clm
