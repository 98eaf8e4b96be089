#include <algorithm>
#include <cmath>
#include <limits>

#include "base/contract.hpp"
#include "evaluation/metrics/trading_simulation.hpp"

namespace clm {
namespace {

constexpr double kBps = 1e4;

/// What a long position of gross exposure 1 earns, the hedge included.
struct Outcomes {
  double symbol_share = 1;     ///< of the exposure; the rest is the hedge
  std::vector<double> earned;  ///< per row, a simple return; NaN = not known
};

Outcomes outcomes_of(const JudgedRows& rows) {
  std::vector<float> simple;
  simple.reserve(rows.size());
  for (const float log_return : rows.forward_return) simple.push_back(std::expm1(log_return));
  Outcomes out;
  out.earned.assign(simple.begin(), simple.end());
  if (rows.basis == ReturnBasis::own) return out;
  out.symbol_share = 0.5;
  const std::vector<double> universe = universe_return(rows, simple);
  for (std::size_t i = 0; i < rows.size(); ++i) out.earned[i] = out.symbol_share * (out.earned[i] - universe[i]);
  return out;
}

std::vector<Trade> enter_and_exit(const JudgedRows& rows, std::span<const float> forecast,
                                  const PositionOptions& options) {
  const double round_trip_bps = 2 * options.costs.per_side_bps();
  const Outcomes outcomes = outcomes_of(rows);
  const std::int64_t held_ms = rows.interval.ms() * rows.horizon_bars;
  std::vector<std::int64_t> free_from(rows.symbols.size(), std::numeric_limits<std::int64_t>::min());
  std::vector<Trade> trades;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto symbol = rows.symbol[i];
    if (rows.decided_at_ms[i] < free_from[symbol]) continue;
    const double came = outcomes.earned[i];
    const double risk = outcomes.symbol_share * static_cast<double>(rows.volatility[i]);
    const double promised = static_cast<double>(forecast[i]) * risk;
    if (std::isnan(promised) || std::isnan(came) || !(risk > 0)) continue;
    if (promised == 0 || std::abs(promised) * kBps <= round_trip_bps + options.band_bps) continue;
    Trade trade;
    trade.symbol = symbol;
    trade.side = promised > 0 ? 1 : -1;
    trade.decided_at_ms = rows.decided_at_ms[i];
    trade.exit_ms = rows.decided_at_ms[i] + held_ms;
    trade.gross_bps = trade.side * came * kBps;
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

TimedSeries sign_returns(const JudgedRows& rows, std::span<const float> forecast) {
  expects(forecast.size() == rows.size(), "one forecast per row");
  const Outcomes outcomes = outcomes_of(rows);
  const TimeIndex times = index_times(rows.decided_at_ms);
  TimedSeries out;
  for (std::size_t t = 0; t < times.size(); ++t) {
    double sum = 0, positions = 0;
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) {
      if (std::isnan(forecast[i]) || std::isnan(outcomes.earned[i]) || forecast[i] == 0) continue;
      sum += forecast[i] > 0 ? outcomes.earned[i] : -outcomes.earned[i];
      positions += 1;
    }
    out.time_ms.push_back(times.time_ms[t]);
    out.value.push_back(positions > 0 ? sum / positions : 0.0);
  }
  return out;
}

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
