#include "learning/studies/recovery.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

/// 100 times at .2, then `low` times at -.2, then .2 again until 400 times are full.
TimedSeries fall(std::size_t low) {
  TimedSeries series;
  for (std::size_t i = 0; i < 400; ++i) {
    series.time_ms.push_back(static_cast<std::int64_t>(i) * 1'000);
    series.value.push_back(i < 100 || i >= 100 + low ? 0.2 : -0.2);
  }
  return series;
}

TEST(Recovery, IsTheEndOfTheFirstWindowThatHasHalfOfTheSkillBefore) {
  // A window of 20 has a mean of .1 with 15 times at .2: 15 after the end of 50 low ones.
  const auto recovery = time_to_recover(fall(50), Timestamp(100'000), {20, 0.5});
  ASSERT_TRUE(recovery);
  EXPECT_NEAR(recovery->before, 0.2, 1e-12);
  EXPECT_NEAR(recovery->worst, -0.2, 1e-12);
  EXPECT_EQ(recovery->harm_ended, 60U) << "ten low ones and ten high ones";
  EXPECT_EQ(recovery->bars, 65U);
}

TEST(Recovery, ShortDipsCountAWholeWindow) {
  const auto recovery = time_to_recover(fall(2), Timestamp(100'000), {20, 0.5});
  ASSERT_TRUE(recovery);
  EXPECT_EQ(recovery->bars, 20U) << "no time before the change helps";
}

TEST(Recovery, MayNeverHappen) {
  const auto never = time_to_recover(fall(300), Timestamp(100'000), {20, 0.5});
  ASSERT_TRUE(never);
  EXPECT_FALSE(never->bars);
  EXPECT_FALSE(never->harm_ended);
  TimedSeries hopeless = fall(0);
  for (double& value : hopeless.value) value = -value;
  EXPECT_FALSE(time_to_recover(hopeless, Timestamp(100'000), {20, 0.5})->bars) << "there was nothing to recover";
}

TEST(Recovery, NeedsTimesOnBothSides) {
  EXPECT_FALSE(time_to_recover(fall(50), Timestamp(0), {20, 0.5}));
  EXPECT_FALSE(time_to_recover(fall(50), Timestamp(390'000), {20, 0.5}));
  EXPECT_TRUE(time_to_recover(fall(50), Timestamp(380'000), {20, 0.5}));
}

}  // namespace
}  // namespace clm
