#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/metrics/rank_ic.hpp"

namespace clm {

/// How far forecasts are from labels, in label units. NaN forecasts or labels are left out.
struct PointErrors {
  std::size_t count = 0;
  double rmse = 0;
  double mae = 0;
  double bias = 0;       ///< mean of forecast - label
  double rmse_zero = 0;  ///< of the forecast 0 on the same rows: what there is to beat
};
PointErrors point_errors(std::span<const float> forecast, std::span<const float> label);

/// A share with Wilson's interval (1927), computed with as many independent observations as the rows are worth.
struct ShareEstimate {
  double share = 0;
  double lo = 0;
  double hi = 1;
  std::size_t count = 0;
  double effective_count = 0;
};
/// Wilson's score interval for a share seen in `effective_count` independent observations.
ShareEstimate wilson(double share, std::size_t count, double effective_count, double alpha);

/// Share of hits among trials that come in groups over time. Effective count: the one whose binomial variance equals
/// the variance of the share when whole times are drawn in blocks (`estimate_mean`), so that what moves together or
/// overlaps counts once; never more than the trials. Times without trials count as gaps.
ShareEstimate share_over_time(std::span<const double> hits, std::span<const double> trials, const MeanOptions& options);

/// Share of rows where forecast and `judged_return` have the same sign; rows with a zero on either side are left out.
/// Intervals by `share_over_time`.
ShareEstimate directional_accuracy(const JudgedRows& rows, std::span<const float> forecast, const MeanOptions& options);

/// State of the market as its volatility at decision time tells.
enum class VolatilityRegime { calm, normal, turbulent, unknown };
std::string_view to_string(VolatilityRegime regime);

/// The regime of every time: the median of the symbols' recent volatility at that time against the terciles of that
/// median over all *earlier* times. The first `warm_up` times are unknown. Uses nothing later than each time.
/// Cost O(rows + times log times).
std::vector<VolatilityRegime> volatility_regimes(const JudgedRows& rows, std::size_t warm_up = 48);

/// Skill in a part of the rows: a calendar month, a period of one's own or a regime.
struct SliceMetrics {
  std::string name;  ///< "2023-04", "2023-04-15", "calm"
  std::size_t times = 0;
  std::size_t rows = 0;
  double rank_ic = 0;
  double rank_ic_lo = 0;
  double rank_ic_hi = 0;
  double hit_rate = 0;
  double bias = 0;
};
std::vector<SliceMetrics> metrics_by_month(const JudgedRows& rows, std::span<const float> forecast,
                                           const RankIcSeries& ic, const MeanOptions& options);
/// Each named by its first day; times in none of them are left out, and so are periods without a time. `periods` are
/// ascending and disjoint.
std::vector<SliceMetrics> metrics_by_period(const JudgedRows& rows, std::span<const float> forecast,
                                            const RankIcSeries& ic, const MeanOptions& options,
                                            std::span<const TimeRange> periods);
/// Only regimes that occur.
std::vector<SliceMetrics> metrics_by_regime(const JudgedRows& rows, std::span<const float> forecast,
                                            const RankIcSeries& ic, const MeanOptions& options);

}  // namespace clm
