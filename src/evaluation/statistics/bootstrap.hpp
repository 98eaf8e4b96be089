#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace clm {

/// Expected block lengths that minimise the error of the bootstrap variance of a mean.
struct BlockLength {
  double stationary = 1;
  double circular = 1;
};

/// Automatic choice from the series' own autocorrelation: Politis & White (2004, Econometric Reviews 23:53) with the
/// correction of Patton, Politis & White (2009, 28:372). At least 1 and at most ceil(min(3 sqrt n, n / 3)).
/// Fewer than 12 values or a constant series: 1. Cost O(n (sqrt n + log10 n)).
BlockLength optimal_block_length(std::span<const double> series);

/// Draws of the stationary bootstrap (Politis & Romano 1994, JASA 89:1303): blocks start anywhere, last geometrically
/// long with the expected length, and wrap around the end. Deterministic by its Random; not thread-safe.
class StationaryBootstrap {
 public:
  /// count > 0, expected_block >= 1.
  StationaryBootstrap(std::size_t count, double expected_block, Random random);
  /// Fills `indices` (count of them) with the next resample.
  void draw(std::span<std::uint32_t> indices);

 private:
  std::size_t count_;
  double restart_;
  Random random_;
};

/// A mean of dependent values, with what is known about its error.
struct MeanEstimate {
  double mean = 0;
  double lo = 0;  ///< two-sided interval at the level asked for
  double hi = 0;
  double standard_error = 0;
  double p_value = 1;    ///< two-sided, of a true mean of zero
  double p_greater = 1;  ///< one-sided: how likely so large a mean is when the true one is zero
  double block_length = 1;
  double degrees = 0;  ///< degrees of freedom: about the number of blocks
  std::size_t count = 0;
};

struct MeanOptions {
  double alpha = 0.05;   ///< 1 - coverage of the interval, in (0, 1)
  double min_block = 1;  ///< expected block length at least this (the overlap of labels, in values)
};

/// 0 of nothing.
double mean_of(std::span<const double> series);

/// Mean of a stationary series with the standard error that infinitely many stationary bootstrap resamples would
/// give (Politis & Romano 1994, lemma 1, in closed form: no simulation error), block length automatic but at least
/// `min_block`. Blocks are few in a short series, so the error is widened by n / (n - 2 L) for the estimated mean and
/// the quantile is Student's with n / L - 1 degrees of freedom; without both the nominal level does not hold (the tests
/// show it). With fewer than 8 values or 3 blocks the interval is infinite and p is 1. Cost O(n L).
MeanEstimate estimate_mean(std::span<const double> series, const MeanOptions& options);

/// A smooth statistic of dependent values, known to be `value`, with the error of its linearisation: `influence` holds,
/// per value, how far it moves the statistic times their number (mean 0). Of a mean that is the value less the mean. As
/// `estimate_mean` in all else, also in saying nothing about too few values.
MeanEstimate estimate_linearised(double value, std::span<const double> influence, const MeanOptions& options);

/// Sum of numerators over sum of denominators (per time: won and all, R and trades), with the error of the ratio under
/// dependence over time: `estimate_mean` of its linearisation (n_t - ratio d_t) / mean d. Fewer than 8 denominators
/// that are not 0: as with too few values. Cost O(n L).
MeanEstimate estimate_ratio(std::span<const double> numerators, std::span<const double> denominators,
                            const MeanOptions& options);

/// The one-sided lower bound of the mean: exceeded by the true mean with probability 1 - alpha.
double lower_bound(const MeanEstimate& estimate, double alpha);
double upper_bound(const MeanEstimate& estimate, double alpha);

/// The variance that the stationary bootstrap gives the mean of `series`. Cost O(n L).
double stationary_bootstrap_variance(std::span<const double> series, double expected_block);

}  // namespace clm
