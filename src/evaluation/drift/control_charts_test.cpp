#include "evaluation/drift/control_charts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/probability_distribution.hpp"
#include "base/random.hpp"

namespace clm {
namespace {

/// Brook & Evans' chain for one side of a CUSUM, as they write it: the states are midpoints of width w, the first
/// holding everything below; the run length by repeated substitution.
double brook_evans(double reference, double threshold, int states) {
  const double width = 2 * threshold / (2 * states - 1);
  std::vector<std::vector<double>> next(static_cast<std::size_t>(states),
                                        std::vector<double>(static_cast<std::size_t>(states)));
  for (int i = 0; i < states; ++i)
    for (int j = 0; j < states; ++j) {
      const double upper = normal_cdf((j - i + 0.5) * width + reference);
      next[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] =
          j == 0 ? upper : upper - normal_cdf((j - i - 0.5) * width + reference);
    }
  std::vector<double> alive(static_cast<std::size_t>(states), 0.0);
  alive[0] = 1;
  double length = 0;
  for (double left = 1; left > 1e-12;) {
    length += left;
    std::vector<double> moved(alive.size(), 0.0);
    for (std::size_t i = 0; i < alive.size(); ++i)
      for (std::size_t j = 0; j < alive.size(); ++j) moved[j] += alive[i] * next[i][j];
    alive = moved;
    left = 0;
    for (const double p : alive) left += p;
  }
  return length;
}

TEST(RunLength, IsTheLimitOfBrookAndEvansChain) {
  // The chain's error falls with the square of the width: extrapolate it away.
  const double coarse = brook_evans(0.5, 3, 15);
  const double fine = brook_evans(0.5, 3, 30);
  const double ratio = std::pow(59.0 / 29.0, 2);
  EXPECT_NEAR(cusum_run_length(0.5, 3, ChangeSide::increase), (ratio * fine - coarse) / (ratio - 1), 0.05);
}

/// Montgomery (2013), Introduction to Statistical Quality Control, 7th ed., table 9.3 (k = 1/2, two-sided).
TEST(RunLength, OfCusumsAsPublished) {
  const std::vector<double> shifts{0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4};
  const std::vector<double> at_4{168, 74.2, 26.6, 13.3, 8.38, 4.75, 3.34, 2.62, 2.19, 1.71};
  const std::vector<double> at_5{465, 139, 38, 17, 10.4, 5.75, 4.01, 3.11, 2.57, 2.01};
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    EXPECT_NEAR(cusum_run_length(0.5, 4, ChangeSide::both, shifts[i]), at_4[i], 0.006 * at_4[i]) << shifts[i];
    EXPECT_NEAR(cusum_run_length(0.5, 5, ChangeSide::both, shifts[i]), at_5[i], 0.006 * at_5[i]) << shifts[i];
  }
}

/// Same, table 9.11, after Lucas & Saccucci (1990): shift 0 and 1.
TEST(RunLength, OfEwmasAsPublished) {
  struct Row {
    double limit, lambda, in_control, at_one;
  };
  for (const Row& row : {Row{3.054, 0.40, 500, 14.3}, Row{2.998, 0.25, 500, 11.1}, Row{2.962, 0.20, 500, 10.5},
                         Row{2.814, 0.10, 500, 10.3}, Row{2.615, 0.05, 500, 11.4}}) {
    EXPECT_NEAR(ewma_run_length(row.lambda, row.limit, ChangeSide::both), row.in_control, 5) << row.lambda;
    EXPECT_NEAR(ewma_run_length(row.lambda, row.limit, ChangeSide::both, 1), row.at_one, 0.1) << row.lambda;
  }
  // Documented for EWMAARL(1, 0.25, 3) of SAS/QC, which follows Crowder (1987).
  EXPECT_NEAR(ewma_run_length(0.25, 3, ChangeSide::both, 1), 11.154267016, 1e-8);
  // Borror, Montgomery & Runger (1999), J. Quality Technology 31:309: lambda 0.1 at 2.703 runs 370 long.
  EXPECT_NEAR(ewma_run_length(0.1, 2.703, ChangeSide::both), 370, 3);
  // With lambda 1 it is Shewhart's chart: 1 / P(|z| > 3).
  EXPECT_NEAR(ewma_run_length(1, 3, ChangeSide::both), 1 / (2 * normal_cdf(-3)), 1e-6);
}

TEST(RunLength, SiegmundsFormIsNear) {
  for (const double threshold : {3.0, 4.0, 5.0, 8.0})
    EXPECT_NEAR(siegmund_run_length(0.5, threshold) / cusum_run_length(0.5, threshold, ChangeSide::increase), 1, 0.03);
  EXPECT_NEAR(siegmund_run_length(0.5, 5, 1) / cusum_run_length(0.5, 5, ChangeSide::increase, 1), 1, 0.03);
  EXPECT_NEAR(siegmund_run_length(0.5, 5, 0.5), 6.166 * 6.166, 1e-9);
}

TEST(RunLength, ThresholdsInvertIt) {
  for (const double wanted : {5.0, 100.0, 1'000.0, 1e6})
    for (const ChangeSide side : {ChangeSide::increase, ChangeSide::decrease, ChangeSide::both}) {
      const double threshold = cusum_threshold(0.25, wanted, side);
      EXPECT_NEAR(cusum_run_length(0.25, threshold, side) / wanted, 1, 1e-6);
      const double limit = ewma_limit(0.05, wanted, side);
      EXPECT_NEAR(ewma_run_length(0.05, limit, side) / wanted, 1, 1e-6);
    }
  EXPECT_NEAR(cusum_threshold(0.5, 370, ChangeSide::both), 4.77, 0.005);  // Hawkins (1993)
}

/// Mean and standard error of the values up to an alarm.
template <typename Chart>
std::pair<double, double> simulated(Chart chart, double mean, double sigma, double shift, int runs) {
  Random random(1);
  double sum = 0, squares = 0;
  for (int run = 0; run < runs; ++run) {
    double length = 1;
    while (chart.update(mean + sigma * (shift + random.normal())) != DriftSignal::drift) length += 1;
    sum += length;
    squares += length * length;
  }
  const double average = sum / runs;
  return {average, std::sqrt((squares / runs - average * average) / runs)};
}

TEST(ControlCharts, RunAsLongAsStated) {
  constexpr double kWanted = 150;
  constexpr int kRuns = 4'000;
  for (const ChangeSide side : {ChangeSide::increase, ChangeSide::decrease, ChangeSide::both}) {
    const CusumChart cusum(
        {.mean = 0.52, .sigma = 0.1, .reference = 0.5, .threshold = cusum_threshold(0.5, kWanted, side), .side = side});
    const EwmaChart ewma(
        {.mean = 0.52, .sigma = 0.1, .lambda = 0.1, .limit = ewma_limit(0.1, kWanted, side), .side = side});
    const auto [cusum_mean, cusum_error] = simulated(cusum, 0.52, 0.1, 0, kRuns);
    const auto [ewma_mean, ewma_error] = simulated(ewma, 0.52, 0.1, 0, kRuns);
    EXPECT_NEAR(cusum_mean, kWanted, 3.5 * cusum_error);
    EXPECT_NEAR(ewma_mean, kWanted, 3.5 * ewma_error);
    const double shift = side == ChangeSide::decrease ? -1 : 1;
    const auto [found_cusum, found_cusum_error] = simulated(cusum, 0.52, 0.1, shift, kRuns);
    const auto [found_ewma, found_ewma_error] = simulated(ewma, 0.52, 0.1, shift, kRuns);
    EXPECT_NEAR(found_cusum, cusum_run_length(0.5, cusum_threshold(0.5, kWanted, side), side, shift),
                3.5 * found_cusum_error);
    EXPECT_NEAR(found_ewma, ewma_run_length(0.1, ewma_limit(0.1, kWanted, side), side, shift), 3.5 * found_ewma_error);
  }
}

/// By hand: k = 1, h = 2, mean 10, sigma 2.
TEST(ControlCharts, FollowTheirFormulas) {
  CusumChart cusum({.mean = 10, .sigma = 2, .reference = 1, .threshold = 2});
  EXPECT_EQ(cusum.update(14), DriftSignal::none);
  EXPECT_EQ(cusum.up(), 1);
  EXPECT_EQ(cusum.update(5), DriftSignal::none);
  EXPECT_EQ(cusum.up(), 0);
  EXPECT_EQ(cusum.down(), 1.5);
  EXPECT_EQ(cusum.update(5), DriftSignal::drift);
  EXPECT_EQ(cusum.update(10), DriftSignal::none);
  EXPECT_EQ(cusum.down(), 0) << "an alarm begins anew";
  EwmaChart ewma({.mean = 10, .sigma = 2, .lambda = 0.5, .limit = 2});
  EXPECT_NEAR(ewma.reach(), 2 * 2 * std::sqrt(1.0 / 3), 1e-15);
  EXPECT_EQ(ewma.update(12), DriftSignal::none);
  EXPECT_EQ(ewma.average(), 11);
  EXPECT_EQ(ewma.update(15), DriftSignal::drift);
  EXPECT_EQ(ewma.average(), 13);
  EwmaChart falls({.mean = 10, .sigma = 2, .lambda = 0.5, .limit = 2, .side = ChangeSide::decrease});
  EXPECT_EQ(falls.update(1'000), DriftSignal::none);
  EXPECT_EQ(falls.average(), 10) << "good times are no credit";
}

template <typename Chart>
class EveryControlChart : public ::testing::Test {};
using ControlCharts = ::testing::Types<CusumChart, EwmaChart>;
TYPED_TEST_SUITE(EveryControlChart, ControlCharts);

TYPED_TEST(EveryControlChart, GoesOnFromItsStateToTheBit) {
  TypeParam whole;
  Random random(2);
  int alarms = 0;
  for (int i = 0; i < 3'000; ++i) {
    TypeParam resumed;
    ASSERT_TRUE(resumed.restore(whole.state()));
    const double value = random.normal() + (i % 100 > 80 ? 1 : 0);
    EXPECT_EQ(resumed.update(std::nan("")), DriftSignal::none);
    EXPECT_EQ(resumed.update(std::numeric_limits<double>::infinity()), DriftSignal::none);
    const DriftSignal signal = whole.update(value);
    ASSERT_EQ(resumed.update(value), signal);
    ASSERT_EQ(resumed.state(), whole.state());
    alarms += signal == DriftSignal::drift ? 1 : 0;
  }
  EXPECT_GT(alarms, 5);
  for (const DetectorState& bad : {DetectorState{}, DetectorState{0, 0, 0, 0}, DetectorState{std::nan(""), 0, 0}}) {
    const Status status = whole.restore(bad);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, "drift.state");
  }
}

}  // namespace
}  // namespace clm
