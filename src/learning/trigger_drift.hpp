#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "evaluation/two_sample_tests.hpp"

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

/// Whether series come from the distribution that they came from in a span of reference.
///
/// Of every series KS and PSI are tested, with effective numbers; of the two, Bonferroni's p-value counts, and over the
/// series that of Benjamini and Hochberg: without a change the least is below q in at most a share q of the checks.
/// Neighbours in a short span do not tell how slow a series is, so a current value is taken to be worth no more than
/// one of the reference. PSI is left out where a bin has fewer than five effective values. Left out are series that say
/// nothing about a change: constant ones (means of ranks over the universe) and those that repeat themselves every
/// `period_bars` (the calendar). Immutable, thread-safe.
class DriftReference {
 public:
  /// `values`: a row of names.size() values per bar, in order of time, NaN where missing. `period_bars` 0: none.
  /// Cost: some 0.4 ms a series of 720 bars.
  DriftReference(std::vector<std::string> names, std::span<const float> values, std::size_t period_bars);

  /// `values` as above. Cost: some 50 us a series of 168 bars.
  DriftFinding compare(std::span<const float> values) const;
  std::size_t series() const { return series_.size(); }  ///< that are not left out

 private:
  struct Series {
    std::size_t column = 0;
    ReferenceSample sample;
  };
  std::vector<std::string> names_;
  std::vector<Series> series_;
};

/// "rsi_14 (PSI 0.52, KS 0.61, p 0.0002), ..."
std::string describe(const std::vector<DriftedSeries>& worst);

}  // namespace clm
