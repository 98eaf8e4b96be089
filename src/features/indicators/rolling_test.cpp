#include "features/indicators/rolling.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <span>

#include "base/random.hpp"
#include "features/indicators/window_sums.hpp"

namespace clm {
namespace {

std::vector<double> random_values(std::size_t count, double level, double spread) {
  Random random(7);
  std::vector<double> values(count);
  for (double& value : values) value = level + spread * random.student_t(3);
  return values;
}

// The brute-force oracle: moments of the window, from the mean, in long double.
struct Moments {
  double mean, variance;
};
Moments moments_of(std::span<const double> window) {
  const auto n = static_cast<long double>(window.size());
  const long double mean = std::accumulate(window.begin(), window.end(), 0.0L) / n;
  long double m2 = 0;
  for (const double x : window) {
    const long double d = x - mean;
    m2 += d * d / n;
  }
  return {static_cast<double>(mean), static_cast<double>(m2)};
}

TEST(RollingFold, EqualsTheWindowForEveryLength) {
  const auto values = random_values(200, 0, 1);
  for (const int length : {1, 2, 3, 7, 64}) {
    RollingSum sum(length);
    RollingMax highest(length);
    RollingMin lowest(length);
    for (std::size_t i = 0; i < values.size(); ++i) {
      sum.update(values[i]);
      highest.update(values[i]);
      lowest.update(values[i]);
      const auto n = static_cast<std::size_t>(length);
      if (i + 1 < n) {
        EXPECT_TRUE(std::isnan(sum.value()));
        EXPECT_TRUE(std::isnan(highest.value()));
        continue;
      }
      const auto window = std::span(values).subspan(i + 1 - n, n);
      EXPECT_NEAR(sum.value(), std::accumulate(window.begin(), window.end(), 0.0), 1e-12);
      EXPECT_EQ(highest.value(), *std::max_element(window.begin(), window.end()));
      EXPECT_EQ(lowest.value(), *std::min_element(window.begin(), window.end()));
    }
  }
}

TEST(RollingSum, AHugeValueLeavesNoTrace) {
  RollingSum disturbed(10), calm(10);
  for (int i = 0; i < 100; ++i) {
    disturbed.update(i == 25 ? 1e20 : 0.1 * i);
    calm.update(0.1 * i);
    if (i >= 35) {
      EXPECT_EQ(disturbed.value(), calm.value());
    }
  }
}

TEST(RollingVariance, EqualTheWindowsMoments) {
  const auto values = random_values(600, 0.5, 1);
  RollingVariance variance(72);
  for (std::size_t i = 0; i < values.size(); ++i) {
    variance.update(values[i]);
    EXPECT_EQ(variance.ready(), i + 1 >= 72);
    if (!variance.ready()) continue;
    const Moments wanted = moments_of(std::span(values).subspan(i + 1 - 72, 72));
    EXPECT_NEAR(variance.mean(), wanted.mean, 1e-12);
    EXPECT_NEAR(variance.variance(), wanted.variance, 1e-12 * (1 + wanted.variance));
  }
}

// Sums of squares about zero would have no correct digit left here.
TEST(RollingVariance, ALevelFarFromZeroDoesNotCancelTheSpread) {
  const auto values = random_values(300, 1e9, 0.01);
  RollingVariance variance(24);
  for (std::size_t i = 0; i < values.size(); ++i) {
    variance.update(values[i]);
    if (i < 24) continue;
    const Moments wanted = moments_of(std::span(values).subspan(i - 23, 24));
    EXPECT_NEAR(variance.variance(), wanted.variance, 1e-9 * wanted.variance);
  }
}

TEST(RollingVariance, AConstantSeriesHasNoSpreadAtAll) {
  RollingVariance variance(24);
  for (int i = 0; i < 100; ++i) variance.update(0.1);
  EXPECT_EQ(variance.variance(), 0.0);
  EXPECT_TRUE(std::isnan(variance.z_score(0.1)));
}

TEST(RollingRegression, EqualsTheWindowsRegression) {
  const auto x = random_values(300, 0, 1);
  Random random(3);
  RollingRegression regression(50);
  std::vector<double> y;
  for (const double value : x) y.push_back(1.7 * value + random.normal());
  for (std::size_t i = 0; i < x.size(); ++i) {
    regression.update(x[i], y[i]);
    if (i < 49) {
      EXPECT_TRUE(std::isnan(regression.slope()));
      continue;
    }
    long double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
    for (std::size_t k = i - 49; k <= i; ++k) mx += x[k] / 50.0L, my += y[k] / 50.0L;
    for (std::size_t k = i - 49; k <= i; ++k) {
      xx += (x[k] - mx) * (x[k] - mx);
      xy += (x[k] - mx) * (y[k] - my);
      yy += (y[k] - my) * (y[k] - my);
    }
    EXPECT_NEAR(regression.slope(), static_cast<double>(xy / xx), 1e-11);
    EXPECT_NEAR(regression.correlation(), static_cast<double>(xy / std::sqrt(xx * yy)), 1e-11);
  }
}

TEST(History, RemembersByAge) {
  History history(5);
  for (int i = 0; i < 20; ++i) {
    history.push(i);
    for (int age = 0; age <= 5; ++age) {
      if (age > i) {
        EXPECT_TRUE(std::isnan(history[age]));
      } else {
        EXPECT_EQ(history[age], i - age);
      }
    }
  }
}

// However values are cut into runs, each window sums what the oracle adds up, and has the bits of values that come one
// by one, across the lowering of the totals too.
TEST(WindowSums, RunsHaveTheBitsOfSingleValues) {
  const auto values = random_values(400, 1.0, 1);
  WindowSums<1> one_by_one(50), in_runs(50);
  std::array<double, 23> mean{}, sum{};
  for (std::size_t begin = 0; begin < values.size();) {
    const std::size_t count = std::min({std::size_t{1} + begin % 23, in_runs.room(), values.size() - begin});
    in_runs.push(count, {values.data() + begin});
    in_runs.means(0, 30, count, mean.data());
    in_runs.known_sums(0, 50, count, sum.data());
    for (std::size_t i = 0; i < count; ++i) {
      double single_mean = 0.0, single_sum = 0.0, wanted = 0.0;
      one_by_one.room();
      one_by_one.push(1, {values.data() + begin + i});
      one_by_one.means(0, 30, 1, &single_mean);
      one_by_one.known_sums(0, 50, 1, &single_sum);
      const std::size_t end = begin + i + 1, held = std::min<std::size_t>(end, 30);
      for (std::size_t k = end - held; k < end; ++k) wanted += values[k];
      EXPECT_EQ(std::isnan(mean[i]), end < 21);
      EXPECT_EQ(std::isnan(sum[i]), end < 35);
      if (end < 35) continue;
      EXPECT_EQ(mean[i], single_mean);
      EXPECT_EQ(sum[i], single_sum);
      EXPECT_NEAR(mean[i], wanted / static_cast<double>(held), 1e-12);
    }
    begin += count;
  }
}

TEST(PatientMax, RunsEqualTheLargestOfTheWindow) {
  const auto values = random_values(300, 0.0, 1);
  PatientMax largest(24);
  std::array<double, 19> result{};
  for (std::size_t begin = 0; begin < values.size();) {
    const std::size_t count = std::min(std::size_t{1} + begin % 19, values.size() - begin);
    largest.update(count, values.data() + begin, result.data());
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t end = begin + i + 1, first = end - std::min<std::size_t>(end, 24);
      if (end < 16)
        EXPECT_TRUE(std::isnan(result[i]));
      else
        EXPECT_EQ(result[i], *std::max_element(values.begin() + static_cast<std::ptrdiff_t>(first),
                                               values.begin() + static_cast<std::ptrdiff_t>(end)));
    }
    begin += count;
  }
}

}  // namespace
}  // namespace clm
