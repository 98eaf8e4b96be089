#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/data/bar_means.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/triggers/kept_by_data_end.hpp"
#include "learning/triggers/trigger_drift.hpp"
#include "registry/manifest.hpp"

namespace clm {

/// The bars of a tape that rows were fitted on, [first, end): none of them closes after the last decision whose label
/// the version was fitted on.
struct FittedBars {
  std::size_t first = 0, end = 0;
  auto operator<=>(const FittedBars&) const = default;
  std::size_t size() const { return end - first; }
};
/// The decisions from `from` up to and including `last_decision`, as far as the tape reaches back and `most_bars` at
/// most.
FittedBars fitted_bars(const MarketTape& tape, Timestamp from, Timestamp last_decision);
/// Of a version. Empty where its manifest does not say how long a label is.
FittedBars fitted_bars(const MarketTape& tape, const Manifest& manifest);

/// What of the market's features is otherwise than in the rows that a version was fitted on.
struct FeatureDrift {
  std::string why_not;  ///< why nothing could be compared; empty: it could
  TimeRange fitted;     ///< closes of the first and the last fitted bar
  std::size_t fitted_bars = 0;
  std::size_t recent_bars = 0;  ///< that have closed since
  DriftFinding finding;
  std::vector<Timestamp> since;  ///< of each of `finding.worst`: when the first bar after the change closed
};

/// Compares features since a fitted span with those in it, bar by bar of a tape, and keeps what it learned of the
/// newest few spans. Nothing after the bar that is asked about is looked at. Borrows all it is given. Not thread-safe.
class FeatureDriftMonitor {
 public:
  FeatureDriftMonitor(const MarketTape& tape, BarMeans& means) : tape_(tape), means_(means) {}
  /// As of the close of `bar`. Cost: that of the features' means that were not asked before, of a new span some .1 s at
  /// 125 features and 8,760 bars, and then some 5 ms.
  FeatureDrift look(const FittedBars& fitted, std::size_t bar, std::size_t worst = kWorstSeries);

 private:
  const MarketTape& tape_;
  BarMeans& means_;
  KeptByDataEnd<DriftReference, std::pair<std::size_t, std::size_t>> references_;
};

/// "2 of 118 features have drifted from the 2,400 bars ... that it was fitted on: ..." with those below `level`, or the
/// nearest to it where none is.
std::string sentence(const FeatureDrift& drift, double level);

/// {why_not, fitted:{from, to, bars}, recent_bars, tested, drifted, level, features:[{feature, distance, window_bars,
/// mean_shift, scale_ratio, wasserstein, p, since, psi, ks, drifted}]}; `fitted` null where nothing was compared.
nlohmann::json to_json(const FeatureDrift& drift, double level);

}  // namespace clm
