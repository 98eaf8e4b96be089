#include "evaluation/ensemble/ensemble_weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr WeightBounds kOriginal{0.15, 0.40};
constexpr WeightBounds kFree{0, 1};

double sum_of(const std::vector<double>& weights) { return std::accumulate(weights.begin(), weights.end(), 0.0); }

double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

TEST(EnsembleWeights, BoundsThatCannotHoldDoNotHold) {
  const auto two = feasible_bounds(kOriginal, 2);
  EXPECT_EQ(two.least, 0.15);
  EXPECT_EQ(two.most, 1.0);  // 2 x .40 < 1
  for (const std::size_t members : {3U, 4U, 6U}) {
    EXPECT_EQ(feasible_bounds(kOriginal, members).least, 0.15);
    EXPECT_EQ(feasible_bounds(kOriginal, members).most, 0.40);
  }
  EXPECT_EQ(feasible_bounds(kOriginal, 7).least, 0.0);  // 7 x .15 > 1
  EXPECT_EQ(feasible_bounds(kOriginal, 1).most, 1.0);
}

TEST(EnsembleWeights, TheOriginalsWeightsStayAsTheyAre) {
  const std::vector<double> original{0.25, 0.25, 0.30, 0.20};
  const auto weights = proportional_weights(original, kOriginal);
  for (std::size_t i = 0; i < original.size(); ++i) EXPECT_NEAR(weights[i], original[i], 1e-15);
}

TEST(EnsembleWeights, SharesOfThoseThatVoteAreRenormalisedWithinTheBounds) {
  const auto two = proportional_weights(std::vector<double>{0.25, 0.30}, kOriginal);
  EXPECT_NEAR(two[0], 0.25 / 0.55, 1e-15);
  EXPECT_NEAR(two[1], 0.30 / 0.55, 1e-15);
  const auto bounded = proportional_weights(std::vector<double>{0.4, 0.15, 0.15}, kOriginal);  // .571 .214 .214
  EXPECT_NEAR(bounded[0], 0.40, 1e-15);
  EXPECT_NEAR(bounded[1], 0.30, 1e-15);
  EXPECT_NEAR(proportional_weights(std::vector<double>{0.2}, kOriginal)[0], 1.0, 1e-15);
}

/// Every point of the bounded simplex on a fine grid.
TEST(EnsembleWeights, NearestWeightsAreNearerThanEveryPointOfAGrid) {
  Random random(7);
  constexpr int kSteps = 100;
  for (int round = 0; round < 50; ++round) {
    const std::vector<double> wanted{random.normal() * 0.4 + 0.3, random.normal() * 0.4 + 0.3,
                                     random.normal() * 0.4 + 0.3};
    const auto weights = nearest_weights(wanted, kOriginal);
    EXPECT_NEAR(sum_of(weights), 1, 1e-12);
    for (const double weight : weights) {
      EXPECT_GE(weight, 0.15);
      EXPECT_LE(weight, 0.40);
    }
    double nearest = 1e9;
    for (int i = 15; i <= 40; ++i)
      for (int j = 15; j <= 40; ++j) {
        const int k = kSteps - i - j;
        if (k < 15 || k > 40) continue;
        nearest = std::min(nearest, distance(std::vector<double>{i / 100.0, j / 100.0, k / 100.0}, wanted));
      }
    EXPECT_LE(distance(weights, wanted), nearest + 1e-12);
  }
}

struct Rows {
  std::vector<std::vector<double>> forecasts;
  std::vector<double> outcomes;
};

/// Members whose forecasts share a part; the outcome is a mix of them with noise.
Rows make_rows(std::size_t members, std::size_t rows, const std::vector<double>& truth, double noise,
               std::uint64_t seed) {
  Random random(seed);
  Rows out;
  for (std::size_t row = 0; row < rows; ++row) {
    const double shared = random.normal();
    std::vector<double> forecasts;
    double outcome = noise * random.normal();
    for (std::size_t m = 0; m < members; ++m) {
      forecasts.push_back(0.1 * (0.6 * shared + 0.8 * random.normal()));
      outcome += truth[m] * forecasts[m];
    }
    out.forecasts.push_back(forecasts);
    out.outcomes.push_back(outcome);
  }
  return out;
}

WeightMoments moments_of(const Rows& rows) {
  WeightMoments moments(rows.forecasts.front().size());
  for (std::size_t i = 0; i < rows.outcomes.size(); ++i) moments.add(rows.forecasts[i], rows.outcomes[i]);
  return moments;
}

double loss(const Rows& rows, std::span<const double> weights, std::span<const double> prior, double shrinkage) {
  double errors = 0, squares = 0;
  const auto members = static_cast<double>(weights.size());
  for (std::size_t i = 0; i < rows.outcomes.size(); ++i) {
    double forecast = 0;
    for (std::size_t m = 0; m < weights.size(); ++m) {
      forecast += weights[m] * rows.forecasts[i][m];
      squares += rows.forecasts[i][m] * rows.forecasts[i][m] / members;
    }
    errors += (rows.outcomes[i] - forecast) * (rows.outcomes[i] - forecast);
  }
  const auto count = static_cast<double>(rows.outcomes.size());
  return errors / count + shrinkage * squares / count * distance(weights, prior);
}

TEST(EnsembleWeights, TheTruthIsFoundWhereThereIsLittleNoise) {
  const std::vector<double> truth{0.35, 0.25, 0.40}, prior{0.3, 0.4, 0.3};
  const auto weights = moments_of(make_rows(3, 5'000, truth, 0.001, 3)).solve(prior, 0, kOriginal);
  for (std::size_t m = 0; m < 3; ++m) EXPECT_NEAR(weights[m], truth[m], 0.002);
}

TEST(EnsembleWeights, NoPointOfAGridHasALowerLoss) {
  const std::vector<double> truth{0.9, 0.0, 0.1}, prior{0.3, 0.4, 0.3};
  for (const double shrinkage : {0.0, 0.5, 5.0})
    for (const WeightBounds& bounds : {kOriginal, kFree}) {
      const auto rows = make_rows(3, 300, truth, 0.1, 11);
      const auto weights = moments_of(rows).solve(prior, shrinkage, bounds);
      EXPECT_NEAR(sum_of(weights), 1, 1e-12);
      const double found = loss(rows, weights, prior, shrinkage);
      for (int i = 0; i <= 100; ++i)
        for (int j = 0; i + j <= 100; ++j) {
          const std::vector<double> point{i / 100.0, j / 100.0, (100 - i - j) / 100.0};
          const bool inside = std::all_of(point.begin(), point.end(),
                                          [&bounds](double w) { return w >= bounds.least && w <= bounds.most; });
          if (inside) {
            EXPECT_LE(found, loss(rows, point, prior, shrinkage) + 1e-12);
          }
        }
    }
}

TEST(EnsembleWeights, MoreShrinkageStaysNearerToThePrior) {
  const std::vector<double> truth{1, 0, 0, 0}, prior{0.25, 0.25, 0.30, 0.20};
  const auto moments = moments_of(make_rows(4, 2'000, truth, 0.1, 5));
  double before = 1e9;
  for (const double shrinkage : {0.0, 1.0, 10.0, 1e6}) {
    const double now = distance(moments.solve(prior, shrinkage, kFree), prior);
    EXPECT_LT(now, before);
    before = now;
  }
  EXPECT_LT(before, 1e-10);
}

TEST(EnsembleWeights, MembersThatAreAlikeOrSilentAreNoDifficulty) {
  WeightMoments alike(2), silent(2);
  for (int i = 0; i < 100; ++i) {
    alike.add(std::vector<double>{0.1 * i, 0.1 * i}, 0.2 * i);
    silent.add(std::vector<double>{0.0, 0.0}, 0.2 * i);
  }
  const std::vector<double> prior{0.5, 0.5};
  for (const auto& moments : {alike, silent})
    for (const double weight : moments.solve(prior, 0, kOriginal)) EXPECT_NEAR(weight, 0.5, 1e-12);
}

}  // namespace
}  // namespace clm
