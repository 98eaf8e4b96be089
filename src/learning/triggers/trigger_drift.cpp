#include "learning/triggers/trigger_drift.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/contract.hpp"
#include "base/number_text.hpp"
#include "evaluation/statistics/two_sample_tests.hpp"

namespace clm {
namespace {

/// Rounding of a mean of single-precision values moves it by less.
constexpr double kStill = 1e-7;
/// A Wasserstein distance that is no more than this beyond the distance of the means is told as that.
constexpr double kMostlyShift = 1.25;

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

/// Where bars are missing the calendar jumps, and comes back into step a period later.
bool repeats(const std::vector<double>& series, std::size_t period) {
  if (period == 0 || series.size() < 2 * period) return false;
  std::size_t same = 0;
  for (std::size_t i = period; i < series.size(); ++i)
    if (std::abs(series[i] - series[i - period]) <= kStill) ++same;
  return 4 * same >= 3 * (series.size() - period);
}

std::string told(const DriftedSeries& one) {
  const std::string window = " over the last " + std::to_string(one.window_bars) + " bars";
  if (one.distance == DriftDistance::scale)
    return " varies " + fixed(one.scale_ratio, 2) + " times as much as usual within a span of that length" + window;
  if (one.distance == DriftDistance::mean || one.wasserstein <= kMostlyShift * std::abs(one.mean_shift))
    return " lies " + fixed(std::abs(one.mean_shift), 1) + " standard deviations " +
           (one.mean_shift < 0 ? "lower" : "higher") + window;
  return " is distributed otherwise, " + fixed(one.wasserstein, 1) + " standard deviations apart," + window;
}

}  // namespace

std::size_t DriftFinding::below(double level) const {
  return static_cast<std::size_t>(std::lower_bound(p.begin(), p.end(), level) - p.begin());
}

DriftReference::DriftReference(std::vector<std::string> names, std::span<const float> values, DriftOptions options)
    : names_(std::move(names)), options_(std::move(options)) {
  expects(!names_.empty() && values.size() % names_.size() == 0, "values are whole rows");
  const auto newest = values.last(std::min(values.size(), options_.most_bars * names_.size()));
  for (std::size_t column = 0; column < names_.size(); ++column) {
    const auto series = column_of(newest, column, names_.size());
    if (!is_still(series) && !repeats(series, options_.period_bars))
      series_.push_back({column, FittedSeries(series, options_.windows)});
  }
}

DriftedSeries DriftReference::describe(const Series& series, const WindowDistance& least,
                                       std::span<const float> values) const {
  const std::size_t columns = names_.size();
  const auto recent =
      column_of(values.last(std::min(values.size(), options_.most_recent * columns)), series.column, columns);
  DriftedSeries out;
  out.name = names_[series.column];
  out.distance = least.distance;
  out.window_bars = least.window_bars;
  for (const WindowDistance& one : series.fitted.compare(recent)) {
    if (one.window_bars != least.window_bars) continue;
    if (one.distance == DriftDistance::mean) out.mean_shift = one.value;
    if (one.distance == DriftDistance::scale) out.scale_ratio = std::exp(one.value);
    if (one.distance == DriftDistance::wasserstein) out.wasserstein = one.value;
  }
  out.since_bars = series.fitted.bars_since_change(recent, least.distance);
  const auto window = std::span<const double>(recent).last(least.window_bars);
  out.psi = series.fitted.population_stability(window);
  out.ks = series.fitted.kolmogorov_smirnov(window);
  return out;
}

DriftFinding DriftReference::compare(std::span<const float> values, std::size_t worst) const {
  const std::size_t columns = names_.size();
  expects(values.size() % columns == 0, "whole rows are compared");
  const auto newest = values.last(std::min(values.size(), options_.windows.back() * columns));
  std::vector<double> p_values;
  std::vector<std::size_t> owner;  // of a p-value
  std::vector<WindowDistance> seen;
  for (std::size_t i = 0; i < series_.size(); ++i)
    for (const WindowDistance& one : series_[i].fitted.compare(column_of(newest, series_[i].column, columns))) {
      p_values.push_back(one.p);
      owner.push_back(i);
      seen.push_back(one);
    }
  const auto adjusted = benjamini_hochberg(p_values);
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> nearest(series_.size(), kNone);
  for (std::size_t k = 0; k < seen.size(); ++k) {
    std::size_t& known = nearest[owner[k]];
    if (known == kNone || p_values[k] < p_values[known]) known = k;
  }
  nearest.erase(std::remove(nearest.begin(), nearest.end(), kNone), nearest.end());
  std::sort(nearest.begin(), nearest.end(), [&](std::size_t a, std::size_t b) {
    return p_values[a] != p_values[b] ? p_values[a] < p_values[b] : a < b;
  });
  DriftFinding finding;
  finding.series = nearest.size();
  for (const std::size_t k : nearest) {
    finding.p.push_back(adjusted[k]);
    if (finding.worst.size() == worst) continue;
    finding.worst.push_back(describe(series_[owner[k]], seen[k], values));
    finding.worst.back().p = adjusted[k];
  }
  return finding;
}

DriftOptions feature_drift_options(Interval interval) {
  constexpr std::int64_t kWeekMs = 7 * 86'400'000LL;
  DriftOptions options;
  if (kWeekMs % interval.ms() == 0) options.period_bars = static_cast<std::size_t>(kWeekMs / interval.ms());
  return options;
}

DriftOptions spread_drift_options() {
  DriftOptions options;
  options.windows = {24, 168};
  options.most_bars = 2'064;  // forecasts of bars that have passed cost time, so fewer of them tell what is usual
  return options;
}

double drift_level(const TriggerOptions& triggers, Interval interval) {
  const double bar_hours = static_cast<double>(interval.ms()) / 3'600'000.0;
  // Looks closer to one another than the shortest window see mostly the same bars.
  const double least_hours = static_cast<double>(DriftOptions().windows.front()) * bar_hours;
  const double period_days = std::max(triggers.drift_hours, least_hours) / 24;
  return std::min(0.5, period_days / triggers.false_alarm_days / 2);
}

std::string describe(const DriftedSeries& one, Timestamp since) {
  return one.name + told(one) + ", since " + to_string(since) + " (p " +
         (one.p < 1e-6 ? "below 0.000001" : fixed(one.p, 6)) + "; PSI " + fixed(one.psi, 2) + ", KS " +
         fixed(one.ks, 2) + ")";
}

}  // namespace clm
