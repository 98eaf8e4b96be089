#include "learning/data/label_overlap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

LabelOptions three_bars_after_one() {
  LabelOptions label;
  label.entry_delay_bars = 1;
  label.horizon_bars = 3;
  return label;
}

TEST(LabelOverlap, ALabelEndsAfterEntryDelayAndHorizon) {
  EXPECT_EQ(label_end(Timestamp(0), three_bars_after_one(), Interval::one_hour()), Timestamp(5 * kHourMs));
}

/// Of the ten bars from that on until which a version of this label was trained, so many are hidden.
std::size_t hidden(const std::string& label_json) {
  Manifest manifest;
  manifest.training_span.to = Timestamp(10 * kHourMs);
  manifest.label_json = label_json;
  JudgedRows truth;
  truth.interval = Interval::one_hour();
  for (std::int64_t bar = 10; bar < 20; ++bar) truth.decided_at_ms.push_back(bar * kHourMs);
  std::vector<float> forecasts(truth.decided_at_ms.size(), 1.0F);
  hide_trained_rows(forecasts, truth, manifest);
  std::size_t count = 0;
  while (count < forecasts.size() && std::isnan(forecasts[count])) ++count;
  for (std::size_t i = count; i < forecasts.size(); ++i) EXPECT_FALSE(std::isnan(forecasts[i])) << i;
  return count;
}

// Recipes of one workspace may learn labels that end at different times: a version's own counts, not that of the rows.
TEST(LabelOverlap, RowsWhoseLabelsTouchTheTrainingAreHidden) {
  EXPECT_EQ(hidden(to_json(three_bars_after_one()).dump()), 5U);
  LabelOptions later = three_bars_after_one();
  later.entry_delay_bars = 4;
  EXPECT_EQ(hidden(to_json(later).dump()), 8U);
  EXPECT_EQ(hidden("{}"), 10U) << "who does not say what it learned has nothing to say";
}

}  // namespace
}  // namespace clm
