#include "evaluation/statistics/two_sample_tests.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/probability_distribution.hpp"
#include "base/random.hpp"

namespace clm {
namespace {

/// The samples of tools/oracles/drift_oracles.py.
std::vector<double> oracle_sample(std::uint64_t state, std::size_t count, double spread, double shift) {
  std::vector<double> out(count);
  for (double& x : out) {
    double sum = -6;
    for (int k = 0; k < 12; ++k) {
      state = (state * 1103515245ULL + 12345ULL) % (1ULL << 31);
      sum += static_cast<double>(state) / static_cast<double>(1ULL << 31);
    }
    x = spread * sum + shift;
  }
  return out;
}

std::vector<double> gaussian_autoregression(std::uint64_t seed, std::size_t count, double phi, double shift = 0) {
  Random random(seed);
  std::vector<double> out(count);
  double x = random.normal();
  for (double& value : out) {
    x = phi * x + std::sqrt(1 - phi * phi) * random.normal();
    value = x + shift;
  }
  return out;
}

/// White in level, slow in spread: as returns are.
std::vector<double> slow_spread(std::uint64_t seed, std::size_t count) {
  Random random = Random::stream(seed, "noise");
  std::vector<double> out = gaussian_autoregression(seed, count, 0.97);
  for (double& x : out) x = random.normal() * std::exp(x);
  return out;
}

/// scipy 1.17 by tools/oracles/drift_oracles.py.
TEST(TwoSampleTests, AgreeWithScipy) {
  auto reference = oracle_sample(11, 200, 1, 0);
  auto current = oracle_sample(12, 150, 1.4, 0.3);
  EXPECT_NEAR(energy_distance(reference, current), 0.24450732107523068, 1e-12);
  EXPECT_NEAR(energy_test(reference, current).statistic, 0.24450732107523068, 1e-12);
  const SampleComparison compared = compare_with(ReferenceSample(reference), current);
  EXPECT_NEAR(compared.kolmogorov_smirnov.statistic, 0.16166666666666665, 1e-15);
  EXPECT_NEAR(compared.psi.statistic, 0.1493527025415987, 1e-12);
  EXPECT_NEAR(compared.jensen_shannon.statistic, 0.16312755290434663, 1e-12);
  const std::vector<double> adjusted =
      benjamini_hochberg(std::vector<double>{0.001, 0.21, 0.008, 0.039, 0.041, 0.042, 0.6, 0.074, 0.205, 0.212});
  const std::vector<double> expected{0.01, 0.235555555556, 0.04,           0.084,         0.084, 0.084,
                                     0.6,  0.123333333333, 0.235555555556, 0.235555555556};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-12);
}

TEST(TwoSampleTests, EnergyDistanceIsItsDefinition) {
  const auto a = gaussian_autoregression(1, 30, 0.5);
  const auto b = gaussian_autoregression(2, 21, 0.5, 0.4);
  const auto mean_distance = [](const std::vector<double>& x, const std::vector<double>& y) {
    double sum = 0;
    for (const double i : x)
      for (const double j : y) sum += std::abs(i - j);
    return sum / static_cast<double>(x.size() * y.size());
  };
  const double squared = 2 * mean_distance(a, b) - mean_distance(a, a) - mean_distance(b, b);
  EXPECT_NEAR(energy_distance(a, b), std::sqrt(squared), 1e-12);
}

TEST(TwoSampleTests, BinsAreOpenAndSmoothed) {
  std::vector<double> values(100);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const ReferenceSample reference(values, {.bins = 4});
  EXPECT_EQ(reference.edges(), (std::vector<double>{24, 49, 74}));
  // Values beyond the reference's range count, and an empty bin is no catastrophe.
  const auto shares = reference.shares(std::vector<double>{-1e9, 24, 25, 1e9});
  EXPECT_NEAR(shares[0], 2.5 / 6, 1e-15);
  EXPECT_NEAR(shares[1], 1.5 / 6, 1e-15);
  EXPECT_NEAR(shares[2], 0.5 / 6, 1e-15);
  EXPECT_NEAR(shares[3], 1.5 / 6, 1e-15);
  // A reference that never moved: what is larger is elsewhere.
  const ReferenceSample constant(std::vector<double>(50, 3.0));
  EXPECT_EQ(constant.edges(), (std::vector<double>{3}));
  const auto moved = compare_with(constant, std::vector<double>(50, 4.0));
  EXPECT_LT(moved.psi.p_value, 1e-6);
  EXPECT_EQ(moved.kolmogorov_smirnov.statistic, 1);
  const auto same = compare_with(constant, std::vector<double>(50, 3.0));
  EXPECT_EQ(same.psi.statistic, 0);
  EXPECT_EQ(same.psi.p_value, 1);
}

TEST(TwoSampleTests, EffectiveSizeOfAnAutoregression) {
  // n / tau with tau = (1 + phi) / (1 - phi), of Gaussian values; ranks are a little less dependent.
  for (const double phi : {0.0, 0.5, 0.9}) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed)
      sum += effective_sample_size(gaussian_autoregression(seed, 3'000, phi)) / (20 * 3'000);
    const double wanted = (1 - phi) / (1 + phi);
    EXPECT_GT(sum, 0.7 * wanted) << phi;
    EXPECT_LT(sum, 1.3 * wanted) << phi;
  }
  EXPECT_LT(effective_sample_size(slow_spread(1, 3'000)), 600);
  EXPECT_EQ(effective_sample_size(std::vector<double>{1, 2, 3}), 1);
  EXPECT_EQ(effective_sample_size(std::vector<double>(100, 2.0)), 100);
}

/// How often a test calls an unchanged process changed at 5 %.
double alarm_rate(const std::function<double(std::uint64_t)>& p_value, std::uint64_t rounds) {
  double alarms = 0;
  for (std::uint64_t seed = 0; seed < rounds; ++seed) alarms += p_value(seed) <= 0.05 ? 1 : 0;
  return alarms / static_cast<double>(rounds);
}

constexpr std::size_t kReference = 1'500;
constexpr std::size_t kCurrent = 500;
constexpr std::uint64_t kRounds = 150;

class WithoutAChange : public ::testing::TestWithParam<const char*> {
 protected:
  static std::vector<double> values(std::uint64_t seed) {
    const std::string process = GetParam();
    if (process == "spread") return slow_spread(seed, kReference + kCurrent);
    return gaussian_autoregression(seed, kReference + kCurrent, process == "slow" ? 0.9 : 0.0);
  }
  static SampleComparison comparison(std::uint64_t seed) {
    const auto all = values(seed);
    const std::span<const double> series(all);
    return compare_with(ReferenceSample(series.first(kReference)), series.subspan(kReference));
  }
  static bool is_dependent() { return std::string(GetParam()) != "white"; }
  /// What the same statistics would say if rows were independent.
  static constexpr double kNaiveInverse = 1.0 / kReference + 1.0 / kCurrent;
};

/// At the stated 5 %, within the error of 150 rounds and of estimated effective sizes; and what taking rows for
/// independent would give, which this test must be able to tell apart.
TEST_P(WithoutAChange, FalseAlarmsStayNearTheLevel) {
  std::vector<SampleComparison> all;
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) all.push_back(comparison(seed));
  const auto rate = [&all](auto p_value) {
    return alarm_rate([&](std::uint64_t seed) { return p_value(all[seed]); }, kRounds);
  };
  const double psi = rate([](const SampleComparison& c) { return c.psi.p_value; });
  const double ks = rate([](const SampleComparison& c) { return c.kolmogorov_smirnov.p_value; });
  const double js = rate([](const SampleComparison& c) { return c.jensen_shannon.p_value; });
  EXPECT_LE(psi, 0.09);
  EXPECT_LE(ks, 0.09);
  EXPECT_LE(js, 0.09);
  const double naive_psi =
      rate([](const SampleComparison& c) { return chi_squared_survival(c.psi.statistic / kNaiveInverse, 9); });
  const double naive_ks = rate([](const SampleComparison& c) {
    return kolmogorov_survival(c.kolmogorov_smirnov.statistic / std::sqrt(kNaiveInverse));
  });
  RecordProperty("psi", std::to_string(psi) + " naive " + std::to_string(naive_psi));
  RecordProperty("ks", std::to_string(ks) + " naive " + std::to_string(naive_ks));
  RecordProperty("js", std::to_string(js));
  if (is_dependent()) {
    EXPECT_GT(naive_psi, 0.4);
    EXPECT_GT(naive_ks, 0.4);
  } else {
    EXPECT_GE(psi, 0.01);
    EXPECT_GE(ks, 0.01);
  }
}

TEST_P(WithoutAChange, PermutedBlocksKeepTheLevel) {
  const auto energy = [](std::uint64_t seed) {
    const auto all = values(seed);
    const std::span<const double> series(all);
    return energy_test(series.first(kReference), series.subspan(kReference), {.permutations = 99, .seed = seed})
        .p_value;
  };
  const double rate = alarm_rate(energy, 100);
  RecordProperty("energy", std::to_string(rate));
  EXPECT_LE(rate, 0.12);
}

INSTANTIATE_TEST_SUITE_P(Processes, WithoutAChange, ::testing::Values("white", "slow", "spread"),
                         [](const auto& process) { return process.param; });

TEST(TwoSampleTests, FindAPlantedChange) {
  std::size_t psi = 0, ks = 0, js = 0, energy = 0;
  const std::uint64_t rounds = 40;
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    const auto before = gaussian_autoregression(seed, kReference, 0.9);
    const auto now = gaussian_autoregression(1'000 + seed, kCurrent, 0.9, 1.5);
    const auto compared = compare_with(ReferenceSample(before), now);
    psi += compared.psi.p_value < 0.05 ? 1U : 0U;
    ks += compared.kolmogorov_smirnov.p_value < 0.05 ? 1U : 0U;
    js += compared.jensen_shannon.p_value < 0.05 ? 1U : 0U;
    energy += energy_test(before, now, {.permutations = 99}).p_value < 0.05 ? 1U : 0U;
  }
  EXPECT_GE(psi, 34U);
  EXPECT_GE(ks, 34U);
  EXPECT_GE(js, 34U);
  EXPECT_GE(energy, 34U);
}

TEST(TwoSampleTests, MoreMissingValuesAreAChangeOfTheirOwn) {
  auto before = gaussian_autoregression(1, 600, 0);
  auto now = gaussian_autoregression(2, 200, 0);
  const auto clean = compare_with(ReferenceSample(before), now);
  EXPECT_EQ(clean.missing_rise.p_value, 1);
  for (std::size_t i = 0; i < before.size(); i += 30) before[i] = std::nan("");
  for (std::size_t i = 0; i < now.size(); i += 30) now[i] = std::nan("");
  EXPECT_GT(compare_with(ReferenceSample(before), now).missing_rise.p_value, 0.05);
  Random random(3);
  for (double& x : now)
    if (random.uniform() < 0.25) x = std::nan("");
  const auto worse = compare_with(ReferenceSample(before), now);
  EXPECT_LT(worse.missing_rise.p_value, 0.001);
  EXPECT_GT(worse.missing_rise.statistic, 0.15);
  EXPECT_EQ(worse.reference_count, 580U);
  EXPECT_GT(worse.kolmogorov_smirnov.p_value, 0.01) << "what is known has not changed";
  // Fewer missing are no rise.
  EXPECT_GT(compare_with(ReferenceSample(now), before).missing_rise.p_value, 0.99);
  // One outage of a day says less than as many holes here and there.
  auto outage = gaussian_autoregression(2, 200, 0);
  for (std::size_t i = 100; i < 124; ++i) outage[i] = std::nan("");
  auto holes = gaussian_autoregression(2, 200, 0);
  for (std::size_t i = 4; i < 196; i += 8) holes[i] = std::nan("");
  const ReferenceSample rarely(before);
  EXPECT_GT(compare_with(rarely, outage).missing_rise.p_value, compare_with(rarely, holes).missing_rise.p_value);
}

TEST(TwoSampleTests, NothingToCompareIsNoChange) {
  const std::vector<double> none(20, std::nan(""));
  const auto some = gaussian_autoregression(1, 100, 0);
  const auto all_missing = compare_with(ReferenceSample(some), none);
  EXPECT_EQ(all_missing.psi.p_value, 1);
  EXPECT_EQ(all_missing.kolmogorov_smirnov.p_value, 1);
  EXPECT_LT(all_missing.missing_rise.p_value, 0.05);
  EXPECT_EQ(compare_with(ReferenceSample(none), some).psi.p_value, 1);
  EXPECT_EQ(energy_test(none, some).p_value, 1);
  EXPECT_EQ(energy_test(gaussian_autoregression(1, 4, 0), gaussian_autoregression(2, 4, 0, 9)).p_value, 1);
}

TEST(TwoSampleTests, SameSeedSamePermutations) {
  const auto a = gaussian_autoregression(1, 200, 0.3), b = gaussian_autoregression(2, 100, 0.3, 0.2);
  EXPECT_EQ(energy_test(a, b, {.seed = 4}).p_value, energy_test(a, b, {.seed = 4}).p_value);
}

TEST(BenjaminiHochberg, KeepsTheShareOfFalseOnes) {
  // 80 of 100 hypotheses are true; of what is called at 10 %, at most 10 % should be of them, on average 8 %.
  Random random(1);
  double share = 0;
  const int rounds = 300;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> p(100);
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = normal_cdf(-(random.normal() + (i < 20 ? 3.5 : 0)));
    const auto adjusted = benjamini_hochberg(p);
    double called = 0, wrongly = 0;
    for (std::size_t i = 0; i < p.size(); ++i)
      if (adjusted[i] <= 0.1) {
        called += 1;
        wrongly += i < 20 ? 0 : 1;
      }
    if (called > 0) share += wrongly / called / rounds;
  }
  EXPECT_LE(share, 0.1);
  EXPECT_GE(share, 0.05);
}

TEST(BenjaminiHochberg, LeavesOutWhatWasNotTested) {
  const auto adjusted = benjamini_hochberg(std::vector<double>{0.01, std::nan(""), 0.04});
  EXPECT_NEAR(adjusted[0], 0.02, 1e-15);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_NEAR(adjusted[2], 0.04, 1e-15);
  EXPECT_TRUE(benjamini_hochberg({}).empty());
}

}  // namespace
}  // namespace clm
