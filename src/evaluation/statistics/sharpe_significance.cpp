#include "evaluation/statistics/sharpe_significance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"

namespace clm {
namespace {

constexpr double kEulerGamma = 0.57721566490153286;

double spread_of_estimate(const SharpeMoments& m) {
  return 1 - m.skewness * m.sharpe + (m.kurtosis - 1) / 4 * m.sharpe * m.sharpe;
}

/// Sums over a block of rows, one entry per strategy; sums of blocks add up.
struct BlockSums {
  std::vector<double> sum;
  std::vector<double> squares;
};

std::vector<BlockSums> sum_blocks(std::span<const double> returns, std::size_t strategies, std::size_t blocks) {
  const std::size_t rows = returns.size() / strategies;
  const std::size_t per_block = rows / blocks;
  const std::size_t dropped = rows - per_block * blocks;
  std::vector<BlockSums> out(blocks, {std::vector<double>(strategies, 0.0), std::vector<double>(strategies, 0.0)});
  for (std::size_t r = dropped; r < rows; ++r) {
    auto& block = out[(r - dropped) / per_block];
    for (std::size_t k = 0; k < strategies; ++k) {
      const double value = returns[r * strategies + k];
      block.sum[k] += value;
      block.squares[k] += value * value;
    }
  }
  return out;
}

/// Sharpe ratios over the blocks whose membership is `wanted`.
void sharpe_over(std::span<const BlockSums> blocks, const std::vector<bool>& inside, bool wanted, double rows,
                 std::vector<double>& out) {
  for (std::size_t k = 0; k < out.size(); ++k) {
    double sum = 0, squares = 0;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      if (inside[b] != wanted) continue;
      sum += blocks[b].sum[k];
      squares += blocks[b].squares[k];
    }
    const double mean = sum / rows;
    const double variance = (squares - rows * mean * mean) / (rows - 1);
    out[k] = variance > 0 ? mean / std::sqrt(variance) : 0;
  }
}

}  // namespace

SharpeMoments sharpe_moments(std::span<const double> returns) {
  SharpeMoments out;
  out.count = returns.size();
  if (returns.size() < 2) return out;
  const auto count = static_cast<double>(returns.size());
  double mean = 0;
  for (const double r : returns) mean += r;
  mean /= count;
  double m2 = 0, m3 = 0, m4 = 0;
  for (const double r : returns) {
    const double d = r - mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  m2 /= count;
  m3 /= count;
  m4 /= count;
  if (m2 <= 0) return out;
  out.sharpe = mean / std::sqrt(m2);
  out.skewness = m3 / (m2 * std::sqrt(m2));
  out.kurtosis = m4 / (m2 * m2);
  return out;
}

MeanEstimate estimate_sharpe(std::span<const double> returns, const MeanOptions& options) {
  const SharpeMoments moments = sharpe_moments(returns);
  const auto count = static_cast<double>(returns.size());
  double mean = 0, squares = 0;
  for (const double r : returns) mean += r / count;
  for (const double r : returns) squares += (r - mean) * (r - mean) / count;
  if (squares <= 0) {
    MeanEstimate unknown = estimate_linearised(0, {}, options);
    unknown.count = returns.size();
    return unknown;
  }
  std::vector<double> influence;
  influence.reserve(returns.size());
  for (const double r : returns) {
    const double z = (r - mean) / std::sqrt(squares);
    influence.push_back(z - moments.sharpe * (z * z - 1) / 2);
  }
  return estimate_linearised(moments.sharpe, influence, options);
}

double probabilistic_sharpe_ratio(const SharpeMoments& moments, double benchmark) {
  if (moments.count < 2) return 0.5;
  const double spread = std::max(spread_of_estimate(moments), 1e-12);
  return normal_cdf((moments.sharpe - benchmark) * std::sqrt(static_cast<double>(moments.count - 1)) /
                    std::sqrt(spread));
}

double min_track_record_length(const SharpeMoments& moments, double benchmark, double alpha) {
  if (moments.sharpe <= benchmark) return std::numeric_limits<double>::infinity();
  const double z = normal_quantile(1 - alpha) / (moments.sharpe - benchmark);
  return 1 + spread_of_estimate(moments) * z * z;
}

double expected_max_sharpe(double variance, std::size_t trials) {
  expects(variance >= 0 && trials >= 1, "a variance and at least one trial");
  if (trials == 1) return 0;
  const auto n = static_cast<double>(trials);
  return std::sqrt(variance) *
         ((1 - kEulerGamma) * normal_quantile(1 - 1 / n) + kEulerGamma * normal_quantile(1 - 1 / (n * std::exp(1.0))));
}

double deflated_sharpe_ratio(const SharpeMoments& moments, double variance, std::size_t trials) {
  return probabilistic_sharpe_ratio(moments, expected_max_sharpe(variance, trials));
}

OverfittingEstimate overfitting_probability(std::span<const double> returns, std::size_t strategies,
                                            std::size_t blocks) {
  expects(strategies >= 2 && returns.size() % strategies == 0, "a matrix of at least two strategies");
  expects(blocks >= 2 && blocks <= 16 && blocks % 2 == 0, "an even number of blocks, at most 16");
  const std::size_t per_block = returns.size() / strategies / blocks;
  expects(per_block >= 2, "at least two rows per block");
  const auto sums = sum_blocks(returns, strategies, blocks);
  const auto half_rows = static_cast<double>(per_block * blocks / 2);

  OverfittingEstimate out;
  std::vector<double> in(strategies), outside(strategies);
  double x = 0, y = 0, xx = 0, xy = 0;
  double low = 0;
  std::vector<bool> inside(blocks, false);
  std::fill_n(inside.begin(), blocks / 2, true);
  do {
    sharpe_over(sums, inside, true, half_rows, in);
    sharpe_over(sums, inside, false, half_rows, outside);
    const auto best = static_cast<std::size_t>(std::max_element(in.begin(), in.end()) - in.begin());
    double rank = 0.5;  // average rank from 1 upwards: those below, half of the ties, itself
    for (const double other : outside) rank += other < outside[best] ? 1 : other == outside[best] ? 0.5 : 0;
    const double relative = rank / static_cast<double>(strategies + 1);
    const double logit = std::log(relative / (1 - relative));
    low += relative < 0.5 ? 1 : relative > 0.5 ? 0 : 0.5;
    out.mean_logit += logit;
    x += in[best];
    y += outside[best];
    xx += in[best] * in[best];
    xy += in[best] * outside[best];
    ++out.splits;
  } while (std::prev_permutation(inside.begin(), inside.end()));
  const auto splits = static_cast<double>(out.splits);
  out.probability = low / splits;
  out.mean_logit /= splits;
  const double variance = xx - x * x / splits;
  out.degradation_slope = variance > 1e-18 ? (xy - x * y / splits) / variance : 0;
  return out;
}

}  // namespace clm
