#include "evaluation/ensemble/volatility_rule.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm {
namespace {

JudgedRows rising(std::size_t times) {
  JudgedRows rows = testing::make_rows({.symbols = 5, .times = times, .horizon_bars = 1, .seed = 1});
  for (std::size_t i = 0; i < rows.size(); ++i) rows.volatility[i] = static_cast<float>(i / 5 + 1);
  return rows;
}

TEST(VolatilityRule, TheMarketsVolatilityIsTheMiddleOne) {
  EXPECT_EQ(market_volatility(std::vector<float>{3, 1, 2}), 2);
  EXPECT_EQ(market_volatility(std::vector<float>{4, 1, 2, 3}), 3);
  EXPECT_EQ(market_volatility(std::vector<float>{std::nanf(""), 5}), 5);
  EXPECT_TRUE(std::isnan(market_volatility(std::vector<float>{std::nanf("")})));
}

TEST(VolatilityRule, TercilesOfThePast) {
  const auto rule = VolatilityRule::fit(rising(90));
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->calm_up_to, 31);
  EXPECT_EQ(rule->normal_up_to, 61);
  EXPECT_EQ(rule->regime(31), VolatilityRegime::calm);
  EXPECT_EQ(rule->regime(31.5), VolatilityRegime::normal);
  EXPECT_EQ(rule->regime(62), VolatilityRegime::turbulent);
  EXPECT_EQ(rule->regime(std::nan("")), VolatilityRegime::unknown);
  EXPECT_FALSE(VolatilityRule::fit(rising(VolatilityRule::kMinTimes - 1)));
}

TEST(VolatilityRule, ALaterTimeChangesNoEarlierRegime) {
  const VolatilityRule rule{20, 40};
  JudgedRows rows = rising(60);
  const auto before = regimes_of_rows(rows, rule);
  for (std::size_t i = 150; i < rows.size(); ++i) rows.volatility[i] = 1000;
  const auto after = regimes_of_rows(rows, rule);
  for (std::size_t i = 0; i < 150; ++i) EXPECT_EQ(after[i], before[i]);
  EXPECT_NE(after[160], before[160]);
}

}  // namespace
}  // namespace clm
