#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.hpp"
#include "evaluation/calibration/isotonic.hpp"
#include "evaluation/calibration/probability_score.hpp"
#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm {
namespace {

TEST(IsotonicRegression, AgreesWithScikitLearn) {  // tools/oracles/significance.py
  const std::vector<double> values{1, 3, 2, 2, 5, 4, 7, 6}, weights{1, 2, 1, 3, 1, 1, 2, 1};
  const auto fitted = isotonic_regression(values, weights);
  const std::vector<double> expected{1, 7.0 / 3, 7.0 / 3, 7.0 / 3, 4.5, 4.5, 20.0 / 3, 20.0 / 3};
  ASSERT_EQ(fitted.size(), expected.size());
  for (std::size_t i = 0; i < fitted.size(); ++i) EXPECT_NEAR(fitted[i], expected[i], 1e-12) << i;
}

TEST(IsotonicRegression, AgreesWithTheMinMaxFormula) {  // Barlow et al. 1972: max over a <= i of min over b >= i
  Random random(5);
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<double> values, weights;
    for (int i = 0; i < 12; ++i) {
      values.push_back(random.normal());
      weights.push_back(0.2 + random.uniform());
    }
    const auto fitted = isotonic_regression(values, weights);
    for (std::size_t i = 0; i < values.size(); ++i) {
      double best = -1e9;
      for (std::size_t a = 0; a <= i; ++a) {
        double least = 1e9;
        for (std::size_t b = i; b < values.size(); ++b) {
          double sum = 0, weight = 0;
          for (std::size_t k = a; k <= b; ++k) {
            sum += values[k] * weights[k];
            weight += weights[k];
          }
          least = std::min(least, sum / weight);
        }
        best = std::max(best, least);
      }
      EXPECT_NEAR(fitted[i], best, 1e-12);
    }
  }
}

TEST(IsotonicMap, NeverSaysNeverOrAlways) {
  const std::vector<float> scores{1, 2, 3, 4, 5, 6}, ups{0, 0, 0, 1, 1, 1};
  const auto map = IsotonicMap::fit(scores, ups);
  for (double x = -10; x < 20; x += 0.25) {
    EXPECT_GT(map(x), 0);
    EXPECT_LT(map(x), 1);
    EXPECT_LE(map(x), map(x + 0.25));
  }
  EXPECT_LT(map(1), 0.2);
  EXPECT_GT(map(6), 0.8);
  EXPECT_TRUE(std::isnan(map(std::nan(""))));
  const auto certain = IsotonicMap::fit(std::vector<float>(50, 1.0F), std::vector<float>(50, 1.0F));
  EXPECT_LT(certain(1), 1);
}

TEST(IsotonicMap, GivesEqualScoresOneProbability) {
  const auto map = IsotonicMap::fit(std::vector<float>{1, 1, 1, 1}, std::vector<float>{1, 0, 1, 0});
  EXPECT_EQ(map.scores().size(), 1U);
  EXPECT_NEAR(map(1), 0.5, 1e-12);
}

TEST(ProbabilityScore, DecomposesExactlyIntoMurphysParts) {
  const std::vector<double> p{.1, .1, .1, .1, .6, .6, .6, .6, .6, .9};
  const std::vector<float> y{0, 0, 1, 0, 1, 0, 1, 1, 0, 1};
  const auto score = score_probabilities(p, y, 3);
  // By hand: base rate .5; groups (4, .1, .25), (5, .6, .6), (1, .9, 1).
  EXPECT_NEAR(score.reliability, (4 * .15 * .15 + 0 + .1 * .1) / 10, 1e-12);
  EXPECT_NEAR(score.resolution, (4 * .25 * .25 + 5 * .1 * .1 + .25) / 10, 1e-12);
  EXPECT_NEAR(score.uncertainty, .25, 1e-12);
  EXPECT_NEAR(score.within, 0, 1e-12);
  EXPECT_NEAR(score.brier, score.reliability - score.resolution + score.uncertainty, 1e-12);
  EXPECT_NEAR(score.calibration_error, (4 * .15 + .1) / 10, 1e-12);
}

TEST(ProbabilityScore, LeavesOutWhatIsMissing) {
  const auto score =
      score_probabilities(std::vector<double>{.5, std::nan(""), .5}, std::vector<float>{1, 1, std::nanf("")});
  EXPECT_EQ(score.count, 1U);
  EXPECT_EQ(score_probabilities({}, {}).count, 0U);
}

TEST(CrossFittedProbability, DoesNotImproveNoise) {
  // Fitted and judged on the same rows, noise seems to be foreseen; cross-fitted it must not beat the base rate.
  double in_sample = 0, cross_fitted = 0;
  constexpr int kMarkets = 10;
  for (std::uint64_t seed = 0; seed < kMarkets; ++seed) {
    const auto rows = testing::make_rows({.symbols = 5, .times = 200, .horizon_bars = 3, .seed = seed});
    const auto forecast = testing::forecast_with_skill(rows, 0, seed + 100);
    const auto ups = up_outcomes(rows);
    const auto honest = score_probabilities(cross_fitted_up_probability(rows, forecast), ups);
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return forecast[i] < forecast[j]; });
    std::vector<double> sorted_ups;
    for (const auto i : order) sorted_ups.push_back(static_cast<double>(ups[i]));
    const auto fitted = isotonic_regression(sorted_ups, std::vector<double>(sorted_ups.size(), 1.0));
    double dishonest = 0;
    for (std::size_t i = 0; i < fitted.size(); ++i)
      dishonest += (fitted[i] - sorted_ups[i]) * (fitted[i] - sorted_ups[i]) / static_cast<double>(fitted.size());
    in_sample += (honest.brier_base - dishonest) / kMarkets;
    cross_fitted += (honest.brier_base - honest.brier) / kMarkets;
  }
  EXPECT_GT(in_sample, 0);
  EXPECT_LT(cross_fitted, 0);
}

TEST(CrossFittedProbability, UsesNoLabelOfItsOwnStretch) {
  // Turning all outcomes of the last fifth round must not move that fifth's probabilities, nor may the rows beside it
  // be fitted on labels that reach into it.
  auto rows = testing::make_rows({.symbols = 4, .times = 100, .horizon_bars = 4, .seed = 3});
  const auto forecast = testing::forecast_with_skill(rows, 0.5, 4);
  const auto before = cross_fitted_up_probability(rows, forecast, 5);
  for (std::size_t i = 80 * 4; i < rows.size(); ++i) rows.forward_return[i] = -rows.forward_return[i];
  for (std::size_t i = 77 * 4; i < 80 * 4; ++i) rows.forward_return[i] = 0.5F;  // their labels end inside
  const auto after = cross_fitted_up_probability(rows, forecast, 5);
  for (std::size_t i = 80 * 4; i < rows.size(); ++i) EXPECT_EQ(before[i], after[i]) << i;
  EXPECT_NE(before.front(), after.front());
}

TEST(CrossFittedProbability, FindsSkill) {
  const auto rows = testing::make_rows({.symbols = 10, .times = 400, .horizon_bars = 2, .seed = 8, .market_share = 0});
  const auto forecast = testing::forecast_with_skill(rows, 0.4, 9);
  const auto score = score_probabilities(cross_fitted_up_probability(rows, forecast), up_outcomes(rows));
  EXPECT_LT(score.brier, score.brier_base * 0.95);
  EXPECT_LT(score.calibration_error, 0.05);
}

}  // namespace
}  // namespace clm
