#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/metrics/forecast_table.hpp"

namespace clm {

/// What a trade costs on each side (in, out), in basis points of its size.
struct TradingCosts {
  double fee_bps = 5;                  ///< taker fee
  double spread_and_slippage_bps = 2;  ///< half the spread plus slippage

  double per_side_bps() const { return fee_bps + spread_and_slippage_bps; }
};

/// Return over a year of bars over its deviation, and what goes with it. All of per-bar net returns.
struct ReturnStatistics {
  double mean_bps = 0;      ///< per bar
  double sharpe = 0;        ///< annualised by the bars of a year; 0 without variation
  double sortino = 0;       ///< the same over the deviation of losses
  double max_drawdown = 0;  ///< largest fall from a peak of the compounded curve, as a share of the peak
  double total_return = 0;  ///< compounded
};
/// `net_return` per bar as fractions.
ReturnStatistics return_statistics(std::span<const double> net_return, double bars_per_year);
/// Markets here never close: 365.25 days over the bar's length.
double bars_per_year(Interval interval);

struct PositionOptions {
  TradingCosts costs;
  double band_bps = 0;  ///< what the forecast must promise beyond the cost of both sides; more: fewer, better trades
};

struct Trade {
  std::uint16_t symbol = 0;
  int side = 0;  ///< +1 long, -1 short
  std::int64_t decided_at_ms = 0;
  std::int64_t exit_ms = 0;  ///< when the exit has filled: the horizon after the entry, both at a bar's open
  double gross_bps = 0;      ///< of the position's gross exposure, the hedge included
  double net_bps = 0;        ///< likewise
  double r_multiple = 0;     ///< net return over the volatility of what is held of the symbol, for the horizon
};

/// One position per symbol at a time: entered at the next bar's open where what the forecast promises of the position
/// exceeds costs plus band, held for the horizon; the next one may be entered at the very open that the exit fills at.
/// Capital is split equally over the symbols, and every position has the same gross exposure, one share of it. Where
/// forecasts are relative (`JudgedRows::basis`) the position is hedged: half of the exposure in the symbol, half the
/// other way in the mean of the universe, that is of all rows of that bar; it promises half of what the forecast does,
/// earns half the difference, and pays the costs of both halves. Which forecasts are traded depends on their size: this
/// is for the report, and no decision rests on it.
struct PositionResult {
  std::vector<Trade> trades;  ///< in order of exit, then symbol
  double net_bps_per_trade = 0;
  double gross_bps_per_trade = 0;
  double win_rate = 0;  ///< share of trades with a positive net return; 0 without trades
  double average_r = 0;
  double profit_factor = 0;  ///< won over lost; 0 without trades, infinite without losses
  double turnover = 0;       ///< sides traded per symbol and bar
  double exposure = 0;       ///< share of symbol-bars in a position
  ReturnStatistics returns;  ///< of the whole book per bar, booked at the exits
  TimedSeries net_return;    ///< per bar, as a fraction of the capital; entry i is what closed by time i
};
/// Cost O(rows + trades log trades).
PositionResult simulate_positions(const JudgedRows& rows, std::span<const float> forecast,
                                  const PositionOptions& options);

/// Gross return per decision time of a position in every symbol by the sign of its forecast, all of one size, their
/// gross exposure together 1; hedged as in `simulate_positions`. One that starts at every bar, so that they overlap as
/// labels do. It does not depend on the size of the forecasts, and needs no cross-section; 0 where nothing is forecast
/// to move. Cost O(rows).
TimedSeries sign_returns(const JudgedRows& rows, std::span<const float> forecast);

struct LongShortOptions {
  double fraction = 0.2;  ///< of the symbols held long, and as many short
  double hold_fraction =
      0.2;  ///< a position is kept while its rank stays within this share; above `fraction` it cuts turnover
  std::size_t min_symbols = 5;                          ///< fewer forecasts at a time: the book is closed
  std::vector<double> cost_levels_bps = {0, 2, 5, 10};  ///< a side
  bool keep_weights = false;                            ///< fill `LongShortResult::weight`
};

struct CostLevel {
  double cost_bps = 0;  ///< a side
  double net_bps = 0;   ///< per rebalance
  double sharpe = 0;    ///< annualised, mean over the offsets
};

/// Long the highest forecasts, short the lowest, equal weights, rebalanced every `horizon_bars`; the mean over all
/// horizon_bars possible starts. A rebalance earns the mean return of the longs less that of the shorts (each leg
/// with the whole capital); it pays `cost x sum |weight change|`, so a full change of both legs costs four sides.
/// Wants every bar of a symbol in the rows: thinned rows give no cross-section.
struct LongShortResult {
  std::size_t rebalances = 0;  ///< over all starts
  double gross_bps = 0;        ///< per rebalance
  double sharpe_gross = 0;
  double turnover = 0;             ///< share of the book changed per rebalance: sum |weight change| / 4
  double break_even_cost_bps = 0;  ///< cost a side at which nothing is left; 0 if there is no gross gain
  std::vector<CostLevel> by_cost;
  TimedSeries gross_return;   ///< per rebalance, by decision time, all starts interleaved, as a fraction
  TimedSeries weight_change;  ///< sum |weight change| at the same times: net = gross - cost x this
  /// Per row, what the book that is formed at its time holds of its symbol; NaN where there is no book. Only if asked
  /// for.
  std::vector<float> weight;
};
/// `forward_return` has one entry per row (delay 0 or a later entry). Cost O(rows log symbols).
LongShortResult simulate_long_short(const JudgedRows& rows, std::span<const float> forecast,
                                    std::span<const float> forward_return, const LongShortOptions& options);
/// Net returns of the rebalances at a cost a side.
TimedSeries net_returns(const LongShortResult& result, double cost_bps);

}  // namespace clm
