#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace clm {

/// Ranks 1..n, ties share their average rank. `values` hold no NaN. Cost O(n log n).
std::vector<double> average_ranks(std::span<const float> values);
std::vector<double> average_ranks(std::span<const double> values);

/// Spearman's rank correlation: Pearson's of average ranks. 0 where either side is constant: nothing is ranked.
double spearman(std::span<const float> x, std::span<const float> y);

/// Working space of many rank correlations, so that a million cross-sections allocate nothing.
struct RankSpace {
  std::vector<std::uint32_t> order;
  std::vector<double> x, y;  ///< ranks
};
/// The ranks of both sides into `space.x` and `space.y`.
void rank_pairs(std::span<const float> x, std::span<const float> y, RankSpace& space);
double spearman(std::span<const float> x, std::span<const float> y, RankSpace& space);

}  // namespace clm
