#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace clm {

/// How little and how much one member of an ensemble may weigh. 0 <= least <= most <= 1.
struct WeightBounds {
  double least = 0.15;
  double most = 0.40;
};

/// The bounds that `members` weights which sum to 1 can keep. One that no such weights can keep does not hold at all:
/// two members cannot both stay below .40, so then there is no upper bound, and the lower one still holds.
/// members >= 1.
WeightBounds feasible_bounds(const WeightBounds& bounds, std::size_t members);

/// The weights nearest to `wanted` (least squares) that sum to 1 within the feasible bounds: Euclidean projection,
/// exact but for rounding. `wanted` is finite and not empty. Cost O(k^2), k members.
std::vector<double> nearest_weights(std::span<const double> wanted, const WeightBounds& bounds);

/// Weights in proportion to `shares` (>= 0; all 0: alike), moved no further than the feasible bounds ask.
std::vector<double> proportional_weights(std::span<const double> shares, const WeightBounds& bounds);

/// Sums over the rows that weights are learned from: any number of rows, in memory of k^2.
class WeightMoments {
 public:
  explicit WeightMoments(std::size_t members);
  /// One row: what each member forecast, and what came. All finite.
  void add(std::span<const double> forecasts, double outcome);
  std::size_t rows() const { return rows_; }

  /// The w that minimises
  ///     mean over rows (y - sum_m w_m f_m)^2  +  shrinkage * mean_m(mean f_m^2) * |w - prior|^2
  /// subject to sum w = 1 and the feasible bounds: non-negative least squares, shrunk to the prior. At shrinkage 1 the
  /// prior weighs as much as the rows' own curvature, at 0 it does not count, and the larger it is the nearer the
  /// weights stay to it. Accelerated projected gradient (Beck & Teboulle 2009, SIAM J. Imaging Sci. 2:183) to rounding,
  /// deterministic. rows() >= 1, `prior` sums to 1. Cost O(k^2) a step, some hundred steps.
  std::vector<double> solve(std::span<const double> prior, double shrinkage, const WeightBounds& bounds) const;

 private:
  std::size_t members_;
  std::size_t rows_ = 0;
  std::vector<double> products_;  ///< sums of f_i f_j, row-major
  std::vector<double> outcomes_;  ///< sums of f_i y
};

}  // namespace clm
