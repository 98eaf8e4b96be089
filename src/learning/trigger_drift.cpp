#include "learning/trigger_drift.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/contract.hpp"
#include "base/number_text.hpp"
#include "base/probability_distribution.hpp"

namespace clm {
namespace {

constexpr std::size_t kBins = 5;
constexpr double kLeastInBin = 5;
/// Rounding of a mean of single-precision values moves it by less.
constexpr double kStill = 1e-7;

std::vector<double> column_of(std::span<const float> values, std::size_t column, std::size_t columns) {
  std::vector<double> out;
  out.reserve(values.size() / columns);
  for (std::size_t i = column; i < values.size(); i += columns) out.push_back(static_cast<double>(values[i]));
  return out;
}

bool is_still(const std::vector<double>& series) {
  double least = INFINITY, most = -INFINITY;
  for (const double x : series) {
    if (std::isnan(x)) continue;
    least = std::min(least, x);
    most = std::max(most, x);
  }
  return !(most - least > kStill);
}

bool repeats(const std::vector<double>& series, std::size_t period) {
  if (period == 0 || series.size() < 2 * period) return false;
  for (std::size_t i = period; i < series.size(); ++i)
    if (!(std::abs(series[i] - series[i - period]) <= kStill)) return false;
  return true;
}

/// The p-values of a comparison whose current sample is worth no more a value than the reference.
double p_value(const ReferenceSample& reference, const SampleComparison& seen) {
  if (seen.reference_count == 0 || seen.current_count == 0) return 1;
  const double worth = seen.reference_effective / static_cast<double>(seen.reference_count);
  const double current = std::clamp(worth * static_cast<double>(seen.current_count), 1.0, seen.current_effective);
  const double inverse = 1 / seen.reference_effective + 1 / current;
  const double by_distance = kolmogorov_survival(seen.kolmogorov_smirnov.statistic / std::sqrt(inverse));
  const auto bins = static_cast<double>(reference.edges().size() + 1);
  if (bins < 2 || current < kLeastInBin * bins) return by_distance;
  const double by_bins = chi_squared_survival(seen.psi.statistic / inverse, bins - 1);
  return std::min(1.0, 2 * std::min(by_distance, by_bins));
}

}  // namespace

DriftReference::DriftReference(std::vector<std::string> names, std::span<const float> values, std::size_t period_bars)
    : names_(std::move(names)) {
  expects(!names_.empty() && values.size() % names_.size() == 0, "values are whole rows");
  BinningOptions binning;
  binning.bins = kBins;
  for (std::size_t column = 0; column < names_.size(); ++column) {
    const auto series = column_of(values, column, names_.size());
    if (!is_still(series) && !repeats(series, period_bars))
      series_.push_back({column, ReferenceSample(series, binning)});
  }
}

DriftFinding DriftReference::compare(std::span<const float> values) const {
  expects(values.size() % names_.size() == 0, "values are whole rows");
  DriftFinding finding;
  finding.series = series_.size();
  std::vector<DriftedSeries> all;
  std::vector<double> p_values;
  for (const Series& series : series_) {
    const auto seen = compare_with(series.sample, column_of(values, series.column, names_.size()));
    p_values.push_back(p_value(series.sample, seen));
    all.push_back({names_[series.column], seen.psi.statistic, seen.kolmogorov_smirnov.statistic, 1});
  }
  const auto adjusted = benjamini_hochberg(p_values);
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].p = adjusted[i];
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return p_values[a] != p_values[b] ? p_values[a] < p_values[b] : a < b;
  });
  for (std::size_t i = 0; i < std::min(kWorstSeries, order.size()); ++i) finding.worst.push_back(all[order[i]]);
  return finding;
}

std::string describe(const std::vector<DriftedSeries>& worst) {
  std::string text;
  for (const DriftedSeries& one : worst)
    text += (text.empty() ? "" : ", ") + one.name + " (PSI " + fixed(one.psi, 2) + ", KS " + fixed(one.ks, 2) + ", p " +
            (one.p < 1e-6 ? "below 0.000001" : fixed(one.p, 6)) + ")";
  return text;
}

}  // namespace clm
