#include "evaluation/statistics/two_sample_tests.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"
#include "evaluation/statistics/bootstrap.hpp"
#include "evaluation/statistics/ranks.hpp"

namespace clm {
namespace {

double variance_of(std::span<const double> series) {
  const auto count = static_cast<double>(series.size());
  const double mean = std::accumulate(series.begin(), series.end(), 0.0) / count;
  double sum = 0;
  for (const double x : series) sum += (x - mean) * (x - mean);
  return sum / (count - 1);
}

/// Variance over the squared standard error of the mean.
double effective_for_the_mean(std::span<const double> series, double min_block) {
  if (series.size() < 2) return 1;
  const auto count = static_cast<double>(series.size());
  MeanOptions options;
  options.min_block = min_block;
  const double error = estimate_mean(series, options).standard_error;
  if (std::isinf(error)) return 1;
  if (error <= 0) return count;
  return std::clamp(variance_of(series) / (error * error), 1.0, count);
}

struct Known {
  std::vector<double> values;
  std::vector<double> missing;  ///< 1 where missing
  double missing_share = 0;
};

Known known_of(std::span<const double> values) {
  Known out;
  for (const double x : values) {
    if (!std::isnan(x)) out.values.push_back(x);
    out.missing.push_back(std::isnan(x) ? 1 : 0);
  }
  if (!values.empty())
    out.missing_share = static_cast<double>(values.size() - out.values.size()) / static_cast<double>(values.size());
  return out;
}

TestResult test_missing_rise(const ReferenceSample& reference, const Known& current) {
  TestResult out;
  out.statistic = current.missing_share - reference.missing_share();
  const double n = reference.missing_effective();
  const double m = effective_for_the_mean(current.missing, reference.options().min_block);
  const double pooled = (n * reference.missing_share() + m * current.missing_share) / (n + m);
  const double variance = pooled * (1 - pooled) * (1 / n + 1 / m);
  if (variance > 0) out.p_value = normal_cdf(-out.statistic / std::sqrt(variance));
  return out;
}

}  // namespace

double effective_sample_size(std::span<const double> series, double min_block) {
  std::vector<double> ranks = average_ranks(series);
  const double level = effective_for_the_mean(ranks, min_block);
  const double middle = (static_cast<double>(series.size()) + 1) / 2;
  for (double& rank : ranks) rank = std::abs(rank - middle);
  return std::min(level, effective_for_the_mean(ranks, min_block));
}

ReferenceSample::ReferenceSample(std::span<const double> values, const BinningOptions& options) : options_(options) {
  expects(options.bins >= 2 && options.smoothing > 0, "bins are at least two, and smoothed");
  Known known = known_of(values);
  effective_ = effective_sample_size(known.values, options.min_block);
  missing_share_ = known.missing_share;
  missing_effective_ = effective_for_the_mean(known.missing, options.min_block);
  sorted_ = std::move(known.values);
  std::sort(sorted_.begin(), sorted_.end());
  for (std::size_t i = 1; i < options.bins && !sorted_.empty(); ++i) {
    const std::size_t up_to = (sorted_.size() * i + options.bins - 1) / options.bins;
    const double edge = sorted_[up_to - 1];
    if (edges_.empty() || edge > edges_.back()) edges_.push_back(edge);
  }
}

std::vector<double> ReferenceSample::shares(std::span<const double> sorted) const {
  std::vector<double> out;
  const auto count = static_cast<double>(sorted.size());
  const double total = count + options_.smoothing * static_cast<double>(edges_.size() + 1);
  auto from = sorted.begin();
  for (const double edge : edges_) {
    const auto to = std::upper_bound(from, sorted.end(), edge);
    out.push_back((static_cast<double>(to - from) + options_.smoothing) / total);
    from = to;
  }
  out.push_back((static_cast<double>(sorted.end() - from) + options_.smoothing) / total);
  return out;
}

SampleComparison compare_with(const ReferenceSample& reference, std::span<const double> current) {
  Known known = known_of(current);
  SampleComparison out;
  out.reference_count = reference.sorted().size();
  out.current_count = known.values.size();
  out.missing_rise = test_missing_rise(reference, known);
  if (out.reference_count == 0 || out.current_count == 0) return out;
  out.reference_effective = reference.effective();
  out.current_effective = effective_sample_size(known.values, reference.options().min_block);
  std::sort(known.values.begin(), known.values.end());

  const double inverse = 1 / out.reference_effective + 1 / out.current_effective;
  out.kolmogorov_smirnov.statistic = kolmogorov_smirnov_distance(reference.sorted(), known.values);
  out.kolmogorov_smirnov.p_value = kolmogorov_survival(out.kolmogorov_smirnov.statistic / std::sqrt(inverse));

  const auto expected = reference.shares(reference.sorted());
  const auto actual = reference.shares(known.values);
  const auto degrees = static_cast<double>(reference.edges().size());
  out.psi.statistic = population_stability_index(expected, actual);
  out.psi.p_value = chi_squared_survival(out.psi.statistic / inverse, degrees);
  out.jensen_shannon.statistic = jensen_shannon_distance(expected, actual);
  const double nats = out.jensen_shannon.statistic * out.jensen_shannon.statistic * std::log(2.0);
  out.jensen_shannon.p_value = chi_squared_survival(8 * nats / inverse, degrees);
  return out;
}

double kolmogorov_smirnov_distance(std::span<const double> sorted_a, std::span<const double> sorted_b) {
  expects(!sorted_a.empty() && !sorted_b.empty(), "a distance is between values");
  double out = 0;
  std::size_t a = 0;
  std::size_t b = 0;
  while (a < sorted_a.size() && b < sorted_b.size()) {
    const double x = std::min(sorted_a[a], sorted_b[b]);
    while (a < sorted_a.size() && sorted_a[a] <= x) ++a;
    while (b < sorted_b.size() && sorted_b[b] <= x) ++b;
    out = std::max(out, std::abs(static_cast<double>(a) / static_cast<double>(sorted_a.size()) -
                                 static_cast<double>(b) / static_cast<double>(sorted_b.size())));
  }
  return out;
}

double population_stability_index(std::span<const double> expected, std::span<const double> actual) {
  expects(expected.size() == actual.size(), "shares are of the same bins");
  double out = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    out += (actual[i] - expected[i]) * std::log(actual[i] / expected[i]);
  return out;
}

double jensen_shannon_distance(std::span<const double> p, std::span<const double> q) {
  expects(p.size() == q.size(), "shares are of the same bins");
  double bits = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double middle = (p[i] + q[i]) / 2;
    bits += (p[i] * std::log2(p[i] / middle) + q[i] * std::log2(q[i] / middle)) / 2;
  }
  return std::sqrt(std::clamp(bits, 0.0, 1.0));
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (!std::isnan(p_values[i])) order.push_back(i);
  std::sort(order.begin(), order.end(), [p_values](std::size_t a, std::size_t b) {
    return p_values[a] != p_values[b] ? p_values[a] < p_values[b] : a < b;
  });
  std::vector<double> out(p_values.begin(), p_values.end());
  double least = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const double scaled = p_values[order[rank - 1]] * static_cast<double>(order.size()) / static_cast<double>(rank);
    least = std::min(least, scaled);
    out[order[rank - 1]] = least;
  }
  return out;
}

}  // namespace clm
