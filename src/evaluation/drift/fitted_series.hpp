#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace clm {

/// What of a series' distribution is compared.
enum class DriftDistance {
  mean,        ///< where it lies
  scale,       ///< how much it varies within a window
  wasserstein  ///< all of its distribution
};
std::string_view to_string(DriftDistance distance);

/// One distance of a window from the values that a model was fitted on. None has an upper bound.
struct WindowDistance {
  DriftDistance distance = DriftDistance::mean;
  std::size_t window_bars = 0;
  /// mean: (mean of the window - mean fitted on) / standard deviation fitted on. scale: natural logarithm of the
  /// window's standard deviation over that which windows of its length usually had (geometric mean). wasserstein:
  /// mean distance of the window's quantiles from those fitted on, in standard deviations fitted on.
  double value = 0;
  double p = 1;  ///< chance of one as large or larger, if windows go on to differ as those fitted on did
};

/// The values of one series that a model was fitted on, in order of time, and how far windows of them lay from the
/// whole: what later windows are held against.
///
/// How large a distance is without a change depends on how slow the series is, which a short span hides; so it is
/// learned from windows of the same length inside the fitted span (at most some 256 of them, four to a length where the
/// span is short). With T a distance, T less its usual value for the scale, and m the mean of T^2 over those windows,
///
///     p = chance that Fisher's F(a, d) exceeds T^2 / (m c)
///
/// a  1 for mean and scale, where T is about normal; for the Wasserstein distance that of a chi-squared that varies as
///    past T^2 did (1 in a slow series, where T is nearly the distance of the means).
/// d  how well m is known: windows over the integrated autocorrelation time of their T^2 (Geyer's initial positive
///    sequence), less one, and at most 12: where volatility comes and goes, tails are as heavy (scenario no_drift).
/// c  (1 + 1/n) / (1 - 1/n), n the effective number of windows: past windows are a part of the span that they are held
///    against, later ones are not.
///
/// The mean of a window varies no more than the series itself does, however long its memory; so a level ten standard
/// deviations away is not mistaken for a slow swing, as it is by a test that counts effective values. What has changed
/// within the fitted span as much from window to window is no news. Immutable, thread-safe.
class FittedSeries {
 public:
  /// `values`: NaN where missing. `windows`: lengths in bars, ascending, >= 8; only those that fit eight times into the
  /// span are compared. Cost: some 1 ms for 8,760 values and windows of 24, 168 and 672.
  FittedSeries(std::span<const double> values, std::span<const std::size_t> windows);

  /// Distances of the newest values of `recent`, in order of time, over each window that they fill; a window half of
  /// whose values are missing is left out. None of a series that was constant. Cost: some 10 us.
  std::vector<WindowDistance> compare(std::span<const double> recent) const;

  /// How many of the newest values of `recent` follow the likeliest change, given that there was one: the most likely
  /// beginning of a span of normal values with another mean than those fitted on; of the scale, of steps from value to
  /// value with another mean square; of Wasserstein's distance, with another mean square about the mean. At least 1.
  /// Cost O(values).
  std::size_t bars_since_change(std::span<const double> recent, DriftDistance distance) const;

  /// Population stability index over five bins of the values fitted on, half a value added to each, and Kolmogorov's
  /// distance, at most 1, of `recent`, which is not empty but for NaN.
  double population_stability(std::span<const double> recent) const;
  double kolmogorov_smirnov(std::span<const double> recent) const;

  double mean() const { return mean_; }
  double standard_deviation() const { return deviation_; }  ///< 0: constant, or fewer than two values
  std::size_t known() const { return known_; }              ///< values that are not missing

 private:
  /// What a distance usually is.
  struct Usual {
    double centre = 0;       ///< taken off it
    double mean_square = 0;  ///< of what remains, c included; 0: nothing is known
    double spread_degrees = 1;
    double degrees = 0;
  };
  struct Window {
    std::size_t bars = 0;
    double known = 0;  ///< values in one, on average
    Usual mean, scale, wasserstein;
  };
  struct Distances {
    double mean = 0, scale = 0, wasserstein = 0;
    std::size_t known = 0;
  };
  static Usual usual(const std::vector<double>& distances, DriftDistance distance, double apart);
  static double p_value(const Usual& usual, double distance, double gaps);
  Distances distances(std::span<const double> window, std::vector<double>& scratch) const;
  Window learn(std::span<const double> values, std::size_t bars) const;

  double mean_ = 0;
  double deviation_ = 0;
  double step_deviation_ = 0;  ///< of the differences of neighbours
  std::size_t known_ = 0;
  std::vector<double> sorted_;  ///< at most 2,048 values, evenly spaced in time
  std::vector<Window> windows_;
};

}  // namespace clm
