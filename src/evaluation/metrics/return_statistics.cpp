#include <algorithm>
#include <cmath>

#include "evaluation/metrics/trading_simulation.hpp"

namespace clm {

double bars_per_year(Interval interval) { return 365.25 * 86'400'000.0 / static_cast<double>(interval.ms()); }

ReturnStatistics return_statistics(std::span<const double> net_return, double bars_per_year) {
  ReturnStatistics out;
  if (net_return.empty()) return out;
  const auto count = static_cast<double>(net_return.size());
  double sum = 0, losses = 0;
  double equity = 1, peak = 1;
  for (const double r : net_return) {
    sum += r;
    losses += std::min(r, 0.0) * std::min(r, 0.0);
    equity = std::max(0.0, equity * (1 + r));
    peak = std::max(peak, equity);
    out.max_drawdown = std::max(out.max_drawdown, 1 - equity / peak);
  }
  const double mean = sum / count;
  double squares = 0;
  for (const double r : net_return) squares += (r - mean) * (r - mean);
  const double deviation = std::sqrt(squares / count);
  const double downside = std::sqrt(losses / count);
  out.mean_bps = mean * 1e4;
  out.total_return = equity - 1;
  if (deviation > 0) out.sharpe = mean / deviation * std::sqrt(bars_per_year);
  if (downside > 0) out.sortino = mean / downside * std::sqrt(bars_per_year);
  return out;
}

}  // namespace clm
