#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "base/time.hpp"
#include "evaluation/regime_detector.hpp"

namespace clm {

/// What is learned from `returns` of the market, bar by bar, up to the moment when a version's data ended: a day makes
/// an observation, three days a regime. Errors: those of `RegimeModel::fit`, with less than 60 days of bars above all.
/// Cost: some ms a year of hours.
Result<RegimeModel> fit_regimes(std::span<const double> returns, Interval interval);

struct RegimeFinding {
  VolatilityRegime then = VolatilityRegime::unknown;  ///< sustained when the data ended
  VolatilityRegime now = VolatilityRegime::unknown;
  double distance = 0;   ///< of the two states' mean log volatility, in the model's deviations
  bool shifted = false;  ///< they differ, by `kLeastRegimeDistance` or more
  std::string reason;
};
/// States that are nearer than this are one volatility that was seen through noise.
inline constexpr double kLeastRegimeDistance = 2;
/// Shifts in a year of a volatility that never changes, at most: none in 100 years of simulation, which bounds it so at
/// 95 % (trigger_regime_test.cpp).
inline constexpr double kRegimeFalseAlarmsAYear = 0.03;

/// `returns` from anywhere before `data_end` on, `data_end` of them from before the version's data ended. Nothing is
/// looked at but these. Cost: about 10 ns a bar.
RegimeFinding check_regime(const RegimeModel& model, std::span<const double> returns, std::size_t data_end);

}  // namespace clm
