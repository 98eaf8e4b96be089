#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "evaluation/trials/bar_score.hpp"

namespace clm {

/// When a forecaster's behaviour by itself, whatever came true, is reason enough to take it out of service.
struct BehaviourLimits {
  std::size_t min_forecasts = 200;    ///< nothing is said before
  std::size_t min_bars = 24;          ///< nor before so many bars: of one bar's forecasts most point one way together
  double max_one_sided_share = 0.70;  ///< of the forecasts that point one way, (.5, 1]
  double min_spread_ratio = 0.20;     ///< forecasts' spread over the symbols against the reference's, [0, 1)
  double max_hit_rate_fall = 0.05;    ///< below the reference's, with a lower 99 % bound; [0, 1]
};

/// Sums over the bars that a forecaster served beside its reference. A value of a few numbers.
struct Behaviour {
  std::size_t bars = 0, rows = 0, calls = 0, hits = 0, up = 0, constant_bars = 0;
  double spread = 0;  ///< summed over the bars

  void add(const BarScore& score);
  double hit_rate() const { return calls == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(calls); }
};

/// Symbols rise and fall together: of one bar's forecasts, this many count as one independent call.
inline constexpr double kSymbolsMoveTogether = 10;

/// What is wrong with it, in sentences with numbers; empty: nothing. `symbols_move_together` is how many forecasts of
/// one bar count as one independent call (a universe's symbols rise and fall together); >= 1.
std::vector<std::string> misbehaviour(const Behaviour& candidate, const Behaviour& reference,
                                      const BehaviourLimits& limits, double symbols_move_together);

}  // namespace clm
