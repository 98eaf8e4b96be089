#include "learning/data/training_split.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace clm {
namespace {

constexpr int kSplitHorizon = 5;

/// `symbols` x `bars` rows, one per bar, with labels over the next kSplitHorizon + 1 bars.
Dataset hourly(std::size_t symbols, std::size_t bars) {
  auto frame = std::make_shared<FeatureFrame>();
  frame->interval = Interval::one_hour();
  Dataset data;
  for (std::size_t t = 0; t < bars; ++t) {
    for (std::size_t s = 0; s < symbols; ++s) {
      data.frame_row.push_back(0);
      data.symbol.push_back(static_cast<std::uint16_t>(s));
      data.decided_at_ms.push_back(static_cast<std::int64_t>(t + 1) * kHourMs);
      data.known_at_ms.push_back(static_cast<std::int64_t>(t + 2 + kSplitHorizon) * kHourMs);
      data.label.push_back(0);
      data.forward_return.push_back(0);
      data.volatility.push_back(1);
      data.weight.push_back(1);
    }
  }
  data.frame = frame;
  return data;
}

std::int64_t last_known(const RowSet& rows) {
  std::int64_t last = 0;
  for (const auto row : rows.rows) last = std::max(last, rows.data->known_at_ms[row]);
  return last;
}

TEST(TrainingSplit, PartsFollowEachOtherWithTheEmbargoBetween) {
  const Dataset data = hourly(10, 1000);
  TrainingOptions options;
  options.embargo_bars = 24;
  const auto split = split_for_training(data, options, Timestamp::max());
  ASSERT_TRUE(split);
  const auto first_decision = [&](const RowSet& rows) { return data.decided_at_ms[rows.rows.front()]; };
  EXPECT_LT(last_known(split->fit) + 24 * kHourMs, first_decision(split->validation));
  EXPECT_LT(last_known(split->validation) + 24 * kHourMs, first_decision(split->holdout));
  EXPECT_EQ(split->holdout.size(), 2500U);
  EXPECT_LE(split->training_span.to.ms(), first_decision(split->holdout));
}

TEST(TrainingSplit, RowsUnknownAsOfTheMomentDoNotExist) {
  const Dataset data = hourly(10, 1000);
  const Timestamp as_of(600 * kHourMs);
  const auto split = split_for_training(data, TrainingOptions{}, as_of);
  ASSERT_TRUE(split);
  EXPECT_LE(last_known(split->holdout), as_of.ms());
}

TEST(TrainingSplit, TheWindowReachesBackItsDaysAndNoFurther) {
  const Dataset data = hourly(10, 2000);
  TrainingOptions options;
  options.window_days = 40;
  const Timestamp as_of(2000 * kHourMs);
  const auto split = split_for_training(data, options, as_of);
  ASSERT_TRUE(split);
  EXPECT_GE(data.decided_at_ms[split->fit.rows.front()], as_of.ms() - 40 * 24 * kHourMs);
}

TEST(TrainingSplit, ThinningStaggersSymbolsSoThatNoHourIsLeftOut) {
  const Dataset data = hourly(24, 2000);
  TrainingOptions options;
  options.max_fit_rows = 2000;
  const auto split = split_for_training(data, options, Timestamp::max());
  ASSERT_TRUE(split);
  EXPECT_LE(split->fit.size(), 2000U);
  EXPECT_GE(split->fit.size(), 1000U);
  std::map<std::int64_t, int> by_hour;
  for (const auto row : split->fit.rows) ++by_hour[data.decided_at_ms[row] / kHourMs % 24];
  EXPECT_EQ(by_hour.size(), 24U);
}

TEST(TrainingSplit, TooLittleIsAnErrorThatSaysSo) {
  const Dataset data = hourly(2, 60);
  const auto split = split_for_training(data, TrainingOptions{}, Timestamp::max());
  ASSERT_FALSE(split);
  EXPECT_TRUE(split.error().code == "training.too_few_rows" || split.error().code == "split.no_folds");
}

}  // namespace
}  // namespace clm
