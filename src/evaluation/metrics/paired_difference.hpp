#pragma once
#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/statistics/bootstrap.hpp"

namespace clm {

/// A block of an interval spans at least this many times the time that a label takes to become known.
inline constexpr double kOverlapsPerBlock = 2;

/// Mean of a - b over the times that both have, with interval and p-values under dependence over time
/// (`estimate_mean`). Deterministic; no simulation. Cost O(n L).
struct PairedDifference {
  double mean_a = 0;
  double mean_b = 0;
  MeanEstimate difference;
};
PairedDifference paired_difference(const TimedSeries& a, const TimedSeries& b, const MeanOptions& options);

}  // namespace clm
