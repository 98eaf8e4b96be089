#include "evaluation/statistics/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"

namespace clm {
namespace {

constexpr std::size_t kMinBlockLengthSeries = 12;
constexpr std::size_t kMinMeanSeries = 8;
constexpr double kNegligibleWeight = 1e-9;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> centred(std::span<const double> series) {
  const double mean = mean_of(series);
  std::vector<double> out(series.begin(), series.end());
  for (auto& value : out) value -= mean;
  return out;
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Sum over t of x[t] x[t + lag].
double cross_product(std::span<const double> x, std::size_t lag) {
  return dot(x.first(x.size() - lag), x.subspan(lag));
}

}  // namespace

BlockLength optimal_block_length(std::span<const double> series) {
  const std::size_t n = series.size();
  if (n < kMinBlockLengthSeries) return {};
  const auto count = static_cast<double>(n);
  const auto x = centred(series);
  const std::span<const double> all(x);
  if (dot(all, all) <= 1e-24 * count) return {};

  const double longest = std::ceil(std::min(3 * std::sqrt(count), count / 3));
  const auto quiet_lags = static_cast<std::size_t>(std::max(5.0, std::floor(std::log10(count))));
  const std::size_t max_lag = std::min(static_cast<std::size_t>(std::ceil(std::sqrt(count))) + quiet_lags, n - 2);
  const double threshold = 2 * std::sqrt(std::log10(count) / count);

  // The first lag after which `quiet_lags` autocorrelations in a row are insignificant ends the memory.
  std::vector<double> covariance(max_lag + 1);
  std::vector<double> correlation(max_lag + 1);
  std::size_t memory = max_lag;
  bool found = false;
  for (std::size_t lag = 0; lag <= max_lag; ++lag) {
    const double product = cross_product(all, lag);
    const auto late = all.subspan(lag + 1);
    const auto early = all.first(n - lag - 1);
    covariance[lag] = product / count;
    const double scale = std::sqrt(dot(late, late) * dot(early, early));
    correlation[lag] = scale > 0 ? std::abs(product) / scale : 0;
    if (found || lag < quiet_lags) continue;
    const auto begin = correlation.begin() + static_cast<std::ptrdiff_t>(lag - quiet_lags);
    if (std::all_of(begin, begin + static_cast<std::ptrdiff_t>(quiet_lags),
                    [threshold](double c) { return c < threshold; })) {
      found = true;
      memory = std::min(2 * std::max<std::size_t>(lag - quiet_lags, 1), max_lag);
    }
  }

  double slope = 0;
  double long_run = covariance[0];
  for (std::size_t k = 1; k <= memory; ++k) {
    const double position = static_cast<double>(k) / static_cast<double>(memory);
    const double flat_top = position <= 0.5 ? 1 : 2 * (1 - position);
    slope += 2 * flat_top * static_cast<double>(k) * covariance[k];
    long_run += 2 * flat_top * covariance[k];
  }
  const double square = long_run * long_run;
  if (square <= 0) return {1, 1};
  const auto length = [&](double scale) {
    return std::clamp(std::cbrt(2 * slope * slope / (scale * square)) * std::cbrt(count), 1.0, longest);
  };
  return {length(2.0), length(4.0 / 3.0)};
}

StationaryBootstrap::StationaryBootstrap(std::size_t count, double expected_block, Random random)
    : count_(count), restart_(1 / expected_block), random_(random) {
  expects(count > 0 && expected_block >= 1, "a bootstrap needs values and blocks of at least one");
}

void StationaryBootstrap::draw(std::span<std::uint32_t> indices) {
  expects(indices.size() == count_, "a resample is as long as the series");
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (i == 0 || random_.uniform() < restart_) {
      at = random_.below(count_);
    } else if (++at == count_) {
      at = 0;
    }
    indices[i] = static_cast<std::uint32_t>(at);
  }
}

double stationary_bootstrap_variance(std::span<const double> series, double expected_block) {
  const std::size_t n = series.size();
  if (n < 2) return 0;
  const auto count = static_cast<double>(n);
  const auto x = centred(series);
  const std::span<const double> all(x);
  const double go_on = 1 - 1 / expected_block;
  double sum = dot(all, all);
  double weight = 1;
  for (std::size_t lag = 1; lag < n; ++lag) {
    weight *= go_on;
    if (weight < kNegligibleWeight) break;
    const double circular = cross_product(all, lag) + cross_product(all, n - lag);
    sum += 2 * (1 - static_cast<double>(lag) / count) * weight * circular;
  }
  return std::max(sum, 0.0) / (count * count);
}

MeanEstimate estimate_linearised(double value, std::span<const double> series, const MeanOptions& options) {
  MeanEstimate out;
  out.count = series.size();
  out.mean = value;
  out.lo = -kInfinity;
  out.hi = kInfinity;
  out.standard_error = kInfinity;
  if (series.size() < kMinMeanSeries) return out;
  const auto count = static_cast<double>(series.size());
  out.block_length = std::max(optimal_block_length(series).stationary, std::max(options.min_block, 1.0));
  const double blocks = count / out.block_length;
  if (blocks < 3) return out;
  out.degrees = blocks - 1;
  const double widening = count / (count - 2 * out.block_length);
  out.standard_error = std::sqrt(stationary_bootstrap_variance(series, out.block_length) * widening);
  if (out.standard_error <= 0) {  // a constant series carries no doubt
    out.lo = out.hi = out.mean;
    out.p_value = out.mean == 0 ? 1 : 0;
    out.p_greater = out.mean > 0 ? 0 : 1;
    return out;
  }
  const double reach = student_t_quantile(1 - options.alpha / 2, out.degrees) * out.standard_error;
  out.lo = out.mean - reach;
  out.hi = out.mean + reach;
  const double statistic = out.mean / out.standard_error;
  out.p_greater = student_t_cdf(-statistic, out.degrees);
  out.p_value = 2 * student_t_cdf(-std::abs(statistic), out.degrees);
  return out;
}

double mean_of(std::span<const double> series) {
  return series.empty() ? 0 : std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(series.size());
}

MeanEstimate estimate_mean(std::span<const double> series, const MeanOptions& options) {
  return estimate_linearised(mean_of(series), series, options);
}

MeanEstimate estimate_ratio(std::span<const double> numerators, std::span<const double> denominators,
                            const MeanOptions& options) {
  expects(numerators.size() == denominators.size(), "a ratio of sums needs pairs");
  const double mean_denominator = mean_of(denominators);
  if (mean_denominator <= 0) return estimate_linearised(0, {}, options);
  const double ratio = mean_of(numerators) / mean_denominator;
  const auto observed = std::count_if(denominators.begin(), denominators.end(), [](double d) { return d != 0; });
  if (static_cast<std::size_t>(observed) < kMinMeanSeries) {  // one trade among a thousand bars is one value
    MeanEstimate unknown = estimate_linearised(ratio, {}, options);
    unknown.count = numerators.size();
    return unknown;
  }
  std::vector<double> influence(numerators.size());
  for (std::size_t t = 0; t < influence.size(); ++t)
    influence[t] = (numerators[t] - ratio * denominators[t]) / mean_denominator;
  return estimate_linearised(ratio, influence, options);
}

double lower_bound(const MeanEstimate& estimate, double alpha) {
  if (std::isinf(estimate.standard_error)) return -kInfinity;
  if (estimate.standard_error <= 0) return estimate.mean;
  return estimate.mean - student_t_quantile(1 - alpha, estimate.degrees) * estimate.standard_error;
}

double upper_bound(const MeanEstimate& estimate, double alpha) {
  if (std::isinf(estimate.standard_error)) return kInfinity;
  return estimate.mean + (estimate.mean - lower_bound(estimate, alpha));
}

}  // namespace clm
