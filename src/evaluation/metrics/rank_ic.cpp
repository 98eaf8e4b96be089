#include "evaluation/metrics/rank_ic.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/contract.hpp"
#include "evaluation/statistics/ranks.hpp"

namespace clm {
namespace {

RankIcSeries over_time(const JudgedRows& rows, std::span<const float> forecast, std::span<const float> target) {
  std::vector<std::vector<std::uint32_t>> rows_of_symbol(rows.symbols.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!std::isnan(forecast[i]) && !std::isnan(target[i]))
      rows_of_symbol[rows.symbol[i]].push_back(static_cast<std::uint32_t>(i));

  std::vector<double> product(rows.size(), std::nan(""));
  RankSpace space;
  std::vector<float> x, y;
  for (const auto& own : rows_of_symbol) {
    x.clear();
    y.clear();
    for (const auto row : own) {
      x.push_back(forecast[row]);
      y.push_back(target[row]);
    }
    rank_pairs(x, y, space);
    const auto middle = 0.5 * static_cast<double>(own.size() + 1);
    double xx = 0, yy = 0;
    for (std::size_t i = 0; i < own.size(); ++i) {
      xx += (space.x[i] - middle) * (space.x[i] - middle);
      yy += (space.y[i] - middle) * (space.y[i] - middle);
    }
    const double scale = std::sqrt(xx * yy) / static_cast<double>(own.size());
    for (std::size_t i = 0; i < own.size(); ++i)
      product[own[i]] = scale > 0 ? (space.x[i] - middle) * (space.y[i] - middle) / scale : 0;
  }

  RankIcSeries out;
  out.kind = RankSkill::time_series;
  const auto times = index_times(rows.decided_at_ms);
  for (std::size_t t = 0; t < times.size(); ++t) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i)
      if (!std::isnan(product[i])) {
        sum += product[i];
        ++count;
      }
    if (count == 0) continue;
    out.ic.time_ms.push_back(times.time_ms[t]);
    out.ic.value.push_back(sum / static_cast<double>(count));
  }
  return out;
}

}  // namespace

RankIcSeries rank_ic_series(const JudgedRows& rows, std::span<const float> forecast, std::span<const float> target,
                            const RankIcOptions& options) {
  expects(forecast.size() == rows.size() && target.size() == rows.size(), "one forecast and one target per row");
  const auto times = index_times(rows.decided_at_ms);
  RankIcSeries out;
  RankSpace space;
  std::vector<float> x, y;
  const std::size_t fewest = std::max<std::size_t>(options.min_symbols, 2);
  for (std::size_t t = 0; t < times.size(); ++t) {
    x.clear();
    y.clear();
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) {
      if (std::isnan(forecast[i]) || std::isnan(target[i])) continue;
      x.push_back(forecast[i]);
      y.push_back(target[i]);
    }
    if (x.size() < fewest) continue;
    out.ic.time_ms.push_back(times.time_ms[t]);
    out.ic.value.push_back(spearman(x, y, space));
  }
  if (2 * out.ic.size() < times.size()) return over_time(rows, forecast, target);
  return out;
}

RankIc summarize(const RankIcSeries& series, const MeanOptions& options) {
  RankIc out;
  out.kind = series.kind;
  out.mean = estimate_mean(series.ic.value, options);
  const auto count = static_cast<double>(series.ic.size());
  if (series.ic.size() < 2) return out;
  double squares = 0;
  std::size_t positive = 0;
  for (const double value : series.ic.value) {
    squares += (value - out.mean.mean) * (value - out.mean.mean);
    positive += value > 0 ? 1 : 0;
  }
  out.standard_deviation = std::sqrt(squares / (count - 1));
  out.information_ratio = out.standard_deviation > 0 ? out.mean.mean / out.standard_deviation : 0;
  out.positive_share = static_cast<double>(positive) / count;
  return out;
}

}  // namespace clm
