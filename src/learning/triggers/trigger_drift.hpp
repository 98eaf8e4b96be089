#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "evaluation/statistics/two_sample_tests.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// A series that has drifted, or comes closest to it.
struct DriftedSeries {
  std::string name;
  double psi = 0;  ///< population stability index, over 5 bins of the reference
  double ks = 0;   ///< largest distance of the distribution functions
  double p = 1;    ///< adjusted for the number of series
};

struct DriftFinding {
  std::size_t series = 0;            ///< tested
  std::vector<DriftedSeries> worst;  ///< ascending in p, at most `kWorstSeries`
  double least_p() const { return worst.empty() ? 1 : worst.front().p; }
};
inline constexpr std::size_t kWorstSeries = 3;

struct DriftOptions {
  std::size_t current_bars = 168;    ///< that are compared; >= 14
  std::size_t reference_bars = 720;  ///< newest bars at most, and a quarter of them at most, that they are held to
  std::size_t history_bars = 4'368;  ///< before the reference, at most, that tell how far apart spans usually are
  std::size_t period_bars = 0;       ///< of the calendar; 0: none

  /// So many bars are made use of.
  std::size_t most_bars() const { return reference_bars + history_bars; }
  /// With fewer there is no telling: three spans beside the reference that do not overlap.
  std::size_t least_bars() const { return 5 * current_bars; }
};

/// Whether series come from the distribution that they came from in a span of reference.
///
/// Of every series the Kolmogorov-Smirnov distance D and the population stability index are tested. How large they are
/// without a change depends on how slow the series is, and a short span does not tell: seasonal averages look white at
/// every lag but the day's, and scales that change over weeks hide from each single autocorrelation. So it is learned
/// from the past: the same distances are measured between the reference and spans of `current_bars` bars before it. The
/// mean of D^2 stands for pi^2 / 12 (1/n + 1/m), that of the PSI for (bins - 1)(1/n + 1/m), with n and m the effective
/// numbers of the two samples. With d four times the number of spans that do not overlap, less one span, or less where
/// the mean's standard error says so (`estimate_mean`), and 24 at most (simulated markets show no less heavy a tail),
///
///     p(D)   = 2 (1 + 4 x^2 / d)^(-d/2),  x^2 = pi^2 / 12 D^2 / mean D^2:  Kolmogorov's bound 2 exp(-2 x^2), averaged
///              over a scale that is known like a variance with d degrees
///     p(PSI) = that of Fisher's F(b, d) at PSI / mean PSI, b the degrees of a chi-squared that varies as past indices
///              did, bins - 1 at most
///
/// Of the two, Bonferroni's p-value counts, and over the series that of Benjamini and Hochberg: without a change the
/// least is below q in at most a share q of the checks (`clm error-rates`, scenario no_drift). What changed as much
/// from span to span before is no news and no alarm. PSI is left out where a bin has fewer than five effective values.
/// Left out are series that say nothing about a change: constant ones (means of ranks over the universe) and those that
/// repeat themselves every `period_bars` (the calendar). Immutable, thread-safe.
class DriftReference {
 public:
  /// `values`: a row of names.size() values per bar, in order of time, NaN where missing; the newest `most_bars` are
  /// used. Cost: some 2 ms a series of 5,088 bars.
  DriftReference(std::vector<std::string> names, std::span<const float> values, const DriftOptions& options);

  /// `values` as above, of `current_bars` bars (contract). Cost: some 10 us a series.
  DriftFinding compare(std::span<const float> values) const;
  std::size_t series() const { return series_.size(); }  ///< that are not left out

 private:
  struct Distance {
    double ks = 0, psi = 0;
  };
  /// What a distance usually is: its mean, and how well that is known.
  struct Usual {
    double mean = 0;
    double degrees = 1;       ///< of a chi-squared whose spread about the mean is theirs
    double mean_degrees = 0;  ///< of one whose spread is that of the mean's error; 0: nothing is known
  };
  struct Series {
    std::size_t column = 0;
    ReferenceSample sample;
    double known = 0;  ///< values in a span, on average
    Usual squared_ks, psi;
  };
  Series learn(std::size_t column, const std::vector<double>& series) const;
  static Usual usual(const std::vector<double>& distances);
  static double p_value(const Series& series, const Distance& distance, std::size_t known);

  std::vector<std::string> names_;
  DriftOptions options_;
  std::vector<Series> series_;
};

/// Over which bars features, and forecasts' spread, are compared.
DriftOptions feature_drift_options(Interval interval);
DriftOptions spread_drift_options();

/// The p-value below which a check for drift raises an alarm, of features or of forecasts, which are two checks: from
/// `false_alarm_days` and how often it is asked.
double drift_level(const TriggerOptions& triggers, Interval interval);

/// "rsi_14 (PSI 0.52, KS 0.61, p 0.0002), ..."
std::string describe(const std::vector<DriftedSeries>& worst);

}  // namespace clm
