#include <algorithm>
#include <cmath>
#include <limits>

#include "base/contract.hpp"
#include "evaluation/metrics/trading_simulation.hpp"

namespace clm {
namespace {

constexpr double kBps = 1e4;

std::vector<Trade> enter_and_exit(const JudgedRows& rows, std::span<const float> forecast,
                                  const PositionOptions& options) {
  const double round_trip_bps = 2 * options.costs.per_side_bps();
  std::vector<std::int64_t> free_from(rows.symbols.size(), std::numeric_limits<std::int64_t>::min());
  std::vector<Trade> trades;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto symbol = rows.symbol[i];
    if (rows.decided_at_ms[i] < free_from[symbol]) continue;
    const double came = static_cast<double>(rows.forward_return[i]);
    const double risk = static_cast<double>(rows.volatility[i]);
    const double promised = static_cast<double>(forecast[i]) * risk;
    if (std::isnan(promised) || std::isnan(came) || !(risk > 0)) continue;
    if (promised == 0 || std::abs(promised) * kBps <= round_trip_bps + options.band_bps) continue;
    Trade trade;
    trade.symbol = symbol;
    trade.side = promised > 0 ? 1 : -1;
    trade.decided_at_ms = rows.decided_at_ms[i];
    trade.exit_ms = rows.known_at_ms[i];
    trade.gross_bps = trade.side * std::expm1(came) * kBps;
    trade.net_bps = trade.gross_bps - round_trip_bps;
    trade.r_multiple = trade.net_bps / (risk * kBps);
    free_from[symbol] = trade.exit_ms;
    trades.push_back(trade);
  }
  std::sort(trades.begin(), trades.end(), [](const Trade& a, const Trade& b) {
    return a.exit_ms != b.exit_ms ? a.exit_ms < b.exit_ms : a.symbol < b.symbol;
  });
  return trades;
}

/// One entry per decision time, and one more for what closes after the last of them.
TimedSeries book_by_time(const JudgedRows& rows, std::span<const Trade> trades) {
  TimedSeries book;
  book.time_ms = index_times(rows.decided_at_ms).time_ms;
  if (book.time_ms.empty()) return book;
  const std::int64_t last_exit = trades.empty() ? 0 : trades.back().exit_ms;
  if (last_exit > book.time_ms.back()) book.time_ms.push_back(last_exit);
  book.value.assign(book.time_ms.size(), 0.0);
  const auto capital_shares = static_cast<double>(rows.symbols.size());
  for (const auto& trade : trades) {
    const auto slot = std::lower_bound(book.time_ms.begin(), book.time_ms.end(), trade.exit_ms) - book.time_ms.begin();
    book.value[static_cast<std::size_t>(slot)] += trade.net_bps / kBps / capital_shares;
  }
  return book;
}

}  // namespace

PositionResult simulate_positions(const JudgedRows& rows, std::span<const float> forecast,
                                  const PositionOptions& options) {
  expects(forecast.size() == rows.size(), "one forecast per row");
  PositionResult out;
  out.trades = enter_and_exit(rows, forecast, options);
  out.net_return = book_by_time(rows, out.trades);
  out.returns = return_statistics(out.net_return.value, bars_per_year(rows.interval));
  if (out.trades.empty()) return out;

  double won = 0, lost = 0, held_ms = 0;
  std::size_t wins = 0;
  for (const auto& trade : out.trades) {
    out.net_bps_per_trade += trade.net_bps;
    out.gross_bps_per_trade += trade.gross_bps;
    out.average_r += trade.r_multiple;
    wins += trade.net_bps > 0 ? 1 : 0;
    (trade.net_bps > 0 ? won : lost) += std::abs(trade.net_bps);
    held_ms += static_cast<double>(trade.exit_ms - trade.decided_at_ms);
  }
  const auto count = static_cast<double>(out.trades.size());
  out.net_bps_per_trade /= count;
  out.gross_bps_per_trade /= count;
  out.average_r /= count;
  out.win_rate = static_cast<double>(wins) / count;
  out.profit_factor = lost > 0 ? won / lost : std::numeric_limits<double>::infinity();
  const auto symbol_bars = static_cast<double>(rows.symbols.size() * out.net_return.size());
  out.turnover = 2 * count / symbol_bars;
  out.exposure = held_ms / static_cast<double>(rows.interval.ms()) / symbol_bars;
  return out;
}

}  // namespace clm
