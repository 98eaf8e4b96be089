#include "evaluation/verdict/daily_results.hpp"

#include <algorithm>
#include <map>

namespace clm {
namespace {

struct Sum {
  double value = 0;
  double count = 0;
  double mean() const { return value / count; }
};
using SumsByDay = std::map<std::int64_t, Sum>;

SumsByDay by_day(const TimedSeries& series, std::int64_t period_ms) {
  SumsByDay sums;
  for (std::size_t t = 0; t < series.size(); ++t) {
    Sum& day = sums[series.time_ms[t] / period_ms * period_ms];
    day.value += series.value[t];
    day.count += 1;
  }
  return sums;
}

struct Days {
  SumsByDay net_return, rank_ic;
};

Days days_of(const ForecastTable& table, bool long_short, const JudgeOptions& options) {
  const JudgedRows& rows = *table.rows;
  const std::int64_t period_ms = std::max(kDayMs, rows.interval.ms());
  Days out;
  const std::vector<float> came = judged_return(rows, rows.forward_return);
  out.rank_ic = by_day(rank_ic_series(rows, table.forecast, came, {options.min_symbols}).ic, period_ms);
  if (!long_short) {
    out.net_return = by_day(simulate_positions(rows, table.forecast, options.positions).net_return, period_ms);
    return out;
  }
  const auto book = simulate_long_short(rows, table.forecast, rows.forward_return, options.long_short);
  out.net_return = by_day(net_returns(book, options.positions.costs.per_side_bps()), period_ms);
  for (auto& [day, sum] : out.net_return) sum.value /= std::max(rows.horizon_bars, 1);
  return out;
}

}  // namespace

DailyResults daily_results(std::span<const ForecastTable> tables, const JudgeOptions& options) {
  std::vector<const ForecastTable*> all;
  for (const auto& table : tables) all.push_back(&table);
  DailyResults out;
  if (all.empty()) return out;
  const auto common = common_rows(all);
  const JudgedRows& rows = *common.front().rows;
  if (rows.size() == 0) return out;
  const std::int64_t period_ms = std::max(kDayMs, rows.interval.ms());
  out.overlap_days = static_cast<std::size_t>(
      std::max<std::int64_t>(1, (rows.interval.ms() * rows.horizon_bars + period_ms - 1) / period_ms));
  out.periods_per_year = 365.25 * static_cast<double>(kDayMs) / static_cast<double>(period_ms);
  out.long_short =
      simulate_long_short(rows, common.front().forecast, rows.forward_return, options.long_short).rebalances > 0;

  std::vector<Days> days;
  for (const auto& table : common) {
    days.push_back(days_of(table, out.long_short, options));
    out.forecasters.push_back({table.name, {}, {}});
  }
  for (const auto& [day, unused] : days.front().rank_ic) {
    if (!std::all_of(days.begin(), days.end(),
                     [at = day](const Days& of) { return of.rank_ic.count(at) > 0 && of.net_return.count(at) > 0; }))
      continue;
    out.day_ms.push_back(day);
    for (std::size_t k = 0; k < days.size(); ++k) {
      out.forecasters[k].net_return.push_back(days[k].net_return.at(day).value);
      out.forecasters[k].rank_ic.push_back(days[k].rank_ic.at(day).mean());
    }
  }
  return out;
}

}  // namespace clm
