#include "learning/triggers/trigger_drift.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/contract.hpp"
#include "base/number_text.hpp"
#include "base/probability_distribution.hpp"
#include "evaluation/statistics/bootstrap.hpp"

namespace clm {
namespace {

constexpr std::size_t kBins = 5;
constexpr double kLeastInBin = 5;
/// Rounding of a mean of single-precision values moves it by less.
constexpr double kStill = 1e-7;
/// Spans of the past begin so many times in the length of one.
constexpr std::size_t kStartsInSpan = 4;
/// Of the variance of a span's distance; Kolmogorov's own, squared, varies like a chi-squared with 5.6.
constexpr double kDegreesOfSpan = 4;
/// However long the past: where volatility comes and goes, distances have heavier tails than Kolmogorov's.
constexpr double kMostDegrees = 24;
/// The mean square of Kolmogorov's distribution.
constexpr double kMeanSquare = std::numbers::pi * std::numbers::pi / 12;

std::vector<double> column_of(std::span<const float> values, std::size_t column, std::size_t columns) {
  std::vector<double> out;
  out.reserve(values.size() / columns);
  for (std::size_t i = column; i < values.size(); i += columns) out.push_back(static_cast<double>(values[i]));
  return out;
}

std::vector<double> sorted_known(std::span<const double> values) {
  std::vector<double> known;
  known.reserve(values.size());
  for (const double x : values)
    if (!std::isnan(x)) known.push_back(x);
  std::sort(known.begin(), known.end());
  return known;
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

double psi_of(const ReferenceSample& sample, std::span<const double> sorted) {
  return population_stability_index(sample.shares(sample.sorted()), sample.shares(sorted));
}

}  // namespace

DriftReference::Usual DriftReference::usual(const std::vector<double>& distances) {
  MeanOptions overlapping;
  overlapping.min_block = static_cast<double>(kStartsInSpan);
  const MeanEstimate mean = estimate_mean(distances, overlapping);
  double squares = 0;
  for (const double distance : distances) squares += (distance - mean.mean) * (distance - mean.mean);
  const double variance = squares / static_cast<double>(distances.size());
  const double error = mean.standard_error * mean.standard_error;
  const double square = mean.mean * mean.mean;
  const double apart = static_cast<double>(distances.size()) / static_cast<double>(kStartsInSpan);
  return {mean.mean, std::max(1.0, 2 * square / variance),
          std::min({kMostDegrees, kDegreesOfSpan * (apart - 1), 2 * square / error})};
}

DriftReference::DriftReference(std::vector<std::string> names, std::span<const float> values,
                               const DriftOptions& options)
    : names_(std::move(names)), options_(options) {
  expects(!names_.empty() && values.size() % names_.size() == 0, "values are whole rows");
  expects(options.current_bars >= 2 * kStartsInSpan, "a span has some bars");
  const std::size_t most = options.most_bars() * names_.size();
  const auto newest = values.last(std::min(values.size(), most));
  for (std::size_t column = 0; column < names_.size(); ++column) {
    const auto series = column_of(newest, column, names_.size());
    if (!is_still(series) && !repeats(series, options.period_bars)) series_.push_back(learn(column, series));
  }
}

DriftReference::Series DriftReference::learn(std::size_t column, const std::vector<double>& series) const {
  const std::size_t span = options_.current_bars;
  const std::size_t reference = std::min(options_.reference_bars, series.size() / 4);
  const std::span<const double> all(series);
  std::vector<std::vector<double>> past;
  double known = 0;
  for (std::size_t end = series.size() - reference; end >= span; end -= span / kStartsInSpan) {
    auto values = sorted_known(all.subspan(end - span, span));
    if (2 * values.size() < span) continue;
    known += static_cast<double>(values.size());
    past.push_back(std::move(values));
  }
  const auto usual_values = sorted_known(all.last(reference));
  Series learned{column, ReferenceSample({}), 0, {}, {}};
  if (usual_values.empty() || past.empty()) return learned;
  learned.known = known / static_cast<double>(past.size());
  std::vector<double> distances;
  for (const auto& sorted : past) {
    const double ks = kolmogorov_smirnov_distance(usual_values, sorted);
    distances.push_back(ks * ks);
  }
  learned.squared_ks = usual(distances);
  if (!(learned.squared_ks.mean_degrees > 0)) return learned;
  // Half an effective value to a bin.
  BinningOptions binning;
  binning.bins = kBins;
  binning.smoothing = std::max(0.5, 0.5 * learned.known * learned.squared_ks.mean / kMeanSquare);
  learned.sample = ReferenceSample(all.last(reference), binning);
  distances.clear();
  for (const auto& sorted : past) distances.push_back(psi_of(learned.sample, sorted));
  learned.psi = usual(distances);
  return learned;
}

double DriftReference::p_value(const Series& series, const Distance& distance, std::size_t known) {
  if (!(series.squared_ks.mean_degrees > 0)) return 1;
  // A span with gaps is worth less than a whole one.
  const double gaps = std::max(1.0, series.known / static_cast<double>(known));
  const double square = kMeanSquare * distance.ks * distance.ks / (series.squared_ks.mean * gaps);
  const double degrees = series.squared_ks.mean_degrees;
  const double by_distance = std::min(1.0, 2 * std::pow(1 + 4 * square / degrees, -degrees / 2));
  const auto bins = static_cast<double>(series.sample.edges().size() + 1);
  const double effective = kMeanSquare / (series.squared_ks.mean * gaps);
  if (bins < 2 || !(series.psi.mean_degrees > 0) || effective < kLeastInBin * bins) return by_distance;
  const double by_bins = f_survival(distance.psi / (series.psi.mean * gaps), std::min(bins - 1, series.psi.degrees),
                                    series.psi.mean_degrees);
  return std::min(1.0, 2 * std::min(by_distance, by_bins));
}

DriftFinding DriftReference::compare(std::span<const float> values) const {
  expects(values.size() == options_.current_bars * names_.size(), "a span of whole rows is compared");
  DriftFinding finding;
  finding.series = series_.size();
  std::vector<DriftedSeries> all;
  std::vector<double> p_values;
  for (const Series& series : series_) {
    const auto sorted = sorted_known(column_of(values, series.column, names_.size()));
    Distance seen;
    double p = 1;
    if (!sorted.empty() && !series.sample.sorted().empty()) {
      seen = {kolmogorov_smirnov_distance(series.sample.sorted(), sorted), psi_of(series.sample, sorted)};
      p = p_value(series, seen, sorted.size());
    }
    p_values.push_back(p);
    all.push_back({names_[series.column], seen.psi, seen.ks, 1});
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

DriftOptions feature_drift_options(Interval interval) {
  constexpr std::int64_t kWeekMs = 7 * 86'400'000LL;
  DriftOptions options;
  if (kWeekMs % interval.ms() == 0) options.period_bars = static_cast<std::size_t>(kWeekMs / interval.ms());
  return options;
}

DriftOptions spread_drift_options() {
  DriftOptions options;
  options.history_bars = 1'344;  // forecasts of bars that have passed cost time, so fewer of them tell what is usual
  return options;
}

double drift_level(const TriggerOptions& triggers, Interval interval) {
  const double bar_hours = static_cast<double>(interval.ms()) / 3'600'000.0;
  const double period_days = std::max(triggers.drift_hours, bar_hours) / 24;
  return std::min(0.5, period_days / triggers.false_alarm_days / 2);
}

std::string describe(const std::vector<DriftedSeries>& worst) {
  std::string text;
  for (const DriftedSeries& one : worst)
    text += (text.empty() ? "" : ", ") + one.name + " (PSI " + fixed(one.psi, 2) + ", KS " + fixed(one.ks, 2) + ", p " +
            (one.p < 1e-6 ? "below 0.000001" : fixed(one.p, 6)) + ")";
  return text;
}

}  // namespace clm
