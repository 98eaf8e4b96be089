#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "evaluation/metrics/metrics.hpp"
#include "market/series/candle.hpp"

namespace clm {

struct VolatilityStatesOptions {
  std::size_t day_bars = 24;       ///< bars of a day, >= 1
  double fast_days = 0.5;          ///< half-life by which a storm is seen, > 0; shorter: sooner, and more of them
  double slow_days = 3;            ///< half-life by which it must have died down, and calm is told; >= fast_days
  std::size_t history_days = 365;  ///< that a symbol is held against, its newest; >= known_days
  std::size_t known_days = 60;     ///< before that its state is unknown; >= 1
  /// A storm begins where the fast mean reaches both this share of the past's slow means and so many times their
  /// median; it has passed where both means are back to one of the lower pair. Higher: fewer storms, later.
  double storm_share = 0.9, storm_ratio = 1.7, passed_share = 0.75, passed_ratio = 1.2;
  /// Calm begins where the slow mean is below both; it ends where it is back above one of the upper pair.
  double calm_share = 0.25, calm_ratio = 1 / 1.25, ended_share = 0.45, ended_ratio = 1 / 1.1;
  double largest_bar = 5;  ///< in slow means: what a bar is more than that is cut, so that one bar is no storm
};

/// How volatile a symbol or the market is, by its own standards: calm, normal or turbulent (a storm).
///
/// Two exponentially weighted means of the absolute bar return, a fast and a slow one, are held against the slow means
/// of the year before: against a quantile of them and against a multiple of their median, so that a market of one
/// volatility, which has a highest tenth of days like any other, has no storms. States last until a second, easier
/// threshold is passed. Thresholds are taken anew once a day, from what was known then: nothing that comes later enters
/// what is said of a bar. A missing bar (NaN) changes nothing, and neither does a price that has not moved for more
/// than a day. Copyable, deterministic, not thread-safe. Memory: 2 bytes a bar of the history, 8,760 at most, and 4
/// KiB. Cost: some 20 ns a bar of an hour.
class VolatilityStates {
 public:
  explicit VolatilityStates(const VolatilityStatesOptions& options = {});

  /// The log return of the next bar; returns the state after it.
  VolatilityRegime update(double bar_return);
  VolatilityRegime state() const { return state_; }
  /// The slow mean of absolute returns: the level of volatility; 0 before anything moved.
  double level() const { return slow_; }
  std::uint64_t known_bars() const { return known_; }  ///< that counted
  /// The fast mean over the median of the past's slow ones; NaN while the state is unknown.
  double times_usual() const;

 private:
  /// Counts of slow means by their binary logarithm: 1/32 apart (2.2 %), from 2^-28 to 2^2.
  static constexpr int kBinsAnOctave = 32, kLowestOctave = -28, kOctaves = 30;
  static constexpr std::size_t kBins = std::size_t{kBinsAnOctave} * kOctaves;
  struct Thresholds {
    double median = 0, storm = 0, passed = 0, calm = 0, ended = 0;
  };

  void record();
  Thresholds thresholds() const;
  VolatilityRegime next_state() const;

  VolatilityStatesOptions options_;
  double fast_weight_, slow_weight_;
  std::size_t record_every_;  ///< bars
  double fast_ = 0, slow_ = 0;
  std::uint64_t known_ = 0;          ///< bars that counted
  std::size_t unmoved_ = 0;          ///< bars in a row
  std::vector<std::uint16_t> ring_;  ///< bins of the slow means recorded, the oldest overwritten
  std::uint64_t recorded_ = 0;
  std::array<std::uint32_t, kBins> counts_{};
  Thresholds now_;
  VolatilityRegime state_ = VolatilityRegime::unknown;
};

}  // namespace clm
