#include "evaluation/drift/e_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.hpp"

namespace clm {
namespace {

std::uint64_t values_until_alarm(const EDetectorOptions& options, Random& random, double mean, std::uint64_t most) {
  EDetector detector(options);
  for (std::uint64_t n = 1; n <= most; ++n)
    if (detector.update(mean + random.normal()) == DriftSignal::drift) return n;
  return most;
}

double mean_run_length(double run_length, double mean, std::uint64_t histories) {
  EDetectorOptions options;
  options.run_length = run_length;
  double sum = 0;
  for (std::uint64_t i = 0; i < histories; ++i) {
    Random random = Random::stream(5, "e-detector", i);
    sum += static_cast<double>(values_until_alarm(options, random, mean, 1'000'000));
  }
  return sum / static_cast<double>(histories);
}

TEST(EDetector, FollowsTheRecursionOfShiryaevAndRoberts) {
  EDetector detector;
  const std::vector<double> values{0.3, -1.2, -0.4, 0.9, -2};
  double expected = 0;
  for (const double lambda : {0.25, 0.5, 1.0, 2.0}) {
    // Written out: the sum over every starting point of the product of the factors from there on.
    for (std::size_t start = 0; start < values.size(); ++start) {
      double product = 1;
      for (std::size_t i = start; i < values.size(); ++i)
        product *= std::exp(-lambda * values[i] - lambda * lambda / 2);
      expected += product / 4;
    }
  }
  for (const double value : values) detector.update(value);
  EXPECT_NEAR(detector.evidence(), expected, 1e-12 * expected);
}

TEST(EDetector, RunsAtLeastAsLongAsStatedInControl) {
  EXPECT_GE(mean_run_length(50, 0, 2000), 50);
  EXPECT_GE(mean_run_length(200, 0, 1000), 200);
  EXPECT_GE(mean_run_length(50, 0.3, 200), 200) << "above the mean in control alarms are rarer still";
}

TEST(EDetector, FindsAFallAndWhenItBegan) {
  EDetectorOptions options;
  options.run_length = 1000;
  std::vector<double> delays, errors;
  for (std::uint64_t i = 0; i < 200; ++i) {
    Random random = Random::stream(6, "fall", i);
    EDetector detector(options);
    bool is_early = false;
    for (int n = 0; n < 100; ++n) is_early = detector.update(0.5 + random.normal()) == DriftSignal::drift || is_early;
    if (is_early) continue;
    for (int n = 1; n <= 500; ++n) {
      if (detector.update(-1 + random.normal()) != DriftSignal::drift) continue;
      delays.push_back(n);
      errors.push_back(std::abs(n - static_cast<double>(detector.values_since_change())));
      break;
    }
  }
  ASSERT_GT(delays.size(), 190U);
  std::sort(delays.begin(), delays.end());
  std::sort(errors.begin(), errors.end());
  EXPECT_LE(delays[delays.size() / 2], 20);
  EXPECT_LE(errors[errors.size() / 2], 2);
}

TEST(EDetector, KnowsUnitsAndWhatIsMissing) {
  EDetectorOptions in_units;
  in_units.mean = 10;
  in_units.sigma = 4;
  EDetector plain, scaled(in_units);
  for (const double z : {-0.5, 1.25, -2.0}) {
    plain.update(z);
    scaled.update(10 + 4 * z);
    scaled.update(std::numeric_limits<double>::quiet_NaN());
  }
  EXPECT_DOUBLE_EQ(plain.evidence(), scaled.evidence());
  EXPECT_EQ(plain.values_since_change(), scaled.values_since_change());
}

TEST(EDetector, BeginsAnewAfterAnAlarmAndStaysFinite) {
  EDetector detector;
  ASSERT_EQ(detector.update(-1e6), DriftSignal::drift);
  EXPECT_TRUE(std::isfinite(detector.evidence()));
  EXPECT_EQ(detector.update(0.0), DriftSignal::none);
  EDetector fresh;
  fresh.update(0.0);
  EXPECT_EQ(detector.state(), fresh.state());
}

TEST(EDetector, GoesOnFromItsStateToTheBit) {
  Random random = Random::stream(7, "state", 0);
  EDetector whole;
  for (int i = 0; i < 300; ++i) {
    const double value = random.normal() - 0.1;
    EDetector read;
    ASSERT_TRUE(read.restore(whole.state()));
    EXPECT_EQ(read.update(value), whole.update(value));
    EXPECT_EQ(read.state(), whole.state());
  }
}

TEST(EDetector, RefusesAStateThatIsNone) {
  EDetector detector;
  const DetectorState before = detector.state();
  EXPECT_FALSE(detector.restore(std::vector<double>{1, 2}));
  DetectorState negative = before;
  negative[0] = -1;
  EXPECT_FALSE(detector.restore(negative));
  EXPECT_EQ(detector.state(), before);
}

}  // namespace
}  // namespace clm
