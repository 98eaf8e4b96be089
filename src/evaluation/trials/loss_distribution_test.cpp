#include "evaluation/trials/loss_distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace clm {
namespace {

TEST(LossDistribution, CountsInBinsOfItsLoss) {
  LossDistribution ranks(BarLoss::rank), squares(BarLoss::squared_error);
  for (const double loss : {-0.1, 0.0, 0.99, 1.0, 2.0, 2.5}) ranks.add(loss);
  EXPECT_EQ(ranks.count(), 6U);
  EXPECT_EQ(ranks.bins()[0], 2U);
  EXPECT_EQ(ranks.bins()[31], 1U);
  EXPECT_EQ(ranks.bins()[32], 1U);
  EXPECT_EQ(ranks.bins()[63], 2U);
  for (const double loss : {0.0, 1.0, 1.2, 1e9}) squares.add(loss);
  EXPECT_EQ(squares.bins()[0], 1U);
  EXPECT_EQ(squares.bins()[32], 1U) << "1 is 2^0";
  EXPECT_EQ(squares.bins()[33], 1U) << "1.2 is 2^0.26";
  EXPECT_EQ(squares.bins()[63], 1U);
}

TEST(LossDistribution, DistanceIsThatOfTheValuesUpToABin) {
  Random random(3);
  LossDistribution a(BarLoss::rank), b(BarLoss::rank);
  std::vector<double> of_a, of_b;
  for (int i = 0; i < 400; ++i) {
    of_a.push_back(std::clamp(1 + 0.2 * random.normal(), 0.0, 2.0));
    of_b.push_back(std::clamp(0.9 + 0.3 * random.normal(), 0.0, 2.0));
    a.add(of_a.back());
    b.add(of_b.back());
  }
  std::sort(of_a.begin(), of_a.end());
  std::sort(of_b.begin(), of_b.end());
  const double exact = kolmogorov_smirnov_distance(of_a, of_b);
  const TestResult found = compare_losses(a, b, 1);
  EXPECT_LE(found.statistic, exact);
  EXPECT_GT(found.statistic, exact - 0.05);
  EXPECT_LT(found.p_value, 1e-3);
  EXPECT_GT(compare_losses(a, b, 20).p_value, found.p_value) << "fewer effective values show less";
  EXPECT_EQ(compare_losses(a, a, 1).p_value, 1);
  EXPECT_EQ(compare_losses(a, LossDistribution(BarLoss::rank), 1).p_value, 1);
}

TEST(LossDistribution, OverlappingLossesAreSeldomToldApart) {
  // Two forecasters of the same skill, losses that are sums over 5 bars: p is below 5 % in 5 % of the trials at most.
  int told_apart = 0;
  constexpr int kTrials = 200, kHorizon = 5;
  for (std::uint64_t seed = 1; seed <= kTrials; ++seed) {
    Random random(seed);
    LossDistribution loss[2] = {LossDistribution(BarLoss::rank), LossDistribution(BarLoss::rank)};
    for (LossDistribution& one : loss) {
      double shocks[kHorizon] = {};
      for (int bar = 0; bar < 700 + kHorizon; ++bar) {
        shocks[bar % kHorizon] = random.normal();
        double sum = 0;
        for (const double shock : shocks) sum += shock;
        if (bar >= kHorizon) one.add(1 + 0.05 * sum);
      }
    }
    told_apart += compare_losses(loss[0], loss[1], kHorizon).p_value < 0.05 ? 1 : 0;
  }
  EXPECT_LE(told_apart, 19) << "5 % of 200 are 10";
}

TEST(LossDistribution, GoesOnFromItsBins) {
  LossDistribution whole(BarLoss::rank), again(BarLoss::rank);
  for (int i = 0; i < 50; ++i) whole.add(0.03 * i);
  again.restore(whole.bins());
  EXPECT_EQ(again.bins(), whole.bins());
}

}  // namespace
}  // namespace clm
