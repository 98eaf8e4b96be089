#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "evaluation/drift/fitted_series.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// A series that has drifted, or comes closest to it: how far, over the window in which that is least likely.
struct DriftedSeries {
  std::string name;
  DriftDistance distance = DriftDistance::mean;  ///< the least likely one
  std::size_t window_bars = 0;
  double mean_shift = 0;       ///< in standard deviations of the values fitted on
  double scale_ratio = 1;      ///< standard deviation over the usual one of such windows
  double wasserstein = 0;      ///< in standard deviations of the values fitted on
  double p = 1;                ///< adjusted for the number of series, windows and distances
  std::size_t since_bars = 0;  ///< so many bars ago the likeliest change began, the newest included
  double psi = 0;              ///< population stability index of the window, over 5 bins of the values fitted on
  double ks = 0;               ///< largest distance of the distribution functions; neither decides anything
};

struct DriftFinding {
  std::size_t series = 0;            ///< tested
  std::vector<DriftedSeries> worst;  ///< ascending in p, at most as many as were asked for
  std::vector<double> p;             ///< adjusted, of every series tested, ascending
  double least_p() const { return p.empty() ? 1 : p.front(); }
  std::size_t below(double level) const;  ///< series whose p is
};
inline constexpr std::size_t kWorstSeries = 3;

struct DriftOptions {
  std::vector<std::size_t> windows{24, 168, 672};  ///< lengths of the newest spans that are compared, ascending
  /// Newest fitted bars at most, a year of hours. More: more of what once happened is no news, and it is slower to
  /// learn.
  std::size_t most_bars = 8'760;
  std::size_t most_recent = 2'016;  ///< bars at most in which the beginning of a change is looked for
  std::size_t period_bars = 0;      ///< of the calendar; 0: none

  /// With fewer fitted bars there is no telling.
  static constexpr std::size_t kLeastBars = 480;
  std::size_t least_recent() const { return windows.front(); }
};

/// Whether series still are what they were in the rows that a model was fitted on. Of every series, `FittedSeries`
/// tells how far the newest windows of each length lie from those rows in mean, scale and Wasserstein's distance, and
/// how likely that is; over all series, windows and distances p-values are adjusted as Benjamini and Hochberg do.
/// Without a change the least is below q in at most a share q of the checks, where the fitted span is many times as
/// long as the slowest series remembers (`clm error-rates`, scenarios no_drift and drift).
///
/// A row is the mean over the symbols at one bar: symbols move together, and together they are one observation. Left
/// out are series that say nothing about a change: constant ones (means of ranks over the universe) and those that
/// repeat themselves every `period_bars` (the calendar). Immutable, thread-safe.
class DriftReference {
 public:
  /// `values`: a row of names.size() values per fitted bar, in order of time, NaN where missing; the newest `most_bars`
  /// are used. Cost: some 1 ms a series of 8,760 bars.
  DriftReference(std::vector<std::string> names, std::span<const float> values, DriftOptions options);

  /// `values` as above, of the bars since the fitted ones; windows that they do not fill are not compared. Cost: some
  /// 20 us a series.
  DriftFinding compare(std::span<const float> values, std::size_t worst = kWorstSeries) const;
  std::size_t series() const { return series_.size(); }  ///< that are not left out
  const DriftOptions& options() const { return options_; }

 private:
  struct Series {
    std::size_t column = 0;
    FittedSeries fitted;
  };
  DriftedSeries describe(const Series& series, const WindowDistance& least, std::span<const float> values) const;

  std::vector<std::string> names_;
  DriftOptions options_;
  std::vector<Series> series_;
};

/// Over which bars features, and forecasts' spread, are compared.
DriftOptions feature_drift_options(Interval interval);
DriftOptions spread_drift_options();

/// The p-value below which a check for drift raises an alarm, of features or of forecasts, which are two checks: from
/// `false_alarm_days` and how often it is asked, where looks within one length of the shortest window count as one
/// (they see mostly the same bars).
double drift_level(const TriggerOptions& triggers, Interval interval);

/// "rsi_14 lies 6.1 standard deviations higher over the last 24 bars". `since`, where known, is when the first bar
/// after the change closed. With `p`, PSI and KS in brackets.
std::string describe(const DriftedSeries& one, Timestamp since);

}  // namespace clm
