#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/probability_distribution.hpp"
#include "base/random.hpp"
#include "evaluation/metrics/paired_difference.hpp"
#include "evaluation/statistics/bootstrap.hpp"
#include "evaluation/statistics/model_comparison.hpp"
#include "evaluation/statistics/sharpe_significance.hpp"

// Values marked "oracle" come from tools/oracles/significance.py (arch 8.0, scipy); others cite their paper.
namespace clm {
namespace {

class Lcg {
 public:
  explicit Lcg(std::uint64_t seed) : state_(seed) {}
  double uniform() {
    state_ = (state_ * 1103515245 + 12345) % 2147483648ULL;
    return static_cast<double>(state_) / 2147483648.0;
  }

 private:
  std::uint64_t state_;
};

std::vector<double> autoregression(std::uint64_t seed, std::size_t n, double phi) {
  Lcg lcg(seed);
  double x = 0;
  std::vector<double> out;
  for (std::size_t t = 0; t < n; ++t) {
    double noise = 0;
    for (int i = 0; i < 12; ++i) noise += lcg.uniform();
    x = phi * x + (noise - 6);
    out.push_back(x);
  }
  return out;
}

std::vector<double> oracle_gains(std::size_t n) {
  const double shift[] = {0.15, 0.02, -0.1, -0.6};
  std::vector<double> gains(n * 4);
  for (std::size_t k = 0; k < 4; ++k) {
    const auto column = autoregression(10 + k, n, 0.3);
    for (std::size_t t = 0; t < n; ++t) gains[t * 4 + k] = column[t] + shift[k];
  }
  return gains;
}

/// Means over `horizon` values of independent normals: what overlapping labels make of noise.
std::vector<double> overlapping_noise(Random& random, std::size_t n, std::size_t horizon) {
  std::vector<double> white(n + horizon);
  for (auto& w : white) w = random.normal();
  std::vector<double> out(n);
  for (std::size_t t = 0; t < n; ++t)
    for (std::size_t k = 0; k < horizon; ++k) out[t] += white[t + k];
  return out;
}

TEST(Distribution, AgreesWithScipy) {  // oracle
  EXPECT_NEAR(student_t_cdf(-2.5, 7), 0.020496109292876444, 1e-14);
  EXPECT_NEAR(student_t_quantile(0.995, 12.5), 3.0324366528705617, 1e-12);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_cdf(-3), 0.0013498980316300933, 1e-16);
  EXPECT_TRUE(std::isinf(normal_quantile(1)));
}

TEST(BlockLength, AgreesWithArch) {  // oracle
  const auto check = [](std::uint64_t seed, std::size_t n, double phi, double stationary, double circular) {
    const auto length = optimal_block_length(autoregression(seed, n, phi));
    EXPECT_NEAR(length.stationary, stationary, 1e-8);
    EXPECT_NEAR(length.circular, circular, 1e-8);
  };
  check(1, 500, 0.0, 2.448691424400771, 2.803051949129768);
  check(2, 500, 0.6, 10.626887713867731, 12.164749720079408);
  check(3, 1000, 0.9, 44.44776418114071, 50.879988707803605);
  check(4, 60, 0.3, 1.9114582961480229, 2.1880735356473666);
}

TEST(BlockLength, IsOneForWhatHasNoMemory) {
  EXPECT_EQ(optimal_block_length(std::vector<double>(100, 3.0)).stationary, 1);
  EXPECT_EQ(optimal_block_length(std::vector<double>{1, 2, 3}).stationary, 1);
}

TEST(StationaryBootstrap, VarianceInClosedFormIsArchsAndThatOfTheDraws) {
  const auto series = autoregression(10, 300, 0.3);
  const double closed = stationary_bootstrap_variance(series, 10);
  EXPECT_NEAR(closed, 0.005471530855771029, 1e-12);  // oracle; a shift does not change it

  StationaryBootstrap bootstrap(series.size(), 10, Random(5));
  std::vector<std::uint32_t> draw(series.size());
  double sum = 0, squares = 0;
  constexpr int kDraws = 20'000;
  for (int b = 0; b < kDraws; ++b) {
    bootstrap.draw(draw);
    double mean = 0;
    for (const auto t : draw) mean += series[t];
    mean /= static_cast<double>(series.size());
    sum += mean;
    squares += mean * mean;
  }
  const double variance = squares / kDraws - (sum / kDraws) * (sum / kDraws);
  EXPECT_NEAR(variance / closed, 1, 0.04);  // four standard errors of a variance from 20,000 draws
}

TEST(StationaryBootstrap, IsDeterministicAndKeepsBlocks) {
  std::vector<std::uint32_t> a(1000), b(1000);
  StationaryBootstrap(1000, 20, Random(3)).draw(a);
  StationaryBootstrap(1000, 20, Random(3)).draw(b);
  EXPECT_EQ(a, b);
  int breaks = 0;
  for (std::size_t i = 1; i < a.size(); ++i) breaks += a[i] != (a[i - 1] + 1) % 1000 ? 1 : 0;
  EXPECT_GT(breaks, 25);
  EXPECT_LT(breaks, 80);
}

TEST(EstimateMean, HoldsItsLevelUnderOverlap) {
  // One-sided tests of noise whose labels overlap by 5 bars. Without blocks three times as many would pass.
  Random random(11);
  constexpr int kSeries = 3000;
  int rejected_1 = 0, rejected_5 = 0, naive_1 = 0;
  for (int s = 0; s < kSeries; ++s) {
    const auto series = overlapping_noise(random, 500, 5);
    const auto estimate = estimate_mean(series, {0.05, 10});
    rejected_1 += estimate.p_greater < 0.01 ? 1 : 0;
    rejected_5 += estimate.p_greater < 0.05 ? 1 : 0;
    double squares = 0;
    for (const double x : series) squares += (x - estimate.mean) * (x - estimate.mean);
    naive_1 += estimate.mean / std::sqrt(squares / 500 / 500) > 2.326 ? 1 : 0;
  }
  RecordProperty("share_at_1_percent", std::to_string(rejected_1 / double{kSeries}));
  EXPECT_LE(rejected_1, 45);  // 30 expected, standard error 5.4
  EXPECT_GE(rejected_1, 12);
  EXPECT_LE(rejected_5, 190);  // 150 expected, standard error 12
  EXPECT_GT(naive_1, 200);
}

TEST(EstimateMean, BoundsAgreeWithPValues) {
  const auto series = autoregression(2, 500, 0.6);
  const auto estimate = estimate_mean(series, {0.05, 5});
  EXPECT_NEAR(lower_bound(estimate, 0.025), estimate.lo, 1e-12);
  EXPECT_NEAR(upper_bound(estimate, 0.025), estimate.hi, 1e-12);
  EXPECT_NEAR(lower_bound(estimate, estimate.p_greater), 0, 1e-9);
  EXPECT_LT(estimate.lo, estimate.mean);
}

TEST(EstimateMean, SaysNothingAboutTooFewBlocks) {
  const auto estimate = estimate_mean(autoregression(2, 60, 0.0), {0.05, 30});
  EXPECT_TRUE(std::isinf(estimate.hi) && estimate.hi > 0);
  EXPECT_EQ(estimate.p_greater, 1);
  EXPECT_TRUE(std::isinf(lower_bound(estimate, 0.05)));
  EXPECT_EQ(estimate_mean({}, {}).p_value, 1);
}

TEST(EstimateRatio, IsTheMeanWhereDenominatorsAreEqual) {
  const auto series = autoregression(2, 200, 0.2);
  const std::vector<double> twos(200, 2.0);
  const auto ratio = estimate_ratio(series, twos, {});
  const auto mean = estimate_mean(series, {});
  EXPECT_NEAR(ratio.mean, mean.mean / 2, 1e-12);
  EXPECT_NEAR(ratio.standard_error, mean.standard_error / 2, 1e-12);
}

TEST(EstimateRatio, OneTradeAmongManyBarsIsOneValue) {
  std::vector<double> net(200, 0.0), trades(200, 0.0);
  net[17] = 298;
  trades[17] = 1;
  const auto ratio = estimate_ratio(net, trades, {});
  EXPECT_EQ(ratio.mean, 298);
  EXPECT_TRUE(std::isinf(ratio.lo) && std::isinf(ratio.hi)) << "[298, 298] would be certainty";
  EXPECT_TRUE(std::isinf(upper_bound(ratio, 0.05)));
}

TEST(PairedDifference, MatchesTimesAndCancelsWhatIsCommon) {
  const auto shared = autoregression(3, 400, 0.9);
  TimedSeries a, b;
  for (std::size_t t = 0; t < 400; ++t) {
    const auto time = static_cast<std::int64_t>(t);
    if (t != 7) {
      a.time_ms.push_back(time);
      a.value.push_back(shared[t] + 0.5 + (t % 2 == 0 ? 0.1 : -0.1));
    }
    if (t != 11) {
      b.time_ms.push_back(time);
      b.value.push_back(shared[t]);
    }
  }
  const auto difference = paired_difference(a, b, {});
  EXPECT_EQ(difference.difference.count, 398U);
  EXPECT_NEAR(difference.difference.mean, 0.5, 0.01);
  EXPECT_GT(difference.difference.lo, 0.45);
  EXPECT_NEAR(difference.mean_a - difference.mean_b, difference.difference.mean, 1e-12);
}

TEST(Sharpe, DeflatedRatioOfTheAuthorsExample) {
  // Bailey & Lopez de Prado (2014), section "A numerical example": annual ratio 2.5 over 5 years of 250 days.
  const double daily = 2.5 / std::sqrt(250.0);
  const SharpeMoments skewed{daily, 1250, -3, 10};
  EXPECT_NEAR(expected_max_sharpe(0.5 / 250, 100), 0.113172, 5e-7);
  EXPECT_NEAR(deflated_sharpe_ratio(skewed, 0.5 / 250, 100), 0.900397, 5e-7);
  EXPECT_NEAR(expected_max_sharpe(0.5 / 250, 46), 0.100362, 5e-7);
  EXPECT_NEAR(deflated_sharpe_ratio(skewed, 0.5 / 250, 46), 0.950502, 5e-7);
  EXPECT_NEAR(deflated_sharpe_ratio({daily, 1250, 0, 3}, 0.5 / 250, 88), 0.950491, 5e-7);
  EXPECT_EQ(expected_max_sharpe(0.5 / 250, 1), 0);
}

TEST(Sharpe, MinimumTrackRecordIsWhereTheProbabilityReachesItsGoal) {
  SharpeMoments moments{0.1, 0, -0.5, 5};
  const double length = min_track_record_length(moments, 0.02, 0.05);
  moments.count = static_cast<std::size_t>(std::llround(length));
  EXPECT_NEAR(probabilistic_sharpe_ratio(moments, 0.02), 0.95, 1e-3);
  EXPECT_TRUE(std::isinf(min_track_record_length(moments, 0.1, 0.05)));
}

TEST(Sharpe, ItsErrorIsLosWhereReturnsAreIndependentAndNormal) {
  // Lo (2002), Financial Analysts Journal 58(4):36, eq. 9: sqrt((1 + SR^2 / 2) / n).
  Random random(31);
  std::vector<double> returns(20'000);
  for (auto& r : returns) r = 0.8 + random.normal();
  const auto estimate = estimate_sharpe(returns, {0.05, 1});
  EXPECT_NEAR(estimate.standard_error, std::sqrt((1 + 0.8 * 0.8 / 2) / 20'000), 4e-4);
  EXPECT_EQ(estimate.mean, sharpe_moments(returns).sharpe);
  EXPECT_NEAR(estimate.hi - estimate.mean, estimate.mean - estimate.lo, 1e-12);
}

TEST(Sharpe, ItsErrorIsThatOfResamplingTheSeries) {
  const auto series = autoregression(10, 400, 0.3);
  std::vector<double> returns;
  for (const double x : series) returns.push_back(0.4 + x + 0.2 * x * x);  // skewed
  const auto estimate = estimate_sharpe(returns, {0.05, 10});
  StationaryBootstrap bootstrap(returns.size(), estimate.block_length, Random(5));
  std::vector<std::uint32_t> draw(returns.size());
  std::vector<double> resampled(returns.size());
  double sum = 0, squares = 0;
  constexpr int kDraws = 4'000;
  for (int b = 0; b < kDraws; ++b) {
    bootstrap.draw(draw);
    for (std::size_t t = 0; t < draw.size(); ++t) resampled[t] = returns[draw[t]];
    const double ratio = sharpe_moments(resampled).sharpe;
    sum += ratio;
    squares += ratio * ratio;
  }
  const double deviation = std::sqrt(squares / kDraws - (sum / kDraws) * (sum / kDraws));
  const double widening = std::sqrt(400 / (400 - 2 * estimate.block_length));
  EXPECT_NEAR(estimate.standard_error / widening / deviation, 1, 0.08) << "a ratio is not quite linear";
}

TEST(Sharpe, ItsIntervalCoversTheTrueRatioUnderOverlap) {
  // Means over 5 values of independent returns of mean 0.1 and deviation 1: a ratio of 0.1 x sqrt 5.
  Random random(33);
  constexpr int kSeries = 2000;
  int covered = 0;
  for (int s = 0; s < kSeries; ++s) {
    auto returns = overlapping_noise(random, 500, 5);
    for (auto& r : returns) r += 0.5;
    const auto estimate = estimate_sharpe(returns, {0.05, 10});
    covered += estimate.lo <= 0.1 * std::sqrt(5.0) && 0.1 * std::sqrt(5.0) <= estimate.hi ? 1 : 0;
  }
  EXPECT_GE(covered, 1'840);  // 1,900 expected, standard error 10
  EXPECT_LE(covered, 1'940);
}

TEST(Sharpe, OfAConstantSeriesOrAFewReturnsHasNoInterval) {
  for (const auto& returns :
       {std::vector<double>(50, 0.0), std::vector<double>{0.1, 0.2, -0.1}, std::vector<double>{}}) {
    const auto estimate = estimate_sharpe(returns, {});
    EXPECT_TRUE(std::isinf(estimate.hi) && std::isinf(estimate.lo));
    EXPECT_EQ(estimate.count, returns.size());
  }
}

TEST(Sharpe, MomentsOfAKnownSeries) {
  const auto moments = sharpe_moments(std::vector<double>{-1, 1, -1, 1, 3});
  EXPECT_NEAR(moments.sharpe, 0.6 / std::sqrt(2.24), 1e-12);
  EXPECT_NEAR(moments.skewness, 1.152 / std::pow(2.24, 1.5), 1e-12);
  EXPECT_EQ(sharpe_moments(std::vector<double>(5, 2.0)).sharpe, 0);
}

TEST(Overfitting, IsHalfForNoiseAndNothingForAClearWinner) {
  Random random(8);
  constexpr std::size_t kTimes = 320, kStrategies = 20;
  double noise = 0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::vector<double> returns(kTimes * kStrategies);
    for (auto& r : returns) r = random.normal();
    const auto estimate = overfitting_probability(returns, kStrategies, 8);
    EXPECT_EQ(estimate.splits, 70U);
    noise += estimate.probability / 20;
    for (std::size_t t = 0; t < kTimes; ++t) returns[t * kStrategies + 3] += 0.7;
    EXPECT_EQ(overfitting_probability(returns, kStrategies, 8).probability, 0);
  }
  EXPECT_NEAR(noise, 0.5, 0.15);
}

TEST(Overfitting, OfThreeStrategiesWithoutSkillIsHalfToo) {
  Random random(9);
  double noise = 0;
  for (int repeat = 0; repeat < 200; ++repeat) {
    std::vector<double> returns(160 * 3);
    for (auto& r : returns) r = random.normal();
    noise += overfitting_probability(returns, 3, 8).probability / 200;
  }
  EXPECT_NEAR(noise, 0.5, 0.06);  // the paper's count would give 2/3
}

TEST(Overfitting, AgreesWithBruteForceOnASmallCase) {
  // Two blocks of two rows, two strategies: both splits by hand. Inside block 1 strategy 0 is best (ratio 3 / sqrt 2
  // against 1 / sqrt 2); outside it is the worse of the two: w = 1/3. The other way round strategy 1 wins inside and
  // loses outside.
  const std::vector<double> returns = {2, 0, 4, 2, 0, 2, 2, 4};
  const auto estimate = overfitting_probability(returns, 2, 2);
  EXPECT_EQ(estimate.splits, 2U);
  EXPECT_EQ(estimate.probability, 1);
  EXPECT_NEAR(estimate.mean_logit, std::log(0.5), 1e-12);
}

TEST(DieboldMariano, AgreesWithThePublishedExample) {  // PyPI dieboldmariano
  const double truth[] = {10, 20, 30, 40, 50}, first[] = {11, 21, 29, 42, 53}, second[] = {13, 26, 24, 40, 59};
  std::vector<double> loss_first, loss_second;
  for (int t = 0; t < 5; ++t) {
    loss_first.push_back((truth[t] - first[t]) * (truth[t] - first[t]));
    loss_second.push_back((truth[t] - second[t]) * (truth[t] - second[t]));
  }
  const auto result = diebold_mariano(loss_first, loss_second, 1);
  EXPECT_NEAR(result.statistic, -2.2229922805746782, 1e-12);
  EXPECT_NEAR(result.p_less, 0.0451556586, 1e-9);
  EXPECT_NEAR(result.p_two_sided, 2 * result.p_less, 1e-12);
}

TEST(DieboldMariano, HasNoOpinionOnEqualLosses) {
  const std::vector<double> loss{1, 2, 3};
  EXPECT_EQ(diebold_mariano(loss, loss, 1).p_two_sided, 1);
}

TEST(SuperiorAbility, AgreesWithTheIndependentComputation) {  // oracle, 20,000 resamples there
  const auto gains = oracle_gains(300);
  const auto result = superior_predictive_ability(gains, 4, {10'000, 10, 1, false});
  EXPECT_NEAR(result.statistic, 0.711920376405054, 1e-9);
  EXPECT_NEAR(result.p_reality_check, 0.6531, 0.02);
  EXPECT_NEAR(result.p_lower, 0.24215, 0.02);
  EXPECT_NEAR(result.p_consistent, 0.24215, 0.02);
  EXPECT_NEAR(result.p_upper, 0.6469, 0.02);
  EXPECT_EQ(result.best, 0U);
}

TEST(SuperiorAbility, SeesABetterModelAndIsDeterministic) {
  auto gains = oracle_gains(300);
  for (std::size_t t = 0; t < 300; ++t) gains[t * 4 + 1] += 0.5;
  const auto result = superior_predictive_ability(gains, 4, {1000, 0, 4});
  EXPECT_LT(result.p_consistent, 0.01);
  EXPECT_EQ(result.best, 1U);
  EXPECT_EQ(result.p_upper, superior_predictive_ability(gains, 4, {1000, 0, 4}).p_upper);
}

}  // namespace
}  // namespace clm
