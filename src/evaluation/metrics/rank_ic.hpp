#pragma once
#include <cstddef>
#include <span>

#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/statistics/bootstrap.hpp"

namespace clm {

/// How rank skill was measured.
enum class RankSkill {
  cross_section,  ///< per time, Spearman over the symbols
  time_series     ///< too few symbols: per symbol over time; a value is the time's share of the correlation
};

struct RankIcOptions {
  std::size_t min_symbols = 8;  ///< fewer at a time: that time has no cross-section
};

/// One value per time; their mean is the rank IC. Where fewer than half of the times have a cross-section, ranks are
/// taken within each symbol over all times, and a time's value is the mean over its symbols of the product of
/// standardised ranks, so that the mean over times of a single symbol is its Spearman correlation exactly.
struct RankIcSeries {
  RankSkill kind = RankSkill::cross_section;
  TimedSeries ic;
};

/// `forecast` and `target` have one entry per row; rows where either is NaN are left out. Cost O(rows log symbols).
RankIcSeries rank_ic_series(const JudgedRows& rows, std::span<const float> forecast, std::span<const float> target,
                            const RankIcOptions& options);

/// The mean of the series with its interval; `min_block` is the horizon's overlap in times.
struct RankIc {
  RankSkill kind = RankSkill::cross_section;
  MeanEstimate mean;
  double standard_deviation = 0;  ///< of the values over time
  double information_ratio = 0;   ///< mean / standard deviation, per time, not annualised
  double positive_share = 0;      ///< share of times with a positive value
};
RankIc summarize(const RankIcSeries& series, const MeanOptions& options);

}  // namespace clm
