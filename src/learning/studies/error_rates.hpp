#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "base/run_context.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// Stages are tried in the market of `SimulatedForecasters`, triggers in a `QuietHistory`.
struct ErrorRateOptions {
  std::size_t n = 200;  ///< simulated histories of a scenario, >= 1
  std::uint64_t seed = 1;
  int symbols = 60;               ///< >= `judging.min_symbols`
  double rank_ic = 0.05;          ///< of the reference
  std::size_t gain_bars = 4'000;  ///< in which a better candidate is to be found
  /// These; "drift"; "regimes": all of `regime_rates`; and "acceptance": all of `acceptance_rates`.
  std::vector<std::string> scenarios{"aa", "gain", "damage", "no_drift"};
  std::vector<std::vector<double>> real_returns;  ///< `RegimeRateOptions::real`
};

/// How often something happened.
struct ErrorRate {
  /// aa, gain, damage, no_drift, no_drift_performance, no_drift_drift, no_drift_regime, drift_10sd_memory_100, or one
  /// of `regime_rates` or `acceptance_rates`
  std::string scenario;
  std::string what;  ///< in words: what was planted, and what counts as an event
  std::size_t n = 0, events = 0;
  double rate = 0, lo = 0, hi = 0;  ///< Wilson's 95 % interval
  std::size_t median_bars = 0;      ///< until the event, where there was one
  std::size_t slow_bars = 0;        ///< the same, 90 % quantile
  std::string demanded;             ///< what the rate is held against
};

/// The error rates of the policy as configured, by simulation:
///   aa       a candidate as good as the active version is promoted by the shadow (an error)
///   gain     one whose loss is 5 % lower is found by a shadow of `gain_bars`
///   damage   one whose loss is 10 % higher after its promotion is rolled back by the watch
///   no_drift a trigger alarms though nothing changes, within a third of `triggers.false_alarm_days` (10 days at least
///            and 60 at most) after a version was trained; and each of the triggers alone
///   drift    features jump by 0, .5, 1, 2, 10 standard deviations at the end of the fitted rows, all of them or one,
///            and the check of features finds it in the same days; for features that remember 1, 10, 100, 500 bars
///            (`find_planted_shifts`)
///   regimes  states of volatility and trend are said that are not there, or are there (`regime_rates`)
///   acceptance  recipes that foresee nothing, or something, are accepted (`acceptance_rates`)
/// Deterministic in options and seed, whatever the number of jobs. Cost: a shadow of 720 bars 6 ms at 60 symbols, a
/// history without drift some 0.3 s, one of planted drifts some 2 s. Errors: `error_rates.symbols` (usage): fewer
/// symbols than can be ranked decide nothing, ever; `error_rates.scenario` (usage).
Result<std::vector<ErrorRate>> simulated_error_rates(const LearningOptions& learning, const ErrorRateOptions& options,
                                                     const RunContext& run);

/// {scenario, what, n, events, rate, lo, hi, median_bars, slow_bars, demanded}
nlohmann::json to_json(const ErrorRate& rate);

}  // namespace clm
