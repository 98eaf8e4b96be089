#include "market/simulator/simulator_signal.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace clm {
namespace {

TEST(PlantedSignal, ExpectedIsTheExpectationOfWhatFollows) {
  // By brute force: many continuations of the two states from where they stand.
  constexpr double kDecay = 0.9;
  const PlantedSignal signal(SignalShape::conditional, kDecay);
  const double activity_decay = activity_decay_per_bar();
  Random random(3);
  for (const double activity : {-1.5, 0.2, 1.0}) {
    double sum = 0, square = 0;
    constexpr int kPaths = 100'000;
    for (int path = 0; path < kPaths; ++path) {
      double x = 1.3, u = activity;
      for (int j = 0; j < 4; ++j) {
        x = kDecay * x + std::sqrt(1 - kDecay * kDecay) * random.normal();
        u = activity_decay * u + std::sqrt(1 - activity_decay * activity_decay) * random.normal();
      }
      const double value = signal.at(x, u);
      sum += value / kPaths;
      square += value * value / kPaths;
    }
    const double standard_error = std::sqrt((square - sum * sum) / kPaths);
    EXPECT_NEAR(signal.expected(1.3, activity, 4), sum, 3.5 * standard_error) << activity;
  }
}

TEST(PlantedSignal, ConditionalTurnsWithActivity) {
  const PlantedSignal signal(SignalShape::conditional, 0.9);
  EXPECT_GT(signal.at(1, 2), 1.3) << "active: what began goes on";
  EXPECT_LT(signal.at(1, -2), -0.4) << "quiet: it turns back";
  EXPECT_GT(signal.at(1, 2), -1.5 * signal.at(1, -2)) << "more weakly";
  double square = 0, product = 0;
  Random random(4);
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal(), value = signal.at(x, random.normal());
    square += value * value / kDraws;
    product += value * x / kDraws;
  }
  EXPECT_NEAR(square, 1, 0.02);
  EXPECT_NEAR(product, PlantedSignal::kConditionalLinearShare, 0.02);
}

}  // namespace
}  // namespace clm
