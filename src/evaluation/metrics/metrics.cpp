#include "evaluation/metrics/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/probability_distribution.hpp"

namespace clm {
namespace {

struct TimeHits {
  double hits = 0;
  double rows = 0;
};

/// Right directions per time; the share's error comes from how these vary together over time.
std::vector<TimeHits> hits_by_time(const JudgedRows& rows, std::span<const float> forecast, const TimeIndex& times) {
  std::vector<TimeHits> out(times.size());
  const std::vector<float> returns = judged_return(rows, rows.forward_return);
  for (std::size_t t = 0; t < times.size(); ++t)
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) {
      const float promised = forecast[i];
      const float came = returns[i];
      if (std::isnan(promised) || std::isnan(came) || promised == 0 || came == 0) continue;
      out[t].rows += 1;
      out[t].hits += (promised > 0) == (came > 0) ? 1 : 0;
    }
  return out;
}

/// Slices of the times, each with its name; `slice_of_time[t]` indexes `names`, or is beyond them: in no slice.
std::vector<SliceMetrics> metrics_by_slice(const JudgedRows& rows, std::span<const float> forecast,
                                           const RankIcSeries& ic, const MeanOptions& options, const TimeIndex& times,
                                           std::span<const std::string> names,
                                           std::span<const std::size_t> slice_of_time) {
  std::vector<SliceMetrics> out;
  const std::vector<float> returns = judged_return(rows, rows.forward_return);
  for (std::size_t s = 0; s < names.size(); ++s) {
    SliceMetrics slice;
    slice.name = names[s];
    std::vector<double> values;
    double hits = 0, signs = 0, bias = 0;
    std::size_t judged = 0;
    for (std::size_t t = 0, k = 0; t < times.size(); ++t) {
      while (k < ic.ic.size() && ic.ic.time_ms[k] < times.time_ms[t]) ++k;
      if (slice_of_time[t] != s) continue;
      ++slice.times;
      if (k < ic.ic.size() && ic.ic.time_ms[k] == times.time_ms[t]) values.push_back(ic.ic.value[k]);
      for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) {
        if (std::isnan(forecast[i]) || std::isnan(rows.label[i])) continue;
        ++judged;
        bias += static_cast<double>(forecast[i]) - static_cast<double>(rows.label[i]);
        const float came = returns[i];
        if (std::isnan(came) || came == 0 || forecast[i] == 0) continue;
        signs += 1;
        hits += (forecast[i] > 0) == (came > 0) ? 1 : 0;
      }
    }
    if (slice.times == 0) continue;
    const auto mean = estimate_mean(values, options);
    slice.rows = judged;
    slice.rank_ic = mean.mean;
    slice.rank_ic_lo = mean.lo;
    slice.rank_ic_hi = mean.hi;
    slice.hit_rate = signs > 0 ? hits / signs : 0;
    slice.bias = judged > 0 ? bias / static_cast<double>(judged) : 0;
    out.push_back(std::move(slice));
  }
  return out;
}

}  // namespace

PointErrors point_errors(std::span<const float> forecast, std::span<const float> label) {
  PointErrors out;
  double squares = 0, zero_squares = 0;
  for (std::size_t i = 0; i < forecast.size(); ++i) {
    if (std::isnan(forecast[i]) || std::isnan(label[i])) continue;
    const auto truth = static_cast<double>(label[i]);
    const double error = static_cast<double>(forecast[i]) - truth;
    ++out.count;
    squares += error * error;
    zero_squares += truth * truth;
    out.mae += std::abs(error);
    out.bias += error;
  }
  if (out.count == 0) return out;
  const auto count = static_cast<double>(out.count);
  out.rmse = std::sqrt(squares / count);
  out.rmse_zero = std::sqrt(zero_squares / count);
  out.mae /= count;
  out.bias /= count;
  return out;
}

ShareEstimate wilson(double share, std::size_t count, double effective_count, double alpha) {
  ShareEstimate out;
  out.share = share;
  out.count = count;
  out.effective_count = effective_count;
  if (effective_count <= 0) return out;
  const double z = normal_quantile(1 - alpha / 2);
  const double shrink = 1 + z * z / effective_count;
  const double centre = (share + z * z / (2 * effective_count)) / shrink;
  const double reach =
      z / shrink * std::sqrt(share * (1 - share) / effective_count + z * z / (4 * effective_count * effective_count));
  out.lo = std::max(0.0, centre - reach);
  out.hi = std::min(1.0, centre + reach);
  return out;
}

ShareEstimate share_over_time(std::span<const double> hits, std::span<const double> trials,
                              const MeanOptions& options) {
  const double all = std::accumulate(trials.begin(), trials.end(), 0.0);
  if (all <= 0) return {};
  const auto ratio = estimate_ratio(hits, trials, options);
  const double share = ratio.mean;
  const double error = ratio.standard_error;
  const double binomial = share * (1 - share);
  double effective = all;
  if (std::isinf(error)) {
    effective = std::min(all, 1.0);  // too short to know: as good as a single observation
  } else if (binomial > 0 && error > 0) {
    effective = std::clamp(binomial / (error * error), 1.0, all);
  }
  return wilson(share, static_cast<std::size_t>(all), effective, options.alpha);
}

ShareEstimate directional_accuracy(const JudgedRows& rows, std::span<const float> forecast,
                                   const MeanOptions& options) {
  const auto times = index_times(rows.decided_at_ms);
  std::vector<double> hits, trials;
  for (const auto& at : hits_by_time(rows, forecast, times)) {
    hits.push_back(at.hits);
    trials.push_back(at.rows);
  }
  return share_over_time(hits, trials, options);
}

std::string_view to_string(VolatilityRegime regime) {
  switch (regime) {
    case VolatilityRegime::calm: return "calm";
    case VolatilityRegime::normal: return "normal";
    case VolatilityRegime::turbulent: return "turbulent";
    case VolatilityRegime::unknown: break;
  }
  return "unknown";
}

std::vector<VolatilityRegime> volatility_regimes(const JudgedRows& rows, std::size_t warm_up) {
  const auto times = index_times(rows.decided_at_ms);
  std::vector<VolatilityRegime> out(times.size(), VolatilityRegime::unknown);
  std::vector<double> earlier;  // sorted
  std::vector<double> now;
  for (std::size_t t = 0; t < times.size(); ++t) {
    now.clear();
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i)
      if (!std::isnan(rows.volatility[i])) now.push_back(static_cast<double>(rows.volatility[i]));
    if (now.empty()) continue;
    const auto middle = now.begin() + static_cast<std::ptrdiff_t>(now.size() / 2);
    std::nth_element(now.begin(), middle, now.end());
    const double median = *middle;
    if (earlier.size() >= std::max<std::size_t>(warm_up, 3)) {
      out[t] = median <= earlier[earlier.size() / 3]       ? VolatilityRegime::calm
               : median <= earlier[2 * earlier.size() / 3] ? VolatilityRegime::normal
                                                           : VolatilityRegime::turbulent;
    }
    earlier.insert(std::upper_bound(earlier.begin(), earlier.end(), median), median);
  }
  return out;
}

std::vector<SliceMetrics> metrics_by_month(const JudgedRows& rows, std::span<const float> forecast,
                                           const RankIcSeries& ic, const MeanOptions& options) {
  const auto times = index_times(rows.decided_at_ms);
  std::vector<std::string> names;
  std::vector<std::size_t> slice_of_time;
  for (const auto time : times.time_ms) {
    const auto month = to_date_string(Timestamp(time)).substr(0, 7);
    if (names.empty() || names.back() != month) names.push_back(month);
    slice_of_time.push_back(names.size() - 1);
  }
  return metrics_by_slice(rows, forecast, ic, options, times, names, slice_of_time);
}

std::vector<SliceMetrics> metrics_by_period(const JudgedRows& rows, std::span<const float> forecast,
                                            const RankIcSeries& ic, const MeanOptions& options,
                                            std::span<const TimeRange> periods) {
  const auto times = index_times(rows.decided_at_ms);
  std::vector<std::string> names;
  for (const auto& period : periods) names.push_back(to_date_string(period.from));
  std::vector<std::size_t> slice_of_time;
  for (const auto time : times.time_ms) {
    const auto found = std::find_if(periods.begin(), periods.end(),
                                    [&](const TimeRange& period) { return period.contains(Timestamp(time)); });
    slice_of_time.push_back(static_cast<std::size_t>(found - periods.begin()));
  }
  return metrics_by_slice(rows, forecast, ic, options, times, names, slice_of_time);
}

std::vector<SliceMetrics> metrics_by_regime(const JudgedRows& rows, std::span<const float> forecast,
                                            const RankIcSeries& ic, const MeanOptions& options) {
  std::vector<std::string> names;
  for (const auto regime :
       {VolatilityRegime::calm, VolatilityRegime::normal, VolatilityRegime::turbulent, VolatilityRegime::unknown})
    names.emplace_back(to_string(regime));
  std::vector<std::size_t> slice_of_time;
  for (const auto regime : volatility_regimes(rows)) slice_of_time.push_back(static_cast<std::size_t>(regime));
  return metrics_by_slice(rows, forecast, ic, options, index_times(rows.decided_at_ms), names, slice_of_time);
}

}  // namespace clm
