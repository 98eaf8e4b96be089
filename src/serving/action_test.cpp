#include "serving/action.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clm {
namespace {

using ::testing::HasSubstr;

constexpr TradingCosts kCosts{5, 2};

TEST(Advise, WhatIsNotWorthBothSidesIsAHold) {
  EXPECT_EQ(cost_band_bps(kCosts), 14);
  for (const double inside : {14.0, 3.0, 0.0, -14.0})
    EXPECT_EQ(advise(inside, 0.5, ReturnBasis::own, kCosts).action, Action::hold) << inside;
  EXPECT_EQ(advise(14.1, 0.5, ReturnBasis::own, kCosts).action, Action::buy);
  EXPECT_EQ(advise(-14.1, 0.5, ReturnBasis::own, kCosts).action, Action::sell);
  EXPECT_EQ(advise(14.1, 0.6, ReturnBasis::relative, kCosts).note, "");
}

TEST(Advise, AProbabilityThatSaysTheContraryHoldsBackAndIsSaid) {
  const Advice better = advise(40, 0.478, ReturnBasis::relative, kCosts);
  EXPECT_EQ(better.action, Action::hold);
  EXPECT_EQ(better.note,
            "expected to do better than the universe (+40.0 bps), and yet more likely to fall than to rise "
            "(probability of rising 0.478)");
  const Advice worse = advise(-40, 0.51, ReturnBasis::relative, kCosts);
  EXPECT_EQ(worse.action, Action::hold);
  EXPECT_THAT(worse.note, HasSubstr("worse than the universe (-40.0 bps), and yet more likely to rise"));
  const Advice skewed = advise(40, 0.478, ReturnBasis::own, kCosts);
  EXPECT_EQ(skewed.action, Action::hold);
  EXPECT_THAT(skewed.note, HasSubstr("few large gains beside many small losses"));
}

TEST(Advise, TheContradictionIsSaidInsideTheBandToo) {
  EXPECT_THAT(advise(1.8, 0.478, ReturnBasis::relative, kCosts).note, HasSubstr("+1.8 bps"));
}

TEST(Advise, WithoutAForecastThereIsNothingToSay) {
  const Advice none = advise(std::nan(""), std::nan(""), ReturnBasis::own, kCosts);
  EXPECT_EQ(none.action, Action::hold);
  EXPECT_EQ(none.note, "");
}

}  // namespace
}  // namespace clm
