#pragma once
#include <span>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// A non-decreasing map from a score to a probability, fitted by pool adjacent violators (Ayer et al. 1955; Barlow et
/// al. 1972), linear between the middles of its blocks and constant beyond them. Immutable, thread-safe.
class IsotonicMap {
 public:
  /// Least squares fit of outcomes in [0, 1] on scores (no NaN, at least one). Every block's mean is drawn towards
  /// the overall rate by one pseudo-observation, so that no finite sample makes 0 or 1 of anything; the result is
  /// also clamped to [kFloor, 1 - kFloor]. Cost O(n log n).
  static IsotonicMap fit(std::span<const float> scores, std::span<const float> outcomes);

  /// The map that `scores()` and `probabilities()` describe. Error `isotonic.knots` (integrity) if they describe none.
  static Result<IsotonicMap> from_knots(std::vector<double> scores, std::vector<double> probabilities);

  /// Strictly between 0 and 1; NaN for a NaN score. Cost O(log blocks).
  double operator()(double score) const;

  /// Knots, ascending in score, non-decreasing in probability.
  const std::vector<double>& scores() const { return scores_; }
  const std::vector<double>& probabilities() const { return probabilities_; }

  static constexpr double kFloor = 1e-4;

 private:
  std::vector<double> scores_;
  std::vector<double> probabilities_;
};

/// The non-decreasing sequence nearest to `values` in weighted least squares. Weights > 0. Cost O(n).
std::vector<double> isotonic_regression(std::span<const double> values, std::span<const double> weights);

}  // namespace clm
