#include "learning/triggers/regime_survey.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/contract.hpp"
#include "base/parallel.hpp"
#include "learning/triggers/trigger_regime.hpp"

namespace clm {
namespace {

/// Bars from a symbol's first on, or the newest that are looked at, up to and with the one that closes at `last_close`.
std::size_t bars_until(Timestamp first_open, Timestamp last_close, Interval interval) {
  const std::int64_t all = (last_close - first_open).count() / interval.ms();
  return std::min(static_cast<std::size_t>(std::max<std::int64_t>(all, 0)), regime_bars(interval));
}

Timestamp first_close_of(Timestamp last_close, Interval interval, std::size_t bars) {
  return Timestamp(last_close.ms() - (static_cast<std::int64_t>(bars) - 1) * interval.ms());
}

/// Closes of the bars that were seen, told by how many.
struct Closes {
  Timestamp first;
  Interval interval;
  Timestamp of(std::uint64_t seen) const {
    return Timestamp(first.ms() + (static_cast<std::int64_t>(seen) - 1) * interval.ms());
  }
};

StandingRegime standing(std::string symbol, const BarReturns& returns, Interval interval) {
  StandingRegime out;
  out.symbol = std::move(symbol);
  RegimeDetector detector(bars_of_a_day(interval));
  std::uint64_t began = 0;
  TrendRegime before = TrendRegime::unknown;
  for (const double r : returns.log_return) {
    const Regime& now = detector.update(r);
    if (now.trend != before) began = detector.bars() - detector.trend().bars_since_began();
    before = now.trend;
  }
  const Closes close{returns.first_close, interval};
  const Regime& regime = detector.regime();
  out.volatility = regime.volatility;
  out.trend = regime.trend;
  out.why_unknown = why_unknown(detector);
  out.times_usual = detector.volatility().times_usual();
  if (out.volatility != VolatilityRegime::unknown) out.volatility_since = close.of(regime.volatility_since);
  if (out.trend == TrendRegime::unknown) return out;
  out.trend_since = close.of(regime.trend_since);
  out.trend_evidence = detector.trend().evidence();
  if (out.trend != TrendRegime::flat) out.trend_began = close.of(began);
  return out;
}

/// Ends the newest stretch and begins the next one.
template <typename Stretch>
void go_over(std::vector<Stretch>& stretches, Stretch next) {
  if (!stretches.empty()) stretches.back().to = next.from;
  stretches.push_back(next);
}

RegimeHistory history_of(std::string symbol, const BarReturns& returns, Interval interval) {
  RegimeHistory out;
  out.symbol = std::move(symbol);
  out.first_close = returns.first_close;
  const Closes close{returns.first_close, interval};
  RegimeDetector detector(bars_of_a_day(interval));
  Regime before;
  for (const double r : returns.log_return) {
    const Regime& now = detector.update(r);
    const Timestamp at = close.of(detector.bars());
    if (out.volatility.empty() || now.volatility != before.volatility)
      go_over(out.volatility, {now.volatility, at, at});
    if (out.trend.empty() || now.trend != before.trend)
      go_over(out.trend, {now.trend, at, at, close.of(detector.bars() - detector.trend().bars_since_began())});
    before = now;
  }
  const Timestamp end = close.of(detector.bars() + 1);
  if (!out.volatility.empty()) out.volatility.back().to = end;
  if (!out.trend.empty()) out.trend.back().to = end;
  return out;
}

BarReturns returns_of(const CandleSeries& series, Timestamp last_close) {
  std::vector<std::int64_t> open_time_ms;
  std::vector<double> log_close;
  for (const Candle& candle : series.candles) {
    if (!(candle.close > 0)) continue;
    open_time_ms.push_back(candle.open_time.ms());
    log_close.push_back(std::log(candle.close));
  }
  if (open_time_ms.empty()) return {last_close + series.key.interval.length(), {}};
  const Interval interval = series.key.interval;
  const std::size_t bars = bars_until(Timestamp(open_time_ms.front()), last_close, interval);
  const Timestamp first_close = first_close_of(last_close, interval, bars);
  return {first_close, returns_on_grid(open_time_ms, log_close, first_close, interval, bars)};
}

/// Of bars that all end at one close.
BarReturns market_of(const std::vector<BarReturns>& symbols, Timestamp last_close, Interval interval) {
  std::size_t bars = 0;
  for (const BarReturns& one : symbols) bars = std::max(bars, one.log_return.size());
  BarReturns market{first_close_of(last_close, interval, bars), std::vector<double>(bars)};
  std::vector<double> together(symbols.size());
  for (std::size_t bar = 0; bar < bars; ++bar) {
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const std::vector<double>& own = symbols[i].log_return;
      const std::size_t later = bars - own.size();  // that it begins after the market
      together[i] = bar < later ? kMissing : own[bar - later];
    }
    market.log_return[bar] = market_return(together);
  }
  return market;
}

std::vector<double> closes_of(const CandleSeries& series, const BarReturns& returns) {
  std::vector<double> out(returns.log_return.size(), kMissing);
  const std::int64_t length_ms = series.key.interval.ms();
  for (const Candle& candle : series.candles) {
    const std::int64_t since_ms = candle.open_time.ms() + length_ms - returns.first_close.ms();
    if (since_ms < 0 || !(candle.close > 0)) continue;
    const auto bar = static_cast<std::size_t>(since_ms / length_ms);
    if (bar >= out.size()) break;
    out[bar] = candle.close;
  }
  return out;
}

/// 100 before the first return that is known; NaN where none is.
std::vector<double> index_of(const std::vector<double>& log_return) {
  std::vector<double> out;
  double level = std::log(100.0);
  for (const double r : log_return) {
    if (std::isfinite(r)) level += r;
    out.push_back(std::isfinite(r) ? std::exp(level) : kMissing);
  }
  return out;
}

}  // namespace

std::vector<double> returns_on_grid(std::span<const std::int64_t> open_time_ms, std::span<const double> log_close,
                                    Timestamp first_close, Interval interval, std::size_t bars) {
  expects(open_time_ms.size() == log_close.size(), "a bar has a time and a close");
  std::vector<double> returns(bars, kMissing);
  const std::int64_t length_ms = interval.ms(), first_open_ms = first_close.ms() - length_ms;
  const auto begin = std::lower_bound(open_time_ms.begin(), open_time_ms.end(), first_open_ms);
  for (auto i = static_cast<std::size_t>(begin - open_time_ms.begin()); i < open_time_ms.size(); ++i) {
    const auto bar = static_cast<std::size_t>((open_time_ms[i] - first_open_ms) / length_ms);
    if (bar >= bars) break;
    if (i > 0 && open_time_ms[i] - open_time_ms[i - 1] == length_ms) returns[bar] = log_close[i] - log_close[i - 1];
  }
  return returns;
}

Result<std::vector<BarReturns>> returns_of_symbols(const CandleSource& candles, Timestamp as_of,
                                                   const RunContext& run) {
  const std::size_t count = candles.symbols().size();
  std::vector<BarReturns> returns(count);
  std::vector<Status> failures(count);
  run.progress.begin("reading candles", count);
  parallel_for(run.jobs, count, [&](std::size_t i) {
    if (run.cancel.requested()) return;
    const auto series = candles.load(i);
    if (series)
      returns[i] = returns_of(*series, as_of);
    else
      failures[i] = forward_error(series);
    run.progress.advance();
  });
  if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
  for (const Status& failure : failures)
    if (!failure) return forward_error(failure);
  run.progress.end();
  return returns;
}

Result<RegimeSurvey> survey_regimes(const CandleSource& candles, Timestamp as_of, const RunContext& run) {
  const auto returns = returns_of_symbols(candles, as_of, run);
  if (!returns) return forward_error(returns);
  const Interval interval = candles.interval();
  RegimeSurvey survey;
  survey.symbols.resize(returns->size());
  parallel_for(run.jobs, returns->size(), [&](std::size_t i) {
    survey.symbols[i] = standing(candles.symbols()[i].str(), (*returns)[i], interval);
  });
  survey.market = standing({}, market_of(*returns, as_of, interval), interval);
  return survey;
}

Result<std::vector<RegimeHistory>> trace_regimes(const CandleSource& candles, Timestamp as_of,
                                                 const std::vector<std::string>& symbols, const RunContext& run) {
  std::vector<std::size_t> asked;
  for (const std::string& name : symbols) {
    const auto& known = candles.symbols();
    const auto found = std::find_if(known.begin(), known.end(), [&](const Symbol& one) { return one.str() == name; });
    if (found == known.end())
      return fail(ErrorKind::usage, "regimes.unknown_symbol", "no usable candles of \"" + name + "\" are stored", name,
                  "clm data lists the symbols.");
    asked.push_back(static_cast<std::size_t>(found - known.begin()));
  }
  const auto returns = returns_of_symbols(candles, as_of, run);
  if (!returns) return forward_error(returns);
  const BarReturns market = market_of(*returns, as_of, candles.interval());
  std::vector<RegimeHistory> out{history_of({}, market, candles.interval())};
  out.front().price = index_of(market.log_return);
  for (const std::size_t i : asked) {
    const auto series = candles.load(i);
    if (!series) return forward_error(series);
    out.push_back(history_of(candles.symbols()[i].str(), (*returns)[i], candles.interval()));
    out.back().price = closes_of(*series, (*returns)[i]);
  }
  return out;
}

ShiftedSymbols count_shifted(const BarHistory& bars, Interval interval, Timestamp data_end, Timestamp now) {
  expects(data_end <= now, "the data ended before now");
  const auto after = static_cast<std::size_t>((now - data_end) / interval.length());
  ShiftedSymbols out;
  for (std::size_t symbol = 0; symbol < bars.symbols(); ++symbol) {
    const auto times = bars.open_times_of(symbol);
    if (times.empty()) continue;
    const std::size_t before = bars_until(Timestamp(times.front()), data_end, interval);
    const auto returns =
        returns_on_grid(times, std::span(bars.log_close).subspan(bars.symbol_begin[symbol], times.size()),
                        first_close_of(data_end, interval, before), interval, before + after);
    const std::span<const double> all(returns);
    RegimeWatch watch(all.first(before), interval);
    watch.add(all.subspan(before));
    const RegimeFinding finding = watch.finding();
    if (finding.then.volatility == VolatilityRegime::unknown) continue;
    ++out.known;
    out.shifted += finding.shifted() ? 1U : 0U;
  }
  return out;
}

}  // namespace clm
