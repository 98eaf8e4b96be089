#include "evaluation/drift/fitted_series.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kWindows[] = {24, 168};
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Autoregression of order one, of unit variance; `memory` bars until autocorrelations have fallen to 1 / e.
std::vector<double> remembering(double memory, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  const double keeps = std::exp(-1 / memory), moves = std::sqrt(1 - keeps * keeps);
  double level = random.normal();
  std::vector<double> out(count);
  for (double& x : out) x = level = keeps * level + moves * random.normal();
  return out;
}

std::span<const double> first(const std::vector<double>& values, std::size_t count) {
  return std::span<const double>(values).first(count);
}

const WindowDistance& of(const std::vector<WindowDistance>& all, DriftDistance distance, std::size_t bars) {
  return *std::find_if(all.begin(), all.end(),
                       [&](const auto& one) { return one.distance == distance && one.window_bars == bars; });
}

TEST(FittedSeries, AJumpOfTenDeviationsIsSeenWhateverTheMemory) {
  for (const double memory : {1.0, 10.0, 100.0, 500.0})
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      auto values = remembering(memory, 8'760 + 24, seed);
      for (std::size_t i = 8'760; i < values.size(); ++i) values[i] += 10;
      const FittedSeries fitted(first(values, 8'760), kWindows);
      const auto seen = fitted.compare(std::span<const double>(values).last(24));
      ASSERT_EQ(seen.size(), 3U) << "of 168 bars there are only 24";
      EXPECT_LT(of(seen, DriftDistance::mean, 24).p, 1e-4) << memory << " " << seed;
      EXPECT_NEAR(of(seen, DriftDistance::mean, 24).value, 10, 4);
      EXPECT_LE(fitted.kolmogorov_smirnov(std::span<const double>(values).last(24)), 1);
    }
}

/// Chances are met where they are stated: of 300 histories that do not change, at 5 % and 1 %, each distance by itself.
TEST(FittedSeries, WithoutAChangeAChanceComesAboutAsOftenAsItSays) {
  for (const double memory : {1.0, 10.0, 100.0}) {
    std::size_t at_5[3] = {0, 0, 0}, at_1[3] = {0, 0, 0};
    constexpr std::size_t kHistories = 300;
    for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
      const auto values = remembering(memory, 6'000 + 168, seed);
      const FittedSeries fitted(first(values, 6'000), kWindows);
      for (const auto& one : fitted.compare(std::span<const double>(values).last(168))) {
        if (one.window_bars != 168) continue;
        at_5[static_cast<std::size_t>(one.distance)] += one.p < 0.05 ? 1U : 0U;
        at_1[static_cast<std::size_t>(one.distance)] += one.p < 0.01 ? 1U : 0U;
      }
    }
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_LE(at_5[i], 27U) << "memory " << memory << ", distance " << i << "; 15 are 5 %";
      EXPECT_GE(at_5[i], 1U) << "memory " << memory << ", distance " << i << ": a test that never fires is none";
      EXPECT_LE(at_1[i], 9U) << "memory " << memory << ", distance " << i << "; 3 are 1 %";
    }
  }
}

TEST(FittedSeries, AChangeOfScaleIsSeenByTheScale) {
  auto values = remembering(1, 6'000 + 168, 3);
  for (std::size_t i = 6'000; i < values.size(); ++i) values[i] *= 3;
  const auto seen = FittedSeries(first(values, 6'000), kWindows).compare(std::span<const double>(values).last(168));
  EXPECT_LT(of(seen, DriftDistance::scale, 168).p, 1e-6);
  EXPECT_NEAR(of(seen, DriftDistance::scale, 168).value, std::log(3.0), 0.2);
  EXPECT_GT(of(seen, DriftDistance::mean, 168).p, 1e-3);
}

/// Of the same mean and the same deviation, but two heaps: only the whole distribution tells.
TEST(FittedSeries, AnotherShapeIsSeenByWasserstein) {
  Random random(4);
  std::vector<double> values(6'000 + 168);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = i < 6'000 ? random.normal() : (random.uniform() < 0.5 ? -1.0 : 1.0);
  const auto seen = FittedSeries(first(values, 6'000), kWindows).compare(std::span<const double>(values).last(168));
  EXPECT_LT(of(seen, DriftDistance::wasserstein, 168).p, 3e-3);
  EXPECT_GT(of(seen, DriftDistance::mean, 168).p, 1e-3);
  EXPECT_NEAR(of(seen, DriftDistance::wasserstein, 168).value, 0.52, 0.1) << "E||Z| - 1|";
}

TEST(FittedSeries, WhatChangedAsMuchWithinTheFittedRowsIsNoNews) {
  // Half of the fitted weeks lie two deviations above the others.
  Random random(5);
  std::vector<double> values(168 * 40);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = random.normal() + (i / 168 % 2 == 0 ? 5.0 : 0.0);
  const FittedSeries fitted(first(values, 168 * 39), kWindows);
  for (const auto& one : fitted.compare(std::span<const double>(values).last(168)))
    EXPECT_GT(one.p, 0.01) << to_string(one.distance) << " " << one.window_bars;
}

TEST(FittedSeries, TellsSinceWhen) {
  auto values = remembering(1, 6'000 + 400, 6);
  for (std::size_t i = 6'300; i < values.size(); ++i) values[i] += 3;
  const FittedSeries fitted(first(values, 6'000), kWindows);
  EXPECT_NEAR(
      static_cast<double>(fitted.bars_since_change(std::span<const double>(values).last(400), DriftDistance::mean)),
      100, 4);
  auto wider = remembering(1, 6'000 + 400, 7);
  for (std::size_t i = 6'300; i < wider.size(); ++i) wider[i] *= 4;
  EXPECT_NEAR(
      static_cast<double>(FittedSeries(first(wider, 6'000), kWindows)
                              .bars_since_change(std::span<const double>(wider).last(400), DriftDistance::scale)),
      100, 6);
}

TEST(FittedSeries, SaysNothingOfWhatCannotBeCompared) {
  const std::vector<double> constant(3'000, 1.25), absent(3'000, kNaN);
  EXPECT_TRUE(FittedSeries(constant, kWindows).compare(constant).empty());
  EXPECT_TRUE(FittedSeries(absent, kWindows).compare(absent).empty());
  const auto values = remembering(1, 3'000, 8);
  const auto seen = FittedSeries(first(values, 300), kWindows).compare(values);
  for (const auto& one : seen) EXPECT_EQ(one.window_bars, 24U) << "168 bars do not fit eight times into 300";
  auto gaps = values;
  for (std::size_t i = gaps.size() - 20; i < gaps.size(); ++i) gaps[i] = kNaN;
  for (const auto& one : FittedSeries(first(values, 2'800), kWindows).compare(gaps))
    EXPECT_EQ(one.window_bars, 168U) << "20 of the last 24 are missing";
}

TEST(FittedSeries, TermsOfBeforeAreToldBeside) {
  const auto values = remembering(1, 4'000, 9);
  const FittedSeries fitted(first(values, 2'048), kWindows);
  EXPECT_NEAR(fitted.kolmogorov_smirnov(first(values, 2'048)), 0, 1e-12);
  EXPECT_NEAR(fitted.population_stability(first(values, 2'048)), 0, 1e-6);
  const std::vector<double> far(100, 50.0);
  EXPECT_EQ(fitted.kolmogorov_smirnov(far), 1);
  EXPECT_GT(fitted.population_stability(far), 1);
}

std::vector<double> series_of(const std::vector<std::int16_t>& steps) {
  std::vector<double> out;
  for (std::size_t i = 0; i < 400; ++i)
    out.push_back(
        steps.empty() ? 0 : static_cast<double>(steps[i % steps.size()]) / 100 + std::sin(static_cast<double>(i)));
  return out;
}

/// Distances are in the fitted deviations, so units do not matter; and that of the whole distributions is no less than
/// that of the means, but for the thinning of the quantiles.
TEST(FittedSeries, UnitsDoNotMatterAndWassersteinIsNoLessThanTheDistanceOfTheMeans) {
  const bool holds = rc::check("distances of any series", [](const std::vector<std::int16_t>& steps) {
    RC_PRE(steps.size() > 5U);
    const auto values = series_of(steps);
    auto scaled = values;
    for (double& x : scaled) x = 4 * x - 8;
    const auto seen = FittedSeries(first(values, 300), kWindows).compare(std::span<const double>(values).last(100));
    const auto other = FittedSeries(first(scaled, 300), kWindows).compare(std::span<const double>(scaled).last(100));
    RC_ASSERT(seen.size() == 3U);
    RC_ASSERT(other.size() == 3U);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      RC_ASSERT(std::abs(seen[i].value - other[i].value) <= 1e-9 * (1 + std::abs(seen[i].value)));
      RC_ASSERT(seen[i].p >= 0);
      RC_ASSERT(seen[i].p <= 1);
    }
    RC_ASSERT(seen[2].value >= std::abs(seen[0].value) - 0.2);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace clm
