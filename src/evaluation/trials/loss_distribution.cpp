#include "evaluation/trials/loss_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"

namespace clm {
namespace {

constexpr double kMostRankLoss = 2;
constexpr double kOctaves = 16;

}  // namespace

void LossDistribution::add(double value) {
  expects(!std::isnan(value), "a loss is known");
  const double share =
      loss_ == BarLoss::rank ? value / kMostRankLoss : (std::log2(std::max(value, 1e-300)) + kOctaves / 2) / kOctaves;
  const double bin = std::clamp(std::floor(share * static_cast<double>(kBins)), 0.0, static_cast<double>(kBins - 1));
  ++bins_[static_cast<std::size_t>(bin)];
}

std::uint64_t LossDistribution::count() const { return std::accumulate(bins_.begin(), bins_.end(), std::uint64_t{0}); }

TestResult compare_losses(const LossDistribution& a, const LossDistribution& b, double bars_per_value) {
  expects(bars_per_value >= 1, "a value takes a bar at least");
  TestResult out;
  const auto of_a = static_cast<double>(a.count()), of_b = static_cast<double>(b.count());
  if (of_a == 0 || of_b == 0) return out;
  double below_a = 0, below_b = 0;
  for (std::size_t bin = 0; bin < LossDistribution::kBins; ++bin) {
    below_a += a.bins()[bin];
    below_b += b.bins()[bin];
    out.statistic = std::max(out.statistic, std::abs(below_a / of_a - below_b / of_b));
  }
  out.p_value = kolmogorov_survival(out.statistic / std::sqrt(bars_per_value * (1 / of_a + 1 / of_b)));
  return out;
}

}  // namespace clm
