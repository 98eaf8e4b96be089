#pragma once
#include <cstddef>
#include <span>

#include "evaluation/statistics/bootstrap.hpp"

namespace clm {

/// What the significance of a Sharpe ratio depends on. Not annualised: mean over deviation of one period's return.
struct SharpeMoments {
  double sharpe = 0;
  std::size_t count = 0;
  double skewness = 0;
  double kurtosis = 3;  ///< 3 for a normal distribution
};
/// Of a series of returns (population moments). Fewer than 2 values or no variation: Sharpe 0.
SharpeMoments sharpe_moments(std::span<const double> returns);

/// The ratio with its interval under dependence over time: `estimate_linearised` of z - SR (z^2 - 1) / 2, z the return
/// standardised by the series' own mean and deviation, so that skewness, fat tails and the deviation's own error count
/// (Lo 2002, Financial Analysts J. 58:36; Ledoit & Wolf 2008, J. Empirical Finance 15:850). Of independent normal
/// returns the error is sqrt((1 + SR^2 / 2) / n). Not annualised. No variation: 0, with an infinite interval. Cost O(n
/// L).
MeanEstimate estimate_sharpe(std::span<const double> returns, const MeanOptions& options);

/// Probability that the true ratio exceeds `benchmark` (Bailey & Lopez de Prado 2012, "The Sharpe ratio efficient
/// frontier", eq. 9): Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1)/4 SR^2)).
double probabilistic_sharpe_ratio(const SharpeMoments& moments, double benchmark);

/// Number of returns after which that probability would be 1 - alpha (ibid., eq. 11); infinite if SR <= SR*.
double min_track_record_length(const SharpeMoments& moments, double benchmark, double alpha);

/// The best ratio to expect among `trials` without skill whose ratios vary by `variance` (Bailey & Lopez de Prado
/// 2014, "The deflated Sharpe ratio", eq. 6). 0 for one trial.
double expected_max_sharpe(double variance, std::size_t trials);

/// `probabilistic_sharpe_ratio` against `expected_max_sharpe`: the confidence that is left after so many tries.
double deflated_sharpe_ratio(const SharpeMoments& moments, double variance, std::size_t trials);

/// Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado,
/// Zhu 2017, J. Computational Finance 20(4)). The exact middle of an odd number of strategies counts half, so that of
/// noise it is 1/2 for any number (the paper counts it whole: 2/3 of three).
struct OverfittingEstimate {
  double probability = 0;        ///< share of splits where the best in the sample is in the lower half outside of it
  double mean_logit = 0;         ///< mean of ln(w / (1 - w)), w its relative rank outside of the sample
  double degradation_slope = 0;  ///< of the outside ratio on the inside ratio of the chosen one
  std::size_t splits = 0;
};
/// `returns`: T x N, row-major, one column per strategy tried; T mod `blocks` leading rows are dropped. Judged by
/// Sharpe ratio. blocks even, in [2, 16]; N >= 2; T >= 2 blocks. Cost O(C(blocks, blocks/2) blocks N).
OverfittingEstimate overfitting_probability(std::span<const double> returns, std::size_t strategies,
                                            std::size_t blocks = 16);

}  // namespace clm
