#include "learning/triggers/trigger_regime.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kBarsADay = 24, kYear = 365 * kBarsADay;

/// Hourly returns of a market that is quiet and stormy by turns, 40 days each, and whose volatility is `last` over its
/// last `days`.
std::vector<double> regime_returns(std::uint64_t seed, double last, std::size_t days) {
  Random random(seed);
  std::vector<double> returns;
  for (std::size_t bar = 0; bar < kYear; ++bar)
    returns.push_back((bar / (40 * kBarsADay) % 2 == 0 ? 0.004 : 0.016) * random.normal());
  for (std::size_t bar = 0; bar < days * kBarsADay; ++bar) returns.push_back(last * random.normal());
  return returns;
}

TEST(RegimeTrigger, AChangeCountsOnceItWasSustainedForThreeDays) {
  // The year ends in a stormy stretch.
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto returns = regime_returns(seed, 0.004, 10);
    const auto model = fit_regimes(std::span<const double>(returns).first(kYear), Interval::one_hour());
    ASSERT_TRUE(model);
    const auto look = [&](std::size_t bars_later) {
      return check_regime(*model, std::span<const double>(returns).first(kYear + bars_later), kYear);
    };
    EXPECT_FALSE(look(0).shifted());
    EXPECT_FALSE(look(2 * kBarsADay).shifted()) << seed;
    const auto later = look(10 * kBarsADay);
    EXPECT_TRUE(later.volatility_shifted) << later.reason;
    EXPECT_FALSE(later.trend_shifted) << later.reason;
    EXPECT_NE(later.then.volatility, later.now.volatility);
    EXPECT_GE(later.distance, kLeastRegimeDistance);
    EXPECT_NE(later.reason.find("was turbulent when the active version was trained"), std::string::npos)
        << later.reason;
    // Of whole days; which one is the first of calm may be seen a day or two late.
    const std::size_t lasted = returns.size() - later.now.volatility_since + kBarsADay;
    EXPECT_LE(lasted, 10 * kBarsADay);
    EXPECT_GE(lasted, 7 * kBarsADay);
    EXPECT_NE(later.reason.find("for " + std::to_string(lasted) + " bars"), std::string::npos) << later.reason;
  }
}

TEST(RegimeTrigger, WhatStaysAsItWasIsNoShift) {
  const auto returns = regime_returns(3, 0.016, 10);
  const auto model = fit_regimes(std::span<const double>(returns).first(kYear), Interval::one_hour());
  ASSERT_TRUE(model);
  const auto finding = check_regime(*model, returns, kYear);
  EXPECT_FALSE(finding.shifted()) << finding.reason;
}

/// A year of a random walk, then `days` of one that drifts by so many daily volatilities a day.
std::vector<double> drifting(std::uint64_t seed, double a_day, std::size_t days) {
  Random random(seed);
  std::vector<double> returns;
  for (std::size_t bar = 0; bar < kYear + days * kBarsADay; ++bar)
    returns.push_back(0.01 * (random.student_t(4) + (bar < kYear ? 0 : a_day / std::sqrt(24.0))));
  return returns;
}

TEST(RegimeTrigger, ATrendIsFoundWithinItsStatedTimeAndNotAtOnce) {
  constexpr std::size_t kMarkets = 20;
  const auto found_within = [](double a_day, std::size_t days) {
    std::size_t found = 0;
    for (std::uint64_t seed = 1; seed <= kMarkets; ++seed) {
      const auto returns = drifting(seed, a_day, days);
      const auto model = fit_regimes(std::span<const double>(returns).first(kYear), Interval::one_hour());
      const auto finding = check_regime(model.value(), returns, kYear);
      found += finding.trend_shifted && finding.then.trend == TrendRegime::flat &&
                       finding.now.trend == (a_day > 0 ? TrendRegime::up : TrendRegime::down)
                   ? 1U
                   : 0U;
    }
    return found;
  };
  EXPECT_EQ(found_within(2, 2), 0U) << "not sustained yet";
  EXPECT_GE(found_within(2, 14), kMarkets * 9 / 10);
  EXPECT_GE(found_within(-2, 14), kMarkets * 9 / 10);
  EXPECT_GE(found_within(1, 45), kMarkets * 6 / 10);
}

TEST(RegimeTrigger, ATrendThatEndsIsAShift) {
  // The year ends in a rally of 60 days; what follows goes nowhere.
  auto returns = drifting(4, 1.5, 60);
  const std::size_t data_end = returns.size();
  Random random(5);
  for (std::size_t bar = 0; bar < 30 * kBarsADay; ++bar) returns.push_back(0.01 * random.normal());
  const auto model = fit_regimes(std::span<const double>(returns).first(data_end), Interval::one_hour());
  ASSERT_TRUE(model);
  const auto finding = check_regime(*model, returns, data_end);
  EXPECT_TRUE(finding.trend_shifted);
  EXPECT_FALSE(finding.volatility_shifted);
  EXPECT_NE(finding.reason.find("and was up when the active version was trained"), std::string::npos) << finding.reason;
}

/// Onsets of a shift a year, in random walks of which `days` are learned from.
double false_alarms_a_year(std::size_t days, int histories) {
  int shifts = 0;
  for (int history = 1; history <= histories; ++history) {
    Random random(static_cast<std::uint64_t>(history));
    std::vector<double> returns;
    for (std::size_t bar = 0; bar < kYear + days * kBarsADay; ++bar)
      returns.push_back(0.01 * (history % 2 == 0 ? random.normal() : random.student_t(4)));
    const auto model =
        fit_regimes(std::span<const double>(returns).first(days * kBarsADay), Interval::one_hour()).value();
    bool before = false;
    for (std::size_t day = 1; day <= 365; day += 7) {
      const auto seen = std::span<const double>(returns).first((days + day) * kBarsADay);
      const bool shifted = check_regime(model, seen, days * kBarsADay).shifted();
      shifts += shifted && !before ? 1 : 0;
      before = shifted;
    }
  }
  return static_cast<double>(shifts) / histories;
}

/// A rate that is as stated is seen to be higher than two standard errors above it in a few of a hundred tries.
TEST(RegimeTrigger, ARandomWalkShiftsAsRarelyAsStated) {
  EXPECT_LE(false_alarms_a_year(60, 100), kRegimeFalseAlarmsAYear + 2 * std::sqrt(kRegimeFalseAlarmsAYear / 100));
  EXPECT_LE(false_alarms_a_year(365, 60), 0.04 + 2 * std::sqrt(0.04 / 60));
}

TEST(RegimeTrigger, NeedsSixtyDays) {
  const auto returns = regime_returns(1, 0.01, 0);
  EXPECT_FALSE(fit_regimes(std::span<const double>(returns).first(59 * kBarsADay), Interval::one_hour()));
}

}  // namespace
}  // namespace clm
