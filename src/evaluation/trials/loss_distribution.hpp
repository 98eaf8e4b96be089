#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "evaluation/statistics/two_sample_tests.hpp"
#include "evaluation/trials/bar_score.hpp"

namespace clm {

/// How the losses of a forecaster's bars are distributed, in counts that are small enough to be stored after every bar:
/// 64 equal bins of [0, 2] for ranks, 4 to an octave from 2^-8 to 2^8 for squared errors; what lies outside is counted
/// in the nearest. A value object, not thread-safe.
class LossDistribution {
 public:
  static constexpr std::size_t kBins = 64;

  explicit LossDistribution(BarLoss loss) : loss_(loss) {}
  void add(double value);
  std::uint64_t count() const;
  const std::array<std::uint32_t, kBins>& bins() const { return bins_; }
  /// The inverse of `bins`.
  void restore(const std::array<std::uint32_t, kBins>& bins) { bins_ = bins; }

 private:
  BarLoss loss_;
  std::array<std::uint32_t, kBins> bins_{};
};

/// Kolmogorov-Smirnov's distance of two such distributions, at the ends of the bins, with the p-value of Kolmogorov's
/// limit for effective numbers: `bars_per_value` neighbouring bars say as much as one. Of two forecasters of the same
/// bars the losses rise and fall together, so that p is rather too large than too small. Without values, p is 1.
TestResult compare_losses(const LossDistribution& a, const LossDistribution& b, double bars_per_value);

}  // namespace clm
