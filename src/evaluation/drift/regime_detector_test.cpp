#include "evaluation/drift/regime_detector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kRegimeDay = 24;

/// Quiet for 100 days, then loud and rising for `loud_days`, then quiet again.
std::vector<double> rising_storm(std::size_t loud_days, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> out;
  for (std::size_t bar = 0; bar < (130 + loud_days) * kRegimeDay; ++bar) {
    const bool loud = bar >= 100 * kRegimeDay && bar < (100 + loud_days) * kRegimeDay;
    out.push_back(loud ? 0.02 * (random.normal() + 0.3) : 0.005 * random.normal());
  }
  return out;
}

TEST(RegimeDetector, SaysWhatItsTwoPartsSayAndSinceWhen) {
  const auto returns = rising_storm(10, 1);
  RegimeDetector detector(kRegimeDay);
  VolatilityStates volatility;
  TrendDetector trend;
  Regime before;
  for (std::size_t bar = 1; bar <= returns.size(); ++bar) {
    const Regime now = detector.update(returns[bar - 1]);
    ASSERT_EQ(now.volatility, volatility.update(returns[bar - 1]));
    ASSERT_EQ(now.trend, trend.update(returns[bar - 1]));
    ASSERT_EQ(now.volatility_since, now.volatility == before.volatility ? before.volatility_since : bar);
    ASSERT_EQ(now.trend_since, now.trend == before.trend ? before.trend_since : bar);
    before = now;
  }
  EXPECT_EQ(detector.bars(), returns.size());
}

TEST(RegimeDetector, AStateCountsAsSustainedAfterThreeDays) {
  RegimeDetector detector(kRegimeDay);
  bool counted = false;
  for (const double r : rising_storm(10, 2)) {
    const Regime& now = detector.update(r);
    const Regime& sustained = detector.sustained();
    if (now.volatility == VolatilityRegime::turbulent) {
      const bool long_enough = detector.bars() - now.volatility_since + 1 >= 3 * kRegimeDay;
      ASSERT_EQ(sustained.volatility == VolatilityRegime::turbulent, long_enough) << detector.bars();
      if (long_enough) {
        ASSERT_EQ(sustained.volatility_since, now.volatility_since);
      }
      counted = counted || long_enough;
    }
    if (now.volatility == VolatilityRegime::unknown) {
      ASSERT_EQ(sustained.volatility, VolatilityRegime::unknown);
    }
  }
  EXPECT_TRUE(counted);
  EXPECT_EQ(detector.sustained().volatility, detector.regime().volatility) << "a month after the storm";
}

TEST(RegimeDetector, AShortStormIsSeenAndNotSustained) {
  RegimeDetector detector(kRegimeDay);
  std::size_t seen = 0, sustained = 0;
  Random random(3);
  for (std::size_t bar = 0; bar < 110 * kRegimeDay; ++bar) {
    const bool loud = bar >= 100 * kRegimeDay && bar < 100 * kRegimeDay + 12;
    detector.update((loud ? 0.02 : 0.005) * random.normal());
    seen += detector.regime().volatility == VolatilityRegime::turbulent ? 1U : 0U;
    sustained += detector.sustained().volatility == VolatilityRegime::turbulent ? 1U : 0U;
  }
  EXPECT_GT(seen, 0U);
  EXPECT_EQ(sustained, 0U);
}

TEST(RegimeDetector, ACopyGoesOnAsTheOriginalAndMissingBarsOnlyCount) {
  const auto returns = rising_storm(10, 4);
  RegimeDetector original(kRegimeDay);
  for (std::size_t bar = 0; bar < 2'450; ++bar) original.update(returns[bar]);
  RegimeDetector copy = original;
  for (std::size_t bar = 2'450; bar < returns.size(); ++bar) {
    ASSERT_EQ(original.update(returns[bar]), copy.update(returns[bar]));
    ASSERT_EQ(original.sustained(), copy.sustained());
  }
  const Regime before = copy.regime();
  EXPECT_EQ(copy.update(std::nan("")), before);
  EXPECT_EQ(copy.bars(), original.bars() + 1);
}

TEST(MarketReturn, IsTheMeanOfWhatIsKnown) {
  EXPECT_EQ(market_return(std::vector<double>{0.01, std::nan(""), 0.03}), 0.02);
  EXPECT_TRUE(std::isnan(market_return(std::vector<double>{std::nan("")})));
}

}  // namespace
}  // namespace clm
