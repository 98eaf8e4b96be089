#include "learning/triggers/trigger_regime.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kBarsADay = 24, kYear = 365 * kBarsADay;

/// Hourly returns of a quiet market, then `days` of that volatility and drift (in volatilities of a day a day).
std::vector<double> quiet_then(std::uint64_t seed, double volatility, double drift, std::size_t days) {
  Random random(seed);
  std::vector<double> returns;
  for (std::size_t bar = 0; bar < kYear; ++bar) returns.push_back(0.004 * random.student_t(5));
  for (std::size_t bar = 0; bar < days * kBarsADay; ++bar)
    returns.push_back(volatility * (random.student_t(5) + drift / std::sqrt(24.0)));
  return returns;
}

RegimeFinding finding_after(const std::vector<double>& returns, std::size_t data_end, std::size_t bars_later) {
  const std::span<const double> all(returns);
  RegimeWatch watch(all.first(data_end), Interval::one_hour());
  watch.add(all.subspan(data_end, bars_later));
  return watch.finding();
}

TEST(RegimeTrigger, AChangeCountsOnceItWasSustainedForThreeDays) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto returns = quiet_then(seed, 0.012, 0, 10);
    EXPECT_FALSE(finding_after(returns, kYear, 0).shifted());
    EXPECT_FALSE(finding_after(returns, kYear, 3 * kBarsADay).shifted()) << seed;
    const auto later = finding_after(returns, kYear, 10 * kBarsADay);
    EXPECT_TRUE(later.volatility_shifted) << later.reason;
    EXPECT_EQ(later.now.volatility, VolatilityRegime::turbulent);
    EXPECT_GT(later.volatility_ratio, 1.9);
    EXPECT_NE(later.reason.find("volatility has been turbulent for "), std::string::npos) << later.reason;
    EXPECT_NE(later.reason.find(" when the active version was trained; it is "), std::string::npos) << later.reason;
    const std::size_t lasted = returns.size() - later.now.volatility_since + 1;
    EXPECT_LE(lasted, 10 * kBarsADay);
    EXPECT_GE(lasted, 8 * kBarsADay + kBarsADay / 2);
  }
}

TEST(RegimeTrigger, WhatStaysAsItWasIsNoShiftAndNeitherAreStatesThatAreNear) {
  EXPECT_FALSE(finding_after(quiet_then(3, 0.004, 0, 20), kYear, 20 * kBarsADay).shifted());
  // A fifth less a bar is calm by the year's standards, and too near to learn anew for.
  bool differed = false;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto near = finding_after(quiet_then(seed, 0.0031, 0, 40), kYear, 40 * kBarsADay);
    EXPECT_FALSE(near.volatility_shifted) << near.reason;
    if (near.now.volatility == near.then.volatility) continue;
    differed = true;
    EXPECT_NE(near.reason.find("too near to count"), std::string::npos) << near.reason;
  }
  EXPECT_TRUE(differed);
}

TEST(RegimeTrigger, ATrendThatBeginsAndOneThatEndsAreShifts) {
  const auto rise = quiet_then(4, 0.004, 1.5, 40);
  const auto begun = finding_after(rise, kYear, 30 * kBarsADay);
  EXPECT_TRUE(begun.trend_shifted);
  EXPECT_FALSE(begun.volatility_shifted) << begun.reason;
  EXPECT_EQ(begun.now.trend, TrendRegime::up);
  EXPECT_NE(begun.reason.find("the trend has been up for "), std::string::npos) << begun.reason;
  auto over = rise;
  Random random(5);
  const std::size_t data_end = over.size();
  for (std::size_t bar = 0; bar < 60 * kBarsADay; ++bar) over.push_back(0.004 * random.normal());
  const auto ended = finding_after(over, data_end, over.size() - data_end);
  EXPECT_TRUE(ended.trend_shifted);
  EXPECT_NE(ended.reason.find("and was up when the active version was trained"), std::string::npos) << ended.reason;
}

TEST(RegimeTrigger, BarsAddedOneByOneAreBarsAddedAtOnce) {
  const auto returns = quiet_then(6, 0.01, 1, 20);
  const std::span<const double> all(returns);
  RegimeWatch one_by_one(all.first(kYear), Interval::one_hour());
  for (std::size_t bar = kYear; bar < returns.size(); ++bar) one_by_one.add(all.subspan(bar, 1));
  const auto finding = one_by_one.finding();
  EXPECT_EQ(finding.reason, finding_after(returns, kYear, returns.size() - kYear).reason);
  EXPECT_EQ(one_by_one.bars_after(), returns.size() - kYear);
}

/// Onsets of a shift a year, in random walks of which `days` come before.
TEST(RegimeTrigger, ARandomWalkShiftsAsRarelyAsStated) {
  constexpr int kHistories = 100;
  int shifts = 0;
  for (int history = 1; history <= kHistories; ++history) {
    Random random(static_cast<std::uint64_t>(history));
    std::vector<double> returns;
    for (std::size_t bar = 0; bar < kYear + 60 * kBarsADay; ++bar)
      returns.push_back(0.01 * (history % 2 == 0 ? random.normal() : random.student_t(4)));
    const std::span<const double> all(returns);
    RegimeWatch watch(all.first(60 * kBarsADay), Interval::one_hour());
    bool before = false;
    for (std::size_t bar = 60 * kBarsADay; bar + 6 <= returns.size(); bar += 6) {
      watch.add(all.subspan(bar, 6));
      const bool shifted = watch.finding().shifted();
      shifts += shifted && !before ? 1 : 0;
      before = shifted;
    }
  }
  EXPECT_LE(shifts, kHistories * (kRegimeFalseAlarmsAYear + 2 / std::sqrt(kHistories)));
}

TEST(RegimeTrigger, NeedsSixtyDaysAndSaysSo) {
  const auto returns = quiet_then(1, 0.004, 0, 0);
  const auto finding = finding_after(returns, 40 * kBarsADay, 60 * kBarsADay);
  EXPECT_EQ(finding.then.volatility, VolatilityRegime::unknown);
  EXPECT_FALSE(finding.volatility_shifted);
  EXPECT_NE(
      finding.reason.find("at the end of the data: 40 days of bars with a price that moves are known, at least 60"),
      std::string::npos)
      << finding.reason;
}

}  // namespace
}  // namespace clm
