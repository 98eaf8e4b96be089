#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/run_context.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// A history in which nothing changes, as the triggers see it from the end of a version's data on.
struct QuietHistoryOptions {
  std::uint64_t seed = 1;
  std::size_t index = 0;  ///< of the history
  std::size_t bars = 0;   ///< hourly, after the version was trained
  std::size_t symbols = 60;
  double rank_ic = 0.05;  ///< of the version
};

/// Bars until the first alarm; empty where there was none.
struct QuietHistory {
  std::optional<std::size_t> performance, drift, regime;
};

/// Runs the production triggers at their own intervals. Outcomes and forecasts are those of `SimulatedForecasters`; the
/// promise is what an evaluation would say after 2,064 bars of them. Features are computed from the candles of a
/// simulated market (`simulate`, 8 symbols, no signal), whose volatility comes and goes in regimes of some 200 bars: a
/// stationary market all the same. To the regime trigger that market does change; it sees a random walk of constant
/// volatility, with the tails of Student's t with 4 degrees of freedom. Errors: those of the feature set. Cost: some
/// 0.3 s.
Result<QuietHistory> run_quiet_history(const LearningOptions& learning, const QuietHistoryOptions& options,
                                       const RunContext& run);

}  // namespace clm
