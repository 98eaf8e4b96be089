#include "learning/data/label_overlap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

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

TEST(LabelOverlap, RowsWhoseLabelsTouchTheTrainingAreHidden) {
  Manifest manifest;
  manifest.training_span.to = Timestamp(10 * kHourMs);
  JudgedRows truth;
  truth.interval = Interval::one_hour();
  for (std::int64_t bar = 10; bar < 20; ++bar) truth.decided_at_ms.push_back(bar * kHourMs);
  std::vector<float> forecasts(truth.decided_at_ms.size(), 1.0F);
  hide_trained_rows(forecasts, truth, manifest, three_bars_after_one());
  for (std::size_t i = 0; i < forecasts.size(); ++i) EXPECT_EQ(std::isnan(forecasts[i]), i < 5) << i;
}

}  // namespace
}  // namespace clm
