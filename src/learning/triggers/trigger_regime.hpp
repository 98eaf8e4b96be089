#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "base/time.hpp"
#include "evaluation/drift/regime_detector.hpp"

namespace clm {

/// So much of the past at most, in years, is what regimes are learned from.
inline constexpr double kRegimeYears = 2;

/// What is learned from `returns` of the market or a symbol, bar by bar: a day makes an observation, three days a
/// regime. Errors: those of `RegimeModel::fit`, with less than 60 days of bars above all. Cost: some ms a year of
/// hours.
Result<RegimeModel> fit_regimes(std::span<const double> returns, Interval interval);

struct RegimeFinding {
  Regime then;  ///< when the active version was trained
  Regime now;
  double distance = 0;  ///< of the two states' mean log volatility, in the model's deviations; 0: one is unknown
  bool volatility_shifted = false;  ///< the states differ, by `kLeastRegimeDistance` or more
  bool trend_shifted = false;       ///< the states differ
  std::string reason;

  bool shifted() const { return volatility_shifted || trend_shifted; }
};
/// States of volatility that are nearer than this are one volatility that was seen through noise. States of the trend
/// lie nearer to one another; there `RegimeOptions::trend_probability` keeps noise out.
inline constexpr double kLeastRegimeDistance = 2;

/// Shifts a year, of volatility or trend, of a market in which neither ever changes, at most, where as little as 60
/// days are learned from: .29 were seen in simulated random walks, normal or with the tails of Student's t with 4
/// degrees of freedom. Of 120 days: .09, of a year or two: .04, each about half volatility and half trend
/// (trigger_regime_test.cpp, `clm error-rates`).
///
/// Trends are found late, because a random walk looks like one for weeks: after a year without one, a drift of two
/// daily volatilities a day counts after 8 days (90 % within 11), of one after 22 (43), of half a one within four
/// months in a third of the cases.
inline constexpr double kRegimeFalseAlarmsAYear = 0.3;

/// `returns` from anywhere before `data_end` on, `data_end` of them from before the version was trained. Nothing is
/// looked at but these. Cost: about 10 ns a bar.
RegimeFinding check_regime(const RegimeModel& model, std::span<const double> returns, std::size_t data_end);

}  // namespace clm
