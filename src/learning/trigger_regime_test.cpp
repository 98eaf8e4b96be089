#include "learning/trigger_regime.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kDay = 24, kYear = 365 * kDay;

/// Hourly returns of a market that is quiet and stormy by turns, 40 days each, and whose volatility is `last` over its
/// last `days`.
std::vector<double> market(std::uint64_t seed, double last, std::size_t days) {
  Random random(seed);
  std::vector<double> returns;
  for (std::size_t bar = 0; bar < kYear; ++bar)
    returns.push_back((bar / (40 * kDay) % 2 == 0 ? 0.004 : 0.016) * random.normal());
  for (std::size_t bar = 0; bar < days * kDay; ++bar) returns.push_back(last * random.normal());
  return returns;
}

TEST(RegimeTrigger, AChangeCountsOnceItWasSustainedForThreeDays) {
  // The year ends in a stormy stretch.
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto returns = market(seed, 0.004, 10);
    const auto model = fit_regimes(std::span<const double>(returns).first(kYear), Interval::one_hour());
    ASSERT_TRUE(model);
    const auto look = [&](std::size_t bars_later) {
      return check_regime(*model, std::span<const double>(returns).first(kYear + bars_later), kYear);
    };
    EXPECT_FALSE(look(0).shifted);
    EXPECT_FALSE(look(2 * kDay).shifted) << seed;
    const auto later = look(10 * kDay);
    EXPECT_TRUE(later.shifted) << later.reason;
    EXPECT_NE(later.then, later.now);
    EXPECT_NE(later.reason.find("three days or more"), std::string::npos);
  }
}

TEST(RegimeTrigger, WhatStaysAsItWasIsNoShift) {
  const auto returns = market(3, 0.016, 10);
  const auto model = fit_regimes(std::span<const double>(returns).first(kYear), Interval::one_hour());
  ASSERT_TRUE(model);
  const auto finding = check_regime(*model, returns, kYear);
  EXPECT_FALSE(finding.shifted) << finding.reason;
}

TEST(RegimeTrigger, ConstantVolatilityShiftsAsRarelyAsStated) {
  int shifts = 0;
  constexpr int kHistories = 100;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    Random random(seed);
    std::vector<double> returns;
    for (std::size_t bar = 0; bar < 2 * kYear; ++bar) returns.push_back(0.01 * random.normal());
    const auto model = fit_regimes(std::span<const double>(returns).first(kYear), Interval::one_hour());
    ASSERT_TRUE(model);
    bool before = false;
    for (std::size_t day = 1; day <= 365; day += 7) {
      const bool shifted =
          check_regime(*model, std::span<const double>(returns).first(kYear + day * kDay), kYear).shifted;
      shifts += shifted && !before ? 1 : 0;
      before = shifted;
    }
  }
  EXPECT_LE(shifts, kRegimeFalseAlarmsAYear * kHistories);
}

TEST(RegimeTrigger, NeedsSixtyDays) {
  const auto returns = market(1, 0.01, 0);
  EXPECT_FALSE(fit_regimes(std::span<const double>(returns).first(59 * kDay), Interval::one_hour()));
}

}  // namespace
}  // namespace clm
