#include "evaluation/drift/fitted_series.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"
#include "evaluation/statistics/two_sample_tests.hpp"

namespace clm {
namespace {

constexpr std::size_t kLeastWindowBars = 8;
/// A window is compared if so many of it fit into the span.
constexpr double kLeastApart = 8;
constexpr std::size_t kStartsInWindow = 4;
constexpr std::size_t kMostWindows = 256;
/// Neighbours of a slow series say the same, and of a fast one so many are enough.
constexpr std::size_t kMostSorted = 2'048;
constexpr std::size_t kMostQuantiles = 64;
/// However long the past: where volatility comes and goes, tails are heavier than those of a normal value.
constexpr double kMostDegrees = 12;
constexpr double kMostSpreadDegrees = 24;
/// A window that varies less stands still: of a daily value on hourly bars some do.
constexpr double kLeastScale = 0.05;
constexpr std::size_t kBins = 5;
constexpr double kBinSmoothing = 0.5;

struct Moments {
  double mean = 0;
  double deviation = 0;
  std::size_t known = 0;
};

Moments moments_of(std::span<const double> values) {
  Moments out;
  double sum = 0;
  for (const double x : values) {
    if (std::isnan(x)) continue;
    sum += x;
    ++out.known;
  }
  if (out.known == 0) return out;
  out.mean = sum / static_cast<double>(out.known);
  double squares = 0;
  for (const double x : values)
    if (!std::isnan(x)) squares += (x - out.mean) * (x - out.mean);
  if (out.known > 1) out.deviation = std::sqrt(squares / static_cast<double>(out.known - 1));
  return out;
}

/// Known values of at most `most` bars at equal distances, the last one among them, ascending.
void sort_thinned(std::span<const double> values, std::size_t most, std::vector<double>& out) {
  out.clear();
  const std::size_t step = (values.size() + most - 1) / most;
  for (std::size_t i = (values.size() - 1) % step; i < values.size(); i += step)
    if (!std::isnan(values[i])) out.push_back(values[i]);
  std::sort(out.begin(), out.end());
}

/// Integrated autocorrelation time: by Geyer's initial positive sequence (1992, Statistical Science 7:473), sums of
/// neighbouring pairs of autocorrelations as long as they are positive.
double autocorrelation_time(const std::vector<double>& series) {
  const std::size_t count = series.size();
  double mean = 0;
  for (const double x : series) mean += x;
  mean /= static_cast<double>(count);
  const auto covariance = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = lag; i < count; ++i) sum += (series[i] - mean) * (series[i - lag] - mean);
    return sum;
  };
  const double variance = covariance(0);
  if (!(variance > 0)) return static_cast<double>(count);
  double time = -1;
  for (std::size_t lag = 0; lag + 1 < count; lag += 2) {
    const double pair = (covariance(lag) + covariance(lag + 1)) / variance;
    if (pair <= 0) break;
    time += 2 * pair;
  }
  return std::clamp(time, 1.0, static_cast<double>(count));
}

}  // namespace

std::string_view to_string(DriftDistance distance) {
  switch (distance) {
    case DriftDistance::mean: return "mean";
    case DriftDistance::scale: return "scale";
    case DriftDistance::wasserstein: return "wasserstein";
  }
  return {};
}

FittedSeries::FittedSeries(std::span<const double> values, std::span<const std::size_t> windows) {
  const Moments whole = moments_of(values);
  mean_ = whole.mean;
  known_ = whole.known;
  // Rounding alone is no variation.
  if (whole.deviation <= 1e-12 * std::abs(whole.mean)) return;
  deviation_ = whole.deviation;
  std::vector<double> steps;
  for (std::size_t i = 1; i < values.size(); ++i) steps.push_back(values[i] - values[i - 1]);
  step_deviation_ = moments_of(steps).deviation;
  sort_thinned(values, kMostSorted, sorted_);
  for (const std::size_t bars : windows) {
    expects(bars >= kLeastWindowBars, "a window has some bars");
    if (static_cast<double>(values.size()) < kLeastApart * static_cast<double>(bars) || sorted_.empty()) continue;
    if (Window window = learn(values, bars); window.mean.mean_square > 0) windows_.push_back(window);
  }
}

FittedSeries::Distances FittedSeries::distances(std::span<const double> window, std::vector<double>& scratch) const {
  Distances out;
  const Moments seen = moments_of(window);
  out.known = seen.known;
  if (2 * seen.known < window.size()) return out;
  out.mean = (seen.mean - mean_) / deviation_;
  out.scale = std::log(std::max(seen.deviation / deviation_, kLeastScale));
  sort_thinned(window, kMostQuantiles, scratch);
  const auto levels = static_cast<double>(scratch.size());
  const auto fitted = static_cast<double>(sorted_.size());
  double sum = 0;
  for (std::size_t i = 0; i < scratch.size(); ++i) {
    const double place = std::clamp((static_cast<double>(i) + 0.5) / levels * fitted - 0.5, 0.0, fitted - 1);
    const auto below = static_cast<std::size_t>(place);
    const double above = sorted_[std::min(below + 1, sorted_.size() - 1)];
    const double quantile = sorted_[below] + (place - static_cast<double>(below)) * (above - sorted_[below]);
    sum += std::abs(scratch[i] - quantile);
  }
  if (!scratch.empty()) out.wasserstein = sum / levels / deviation_;
  return out;
}

FittedSeries::Usual FittedSeries::usual(const std::vector<double>& distances, DriftDistance distance, double apart) {
  Usual out;
  const auto count = static_cast<double>(distances.size());
  if (distance == DriftDistance::scale) {
    for (const double x : distances) out.centre += x;
    out.centre /= count;
  }
  std::vector<double> centred(distances), squares(distances);
  double mean_square = 0;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    centred[i] = distances[i] - out.centre;
    squares[i] = centred[i] * centred[i];
    mean_square += squares[i];
  }
  mean_square /= count;
  if (!(mean_square > 0)) return out;
  const double windows = std::min(apart, count / autocorrelation_time(centred));
  const double known = std::min(apart, count / autocorrelation_time(squares));
  if (windows < 2 || known < 2) return out;
  double variance = 0;
  for (const double x : squares) variance += (x - mean_square) * (x - mean_square);
  variance /= count;
  out.degrees = std::min(kMostDegrees, known - 1);
  if (distance == DriftDistance::wasserstein)
    out.spread_degrees = std::clamp(2 * mean_square * mean_square / variance, 1.0, kMostSpreadDegrees);
  out.mean_square = mean_square * (1 + 1 / windows) / (1 - 1 / windows);
  return out;
}

FittedSeries::Window FittedSeries::learn(std::span<const double> values, std::size_t bars) const {
  Window window;
  window.bars = bars;
  const std::size_t starts = values.size() - bars + 1;
  // Prime to the window's length, so that windows begin at every hour of the day, as those do that are asked about.
  std::size_t step = std::max(bars / kStartsInWindow, (starts + kMostWindows - 1) / kMostWindows);
  while (std::gcd(step, bars) != 1) ++step;
  std::vector<double> mean, scale, wasserstein, scratch;
  double known = 0;
  // The newest window of the span is among them.
  for (std::size_t begin = (starts - 1) % step; begin < starts; begin += step) {
    const Distances seen = distances(values.subspan(begin, bars), scratch);
    if (2 * seen.known < bars) continue;
    known += static_cast<double>(seen.known);
    mean.push_back(seen.mean);
    scale.push_back(seen.scale);
    wasserstein.push_back(seen.wasserstein);
  }
  const double apart = static_cast<double>(mean.size() * step) / static_cast<double>(bars);
  if (apart < kLeastApart / 2) return window;
  window.known = known / static_cast<double>(mean.size());
  const double most = std::min(apart, static_cast<double>(mean.size()));
  window.mean = usual(mean, DriftDistance::mean, most);
  window.scale = usual(scale, DriftDistance::scale, most);
  window.wasserstein = usual(wasserstein, DriftDistance::wasserstein, most);
  // It is at least the distance of the means, and no better known. Of a series that is slow it is that distance as soon
  // as it is large, and its tail that of a normal value, whatever its usual spread.
  const double slowness = std::min(1.0, 4 * window.mean.mean_square);
  window.wasserstein.spread_degrees -= slowness * (window.wasserstein.spread_degrees - 1);
  window.wasserstein.degrees = std::min(window.wasserstein.degrees, window.mean.degrees);
  return window;
}

double FittedSeries::p_value(const Usual& usual, double distance, double gaps) {
  if (!(usual.mean_square > 0)) return 1;
  const double off = distance - usual.centre;
  return f_survival(off * off / (usual.mean_square * gaps), usual.spread_degrees, usual.degrees);
}

std::vector<WindowDistance> FittedSeries::compare(std::span<const double> recent) const {
  std::vector<WindowDistance> out;
  std::vector<double> scratch;
  for (const Window& window : windows_) {
    if (recent.size() < window.bars) break;
    const Distances seen = distances(recent.last(window.bars), scratch);
    if (2 * seen.known < window.bars) continue;
    // A window with gaps is worth less than a whole one.
    const double gaps = std::max(1.0, window.known / static_cast<double>(seen.known));
    out.push_back({DriftDistance::mean, window.bars, seen.mean, p_value(window.mean, seen.mean, gaps)});
    out.push_back(
        {DriftDistance::scale, window.bars, seen.scale - window.scale.centre, p_value(window.scale, seen.scale, gaps)});
    out.push_back({DriftDistance::wasserstein, window.bars, seen.wasserstein,
                   p_value(window.wasserstein, seen.wasserstein, gaps)});
  }
  return out;
}

std::size_t FittedSeries::bars_since_change(std::span<const double> recent, DriftDistance distance) const {
  std::size_t best = 1;
  double most = -1, sum = 0, squares = 0, count = 0;
  for (std::size_t bars = 1; bars <= recent.size(); ++bars) {
    const std::size_t i = recent.size() - bars;
    if (distance == DriftDistance::scale && i == 0) break;
    // How much a series varies within a window shows in its steps, however slow its level is.
    const double z = distance == DriftDistance::scale ? (recent[i] - recent[i - 1]) / step_deviation_
                                                      : (recent[i] - mean_) / deviation_;
    if (!std::isfinite(z)) continue;
    sum += z;
    squares += z * z;
    count += 1;
    const double variance = std::max(squares / count, 1e-12);
    const double likelihood =
        distance == DriftDistance::mean ? sum * sum / count : count * (variance - 1 - std::log(variance));
    if (likelihood <= most) continue;
    most = likelihood;
    best = bars;
  }
  return best;
}

double FittedSeries::population_stability(std::span<const double> recent) const {
  std::vector<double> edges;
  for (std::size_t i = 1; i < kBins && !sorted_.empty(); ++i) {
    const double edge = sorted_[(sorted_.size() * i + kBins - 1) / kBins - 1];
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  const auto shares = [&](std::span<const double> values) {
    std::vector<double> out(edges.size() + 1, kBinSmoothing);
    double total = kBinSmoothing * static_cast<double>(out.size());
    for (const double x : values) {
      if (std::isnan(x)) continue;
      out[static_cast<std::size_t>(std::lower_bound(edges.begin(), edges.end(), x) - edges.begin())] += 1;
      total += 1;
    }
    for (double& share : out) share /= total;
    return out;
  };
  return population_stability_index(shares(sorted_), shares(recent));
}

double FittedSeries::kolmogorov_smirnov(std::span<const double> recent) const {
  std::vector<double> sorted;
  sort_thinned(recent, recent.size(), sorted);
  return kolmogorov_smirnov_distance(sorted_, sorted);
}

}  // namespace clm
