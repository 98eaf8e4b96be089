#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/run_context.hpp"

namespace clm {

struct RegimeRateOptions {
  std::size_t n = 200;  ///< histories of a scenario, >= 1
  std::uint64_t seed = 1;
  /// Hourly log returns of real symbols, NaN where missing: their signs are flipped at random, and their days permuted.
  /// Those shorter than 455 days are left out; without any, only simulated histories are looked at.
  std::vector<std::vector<double>> real;
};

/// How often, and after how many bars, `RegimeDetector` said something.
struct RegimeRate {
  std::string scenario, what;
  std::size_t n = 0;
  std::vector<std::size_t> bars;  ///< until it was said, one for each history in which it was
  std::string demanded;           ///< empty: nothing
};

/// What the states of volatility and trend are worth where the truth is known, all of hourly bars:
///   trend_none_NAME    a trend is said within a year in which there is none: of normal returns, of returns whose
///                      volatility comes in clusters (GARCH(1, 1), .06 and .93, shocks of Student's t with 5 degrees of
///                      freedom), and of real returns with flipped signs, or with permuted days less their mean
///   trend_DRIFT        a drift of so many volatilities of a day a day, in clustered returns, is said to be one within
///                      180 days
///   storm_none_NAME    a storm is said within a year of constant volatility: of normal returns and of Student's t
///                      with 4 degrees of freedom
///   storm_TIMES        volatility that rises so many times is said to be a storm within 24 bars
/// Deterministic in options, whatever the number of jobs. Cost: about 1 ms a history.
std::vector<RegimeRate> regime_rates(const RegimeRateOptions& options, const RunContext& run);
/// Scenarios of that many: for progress.
std::size_t regime_scenarios(const RegimeRateOptions& options);

}  // namespace clm
