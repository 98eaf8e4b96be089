#include <algorithm>
#include <cmath>
#include <limits>

#include "base/contract.hpp"
#include "evaluation/metrics/trading_simulation.hpp"
#include "evaluation/statistics/bootstrap.hpp"

namespace clm {
namespace {

/// Weights by symbol: the longs sum to 1, the shorts to -1; an empty book has none.
using Book = std::vector<double>;

struct Ranked {
  float forecast;
  std::uint16_t symbol;
  float came;
};

/// Takes `count` symbols from the front of `ranked`, those held before first while they stand within `hold` of the
/// front, and gives each the weight `each`.
void take(std::span<const Ranked> ranked, std::size_t count, std::size_t hold, const Book& before, double each,
          Book& book) {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < hold && taken < count; ++i) {
    const auto symbol = ranked[i].symbol;
    if (before[symbol] * each > 0) {
      book[symbol] = each;
      ++taken;
    }
  }
  for (std::size_t i = 0; i < ranked.size() && taken < count; ++i) {
    const auto symbol = ranked[i].symbol;
    if (book[symbol] != 0) continue;
    book[symbol] = each;
    ++taken;
  }
}

double change(const Book& a, const Book& b) {
  double sum = 0;
  for (std::size_t s = 0; s < a.size(); ++s) sum += std::abs(a[s] - b[s]);
  return sum;
}

/// Rows [begin, end) that have a forecast and a return, the greatest forecast first.
void rank(const JudgedRows& rows, std::span<const float> forecast, std::span<const float> forward_return,
          std::size_t begin, std::size_t end, std::vector<Ranked>& ranked) {
  ranked.clear();
  for (std::size_t i = begin; i < end; ++i)
    if (!std::isnan(forecast[i]) && !std::isnan(forward_return[i]))
      ranked.push_back({forecast[i], rows.symbol[i], forward_return[i]});
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return a.forecast != b.forecast ? a.forecast > b.forecast : a.symbol < b.symbol;
  });
}

/// The book after `before`; empty where all forecasts are equal. Leaves `ranked` in the other order if there is one.
Book rebalanced(std::vector<Ranked>& ranked, const Book& before, const LongShortOptions& options) {
  Book book(before.size(), 0.0);
  if (ranked.front().forecast == ranked.back().forecast) return book;
  const auto count_of = [&](double share) {
    const auto count = static_cast<std::size_t>(std::floor(share * static_cast<double>(ranked.size()) + 1e-9));
    return std::clamp<std::size_t>(count, 1, ranked.size() / 2);
  };
  const std::size_t count = count_of(options.fraction);
  const std::size_t hold = count_of(options.hold_fraction);
  const double each = 1 / static_cast<double>(count);
  take(ranked, count, hold, before, each, book);
  std::reverse(ranked.begin(), ranked.end());
  take(ranked, count, hold, before, -each, book);
  return book;
}

/// Adds up what one start of the schedule earned, for its own Sharpe ratio.
struct Start {
  double sum = 0;
  double squares = 0;
  double count = 0;
  void add(double r) {
    sum += r;
    squares += r * r;
    count += 1;
  }
  double sharpe(double periods_per_year) const {
    if (count < 2) return 0;
    const double mean = sum / count;
    const double variance = squares / count - mean * mean;
    return variance > 1e-30 ? mean / std::sqrt(variance) * std::sqrt(periods_per_year) : 0;
  }
};

/// Mean over the starts of the schedule; `start_of_entry` says to which one each return belongs.
double mean_sharpe(std::span<const double> returns, std::span<const std::size_t> start_of_entry, std::size_t starts,
                   double periods_per_year) {
  std::vector<Start> by_start(starts);
  for (std::size_t k = 0; k < returns.size(); ++k) by_start[start_of_entry[k]].add(returns[k]);
  double sum = 0, used = 0;
  for (const auto& start : by_start) {
    if (start.count < 2) continue;
    sum += start.sharpe(periods_per_year);
    used += 1;
  }
  return used > 0 ? sum / used : 0.0;
}

}  // namespace

LongShortResult simulate_long_short(const JudgedRows& rows, std::span<const float> forecast,
                                    std::span<const float> forward_return, const LongShortOptions& options) {
  expects(forecast.size() == rows.size() && forward_return.size() == rows.size(), "one forecast and return per row");
  expects(options.fraction > 0 && options.fraction <= 0.5 && options.hold_fraction >= options.fraction &&
              options.hold_fraction <= 0.5,
          "0 < fraction <= hold_fraction <= 1/2");
  const auto starts = static_cast<std::size_t>(std::max(rows.horizon_bars, 1));
  const std::int64_t period_ms = rows.interval.ms() * static_cast<std::int64_t>(starts);
  const auto times = index_times(rows.decided_at_ms);

  LongShortResult out;
  const Book nothing(rows.symbols.size(), 0.0);
  std::vector<Book> books(starts, nothing);
  std::vector<std::int64_t> last_time(starts, 0);
  std::vector<std::size_t> last_entry(starts);
  std::vector<bool> open(starts, false);
  std::vector<std::size_t> start_of_entry;
  std::vector<Ranked> ranked;
  if (options.keep_weights) out.weight.assign(rows.size(), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t t = 0; t < times.size(); ++t) {
    rank(rows, forecast, forward_return, times.begin[t], times.begin[t + 1], ranked);
    if (ranked.size() < std::max<std::size_t>(options.min_symbols, 2)) continue;
    const auto start =
        static_cast<std::size_t>((times.time_ms[t] / rows.interval.ms()) % static_cast<std::int64_t>(starts));
    if (open[start] && times.time_ms[t] - last_time[start] != period_ms) {  // a gap: the old book was closed in time
      out.weight_change.value[last_entry[start]] += change(books[start], nothing);
      books[start] = nothing;
    }
    Book book = rebalanced(ranked, books[start], options);
    double gross = 0;
    for (const auto& entry : ranked) gross += book[entry.symbol] * std::expm1(static_cast<double>(entry.came));
    out.gross_return.time_ms.push_back(times.time_ms[t]);
    out.gross_return.value.push_back(gross);
    out.weight_change.value.push_back(change(book, books[start]));
    start_of_entry.push_back(start);
    if (options.keep_weights)
      for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i)
        out.weight[i] = static_cast<float>(book[rows.symbol[i]]);
    books[start] = std::move(book);
    last_time[start] = times.time_ms[t];
    last_entry[start] = out.gross_return.size() - 1;
    open[start] = true;
  }
  for (std::size_t s = 0; s < starts; ++s)
    if (open[s]) out.weight_change.value[last_entry[s]] += change(books[s], nothing);
  out.weight_change.time_ms = out.gross_return.time_ms;

  out.rebalances = out.gross_return.size();
  const double periods_per_year = bars_per_year(rows.interval) / static_cast<double>(starts);
  const auto sharpe = [&](std::span<const double> returns) {
    return mean_sharpe(returns, start_of_entry, starts, periods_per_year);
  };
  const double weight_change = mean_of(out.weight_change.value);
  out.gross_bps = mean_of(out.gross_return.value) * 1e4;
  out.sharpe_gross = sharpe(out.gross_return.value);
  out.turnover = weight_change / 4;
  if (weight_change > 0) out.break_even_cost_bps = std::max(0.0, out.gross_bps / weight_change);
  for (const double cost_bps : options.cost_levels_bps) {
    const auto net = net_returns(out, cost_bps);
    out.by_cost.push_back({cost_bps, mean_of(net.value) * 1e4, sharpe(net.value)});
  }
  return out;
}

TimedSeries net_returns(const LongShortResult& result, double cost_bps) {
  TimedSeries net = result.gross_return;
  for (std::size_t k = 0; k < net.size(); ++k) net.value[k] -= cost_bps / 1e4 * result.weight_change.value[k];
  return net;
}

}  // namespace clm
