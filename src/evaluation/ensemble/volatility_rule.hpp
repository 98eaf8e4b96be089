#pragma once
#include <optional>
#include <span>
#include <vector>

#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/metrics/metrics.hpp"

namespace clm {

/// The middle one of the symbols' volatilities at one time, the upper of two, as `volatility_regimes` takes it. NaN are
/// left out; NaN where nothing is left. Reorders nothing of the caller's.
double market_volatility(std::span<const float> volatility);

/// The market's state as a rule that can be served: the terciles of the market's volatility over a stretch of the past,
/// kept with what was learned on it. The judgement's own regimes compare every time with all earlier ones instead,
/// which a version that only knows its file cannot do.
struct VolatilityRule {
  double calm_up_to = 0;
  double normal_up_to = 0;  ///< >= calm_up_to; beyond it: turbulent

  /// From the times of `rows`, which lie before everything the rule is asked about. None with fewer than
  /// `kMinTimes` times.
  static std::optional<VolatilityRule> fit(const JudgedRows& rows);
  static constexpr std::size_t kMinTimes = 48;

  /// `volatility`: the market's, known at the decision. NaN: unknown.
  VolatilityRegime regime(double volatility) const;
};

/// The regime of every row by the volatility of its own decision time alone. Cost O(rows).
std::vector<VolatilityRegime> regimes_of_rows(const JudgedRows& rows, const VolatilityRule& rule);

}  // namespace clm
