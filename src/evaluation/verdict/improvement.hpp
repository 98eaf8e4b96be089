#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/metrics/trading_simulation.hpp"

namespace clm {

/// The composite that the ladder climbs by (`policy.ladder`), else only reported: .35 relative gain in win rate + .35
/// in average R + .30 in calibration quality (1 - expected calibration error of P(up)). Denominators are floored
/// (`kImprovementFloors`), so that a near-zero predecessor does not make a giant of nothing.
struct Improvement {
  double win_rate_gain = 0;
  double average_r_gain = 0;
  double calibration_gain = 0;
  double value = 0;
  double lo = 0;  ///< percentile interval
  double hi = 0;
};
struct ImprovementFloors {
  double win_rate = 0.25;
  double average_r = 0.10;
  double calibration_quality = 0.25;
};
inline constexpr ImprovementFloors kImprovementFloors;

/// What one model did on the rows.
struct ModelRecord {
  std::span<const Trade> trades;
  std::span<const double> up_probability;  ///< one per row; NaN = none
};

struct ImprovementOptions {
  double alpha = 0.05;   ///< 1 - coverage of the interval
  double min_block = 1;  ///< expected block length at least this, in decision times
  std::size_t repetitions = 1000;
  std::uint64_t seed = 1;
};

/// The interval redraws blocks of time for both models at once (stationary bootstrap of the composite itself, its
/// parts recomputed from sums per stretch of time). A model without trades has win rate and average R 0.
/// Cost O(rows log rows + repetitions x stretches); at most 1,000 stretches.
Improvement estimate_improvement(const JudgedRows& rows, const ModelRecord& candidate, const ModelRecord& active,
                                 const ImprovementOptions& options);

}  // namespace clm
