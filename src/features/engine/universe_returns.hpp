#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "features/engine/cross_rank.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// What the returns of one time say about the universe: their mean, their spread, and each one's rank. NaN takes no
/// part; with fewer than two there is nothing to say. The same in batch and live. Reuses its memory.
class UniverseReturns {
 public:
  /// `returns` in symbol order. Contract: the size stays the same.
  void compute(std::span<const float> returns);

  double mean() const { return mean_; }
  double dispersion() const { return dispersion_; }  ///< population standard deviation
  std::span<const float> ranks() const { return ranks_; }

 private:
  double mean_ = kMissing, dispersion_ = kMissing;
  std::vector<float> ranks_;
  CrossRank rank_;
};

}  // namespace clm
