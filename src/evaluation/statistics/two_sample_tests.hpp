#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace clm {

// Whether values come from the distribution that they came from before. Values are in order of time, because neighbours
// are alike: a thousand hours of a slow indicator say as much as some tens of independent ones, and a test that takes
// them for a thousand alarms all the time. So every p-value here is computed from effective numbers.
// Missing values (NaN) are left out and counted apart. Pure functions; deterministic; thread-safe.

/// How many independent values tell as much about a distribution as these do, in order of time and without NaN:
/// variance over the squared standard error of the mean (`estimate_mean`: stationary bootstrap, automatic block length,
/// at least `min_block`), n / tau with tau the integrated autocorrelation time. Taken of the values' ranks and of the
/// ranks' distance from the middle, the smaller: ranks are what the tests see, and a series may be white in level and
/// slow in spread. In [1, n]; 1 where too few values (8, or 3 blocks) are there to tell. Cost O(n log n + n L).
double effective_sample_size(std::span<const double> series, double min_block = 1);

struct TestResult {
  double statistic = 0;
  double p_value = 1;  ///< chance of so large a statistic without a change
};

struct BinningOptions {
  std::size_t bins = 10;   ///< >= 2; by quantiles of the reference, the first and last open to infinity
  double smoothing = 0.5;  ///< > 0: pseudo-count of every bin (Krichevsky-Trofimov), so that an empty one is finite
  double min_block = 1;    ///< see `effective_sample_size`
};

/// What is kept of the sample that others are compared with. Cost to make: that of `effective_sample_size`.
class ReferenceSample {
 public:
  /// `values` in order of time, NaN where missing.
  explicit ReferenceSample(std::span<const double> values, const BinningOptions& options = {});

  const std::vector<double>& sorted() const { return sorted_; }  ///< without NaN
  double effective() const { return effective_; }
  double missing_share() const { return missing_share_; }
  double missing_effective() const { return missing_effective_; }
  const BinningOptions& options() const { return options_; }
  /// Upper ends of the bins but the last, ascending. Fewer than bins - 1 where quantiles coincide.
  const std::vector<double>& edges() const { return edges_; }
  /// Smoothed shares of values over the bins (edge before, edge], which sum to 1. `sorted` ascending, without NaN.
  std::vector<double> shares(std::span<const double> sorted) const;

 private:
  BinningOptions options_;
  std::vector<double> sorted_;
  std::vector<double> edges_;
  double effective_ = 1;
  double missing_share_ = 0;
  double missing_effective_ = 1;
};

/// One sample against the reference. With n, m the effective numbers:
struct SampleComparison {
  std::size_t reference_count = 0;  ///< values that are known
  std::size_t current_count = 0;
  double reference_effective = 1;
  double current_effective = 1;
  /// Population stability index sum (q - p) ln(q / p) over the bins; without a change about (1/n + 1/m) chi-squared
  /// with bins - 1 degrees of freedom (Yurdakul & Naranjo 2020). Wants some five effective values a bin.
  TestResult psi;
  /// Largest distance of the distribution functions; p by Kolmogorov's limit at sqrt(n m / (n + m)) D.
  TestResult kolmogorov_smirnov;
  /// Root of the Jensen-Shannon divergence in bits, in [0, 1] (Lin 1991; Endres & Schindelin 2003), over the bins; 8
  /// times the divergence in nats is distributed as the PSI is.
  TestResult jensen_shannon;
  /// Share of missing values now less that of the reference; p one-sided, of a rise, by the pooled normal
  /// approximation.
  TestResult missing_rise;
};

/// `current` in order of time, NaN where missing. Where either side has no values, only `missing_rise` is tested, and
/// the others have p 1. Cost O(m log m + n + m L).
SampleComparison compare_with(const ReferenceSample& reference, std::span<const double> current);

/// Largest distance between the empirical distribution functions of two ascending samples, neither empty.
double kolmogorov_smirnov_distance(std::span<const double> sorted_a, std::span<const double> sorted_b);
/// Of two lists of shares above 0 that sum to 1.
double population_stability_index(std::span<const double> expected, std::span<const double> actual);
double jensen_shannon_distance(std::span<const double> p, std::span<const double> q);

struct EnergyTestOptions {
  std::size_t permutations = 199;  ///< more: finer p-values, down to 1 / (permutations + 1); cost grows in proportion
  double min_block = 1;            ///< see `effective_sample_size`
  std::uint64_t seed = 0;          ///< of the permutations
};

/// Energy distance sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|) (Szekely & Rizzo 2004; Cramer's in one dimension) with the
/// p-value of permuting blocks of time: blocks as long as the longer automatic block length of the two samples keep
/// what neighbours have in common. Sees changes of any kind, with no bins. In order of time; NaN are left out. With
/// fewer than five blocks in a sample p is 1. Cost O((n + m)(log(n + m) + permutations)).
TestResult energy_test(std::span<const double> reference, std::span<const double> current,
                       const EnergyTestOptions& options = {});
double energy_distance(std::span<const double> a, std::span<const double> b);

/// Adjusted p-values: calling everything below q a change keeps the expected share of false ones among the called at
/// most q, for independent tests or positively dependent ones (Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001,
/// theorem 1.2). NaN: not tested, stays NaN and counts for nothing. Cost O(k log k).
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

}  // namespace clm
