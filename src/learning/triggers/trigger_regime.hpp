#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "base/time.hpp"
#include "evaluation/drift/regime_detector.hpp"

namespace clm {

/// So much of the past at most, in years, is what regimes are told from.
inline constexpr double kRegimeYears = 4;
std::size_t regime_bars(Interval interval);
/// At least one.
std::size_t bars_of_a_day(Interval interval);

/// Why the state of volatility is not known yet: "40 days of bars with a price that moves are known, 60 are needed";
/// empty: it is known.
std::string why_unknown(const RegimeDetector& detector);

struct RegimeFinding {
  Regime then;                         ///< sustained when the active version was trained
  Regime now;                          ///< sustained
  double volatility_ratio = kMissing;  ///< volatility now over that of then; NaN: one of the states is unknown
  bool volatility_shifted = false;     ///< the states differ, and volatility by `kLeastVolatilityRatio` or more
  bool trend_shifted = false;          ///< the states differ
  std::string reason;

  bool shifted() const { return volatility_shifted || trend_shifted; }
};
/// Neighbouring states whose volatilities are nearer than this, up or down, are not told apart.
inline constexpr double kLeastVolatilityRatio = 1.5;

/// Shifts a year, of volatility or trend, of a market in which neither ever changes, at most: .75 false trends begin
/// (`TrendDetector`), and each ends again, perhaps after a version was trained in it. Volatility adds next to none.
inline constexpr double kRegimeFalseAlarmsAYear = 1.5;

/// Has the regime shifted since a version was trained? Both are the states that had lasted three days. Copyable,
/// deterministic. Cost: that of `RegimeDetector` a bar.
class RegimeWatch {
 public:
  /// `before`: log returns of the market or a symbol, bar by bar, of before the version was trained.
  RegimeWatch(std::span<const double> before, Interval interval);
  /// What followed.
  void add(std::span<const double> returns);
  std::size_t bars_after() const { return bars_after_; }
  RegimeFinding finding() const;

 private:
  RegimeDetector detector_;
  Regime then_;
  double then_level_ = 0;
  std::string then_unknown_;
  std::size_t bars_after_ = 0;
};

}  // namespace clm
