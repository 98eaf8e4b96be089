#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evaluation/verdict/judgement.hpp"

namespace clm {

/// One forecaster, day by day.
struct DailyResult {
  std::string name;
  std::vector<double> net_return;  ///< fraction of the capital, after costs
  std::vector<double> rank_ic;     ///< mean over the decision times of the day, of the return from the next open
};

/// Forecasters side by side over the same days (UTC; by bar where bars are longer than a day). What is compared over
/// days depends on its neighbours far less than what is compared over overlapping labels.
struct DailyResults {
  std::vector<std::int64_t> day_ms;  ///< its beginning, ascending
  bool long_short = true;            ///< net returns are of the long-short book; false: of single positions
  std::vector<DailyResult> forecasters;
  std::size_t overlap_days = 1;  ///< days that the label of one decision reaches over, >= 1
  double periods_per_year = 365.25;

  std::size_t days() const { return day_ms.size(); }
};

/// Of the rows where each of `tables`, which share their rows, has a forecast; days on which any of them has no value
/// are left out. A rebalance is booked on the day of its decision with 1 / horizon_bars of the capital (as many books
/// are held side by side); a single position at its exit. Where there is no cross-section for a book, all are held to
/// single positions. Empty where they never all have a forecast. Cost: a sort of the rows per table.
DailyResults daily_results(std::span<const ForecastTable> tables, const JudgeOptions& options);

}  // namespace clm
