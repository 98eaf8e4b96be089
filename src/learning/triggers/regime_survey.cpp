#include "learning/triggers/regime_survey.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/contract.hpp"
#include "base/parallel.hpp"
#include "learning/options/hours.hpp"
#include "learning/triggers/trigger_regime.hpp"

namespace clm {
namespace {

/// Whole days, the last of which ends now.
std::size_t bars_looked_at(Interval interval) {
  const std::int64_t day_bars = std::max<std::int64_t>(kDayMs / interval.ms(), 1);
  const std::int64_t span_ms = std::max(day_bars * interval.ms(), kDayMs);
  const auto days = static_cast<std::int64_t>(kRegimeYears * kDaysAYear * static_cast<double>(kDayMs)) / span_ms;
  return static_cast<std::size_t>(days * day_bars);
}

Timestamp first_close_of(Timestamp last_close, Interval interval, std::size_t bars) {
  return Timestamp(last_close.ms() - static_cast<std::int64_t>(bars - 1) * interval.ms());
}

StandingRegime standing(std::string symbol, std::span<const double> returns, Timestamp first_close, Interval interval) {
  StandingRegime out;
  out.symbol = std::move(symbol);
  const auto model = fit_regimes(returns, interval);
  if (!model) {
    out.why_unknown = model.error().message;
    return out;
  }
  RegimeDetector detector(*model);
  for (const double r : returns) detector.update(r);
  const Regime& regime = detector.regime();
  // So many bars had been seen at the end of the first window.
  const auto began = [&](std::uint64_t since) {
    const auto bar = static_cast<std::int64_t>(since) - static_cast<std::int64_t>(model->options.window_bars);
    return Timestamp(first_close.ms() + (bar - 1) * interval.ms());
  };
  out.volatility = regime.volatility;
  out.trend = regime.trend;
  if (out.volatility != VolatilityRegime::unknown) out.volatility_since = began(regime.volatility_since);
  if (out.trend != TrendRegime::unknown) out.trend_since = began(regime.trend_since);
  out.volatility_probability = detector.volatility_probability();
  out.trend_probability = detector.trend_probability();
  return out;
}

std::vector<double> returns_of(const CandleSeries& series, Timestamp first_close, std::size_t bars) {
  std::vector<std::int64_t> open_time_ms;
  std::vector<double> log_close;
  // One more: the first bar's return is from the close before.
  const Timestamp from = first_close - series.key.interval.length() - series.key.interval.length();
  for (const Candle& candle : series.candles) {
    if (candle.open_time < from || !(candle.close > 0)) continue;
    open_time_ms.push_back(candle.open_time.ms());
    log_close.push_back(std::log(candle.close));
  }
  return returns_on_grid(open_time_ms, log_close, first_close, series.key.interval, bars);
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

Result<RegimeSurvey> survey_regimes(const CandleSource& candles, Timestamp as_of, const RunContext& run) {
  const Interval interval = candles.interval();
  const std::size_t bars = bars_looked_at(interval);
  const Timestamp first_close = first_close_of(as_of, interval, bars);
  const std::size_t count = candles.symbols().size();
  std::vector<std::vector<double>> returns(count);
  std::vector<Status> failures(count);
  RegimeSurvey survey;
  survey.symbols.resize(count);
  run.progress.begin("regimes", count);
  parallel_for(run.jobs, count, [&](std::size_t i) {
    if (run.cancel.requested()) return;
    const auto series = candles.load(i);
    if (!series) {
      failures[i] = forward_error(series);
      return;
    }
    returns[i] = returns_of(*series, first_close, bars);
    survey.symbols[i] = standing(candles.symbols()[i].str(), returns[i], first_close, interval);
    run.progress.advance();
  });
  if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
  for (const Status& failure : failures)
    if (!failure) return forward_error(failure);
  std::vector<double> market(bars), together(count);
  for (std::size_t bar = 0; bar < bars; ++bar) {
    for (std::size_t i = 0; i < count; ++i) together[i] = returns[i][bar];
    market[bar] = market_return(together);
  }
  survey.market = standing({}, market, first_close, interval);
  run.progress.end();
  return survey;
}

ShiftedSymbols count_shifted(const BarHistory& bars, Interval interval, Timestamp data_end, Timestamp now) {
  expects(data_end <= now, "the data ended before now");
  const std::size_t before = bars_looked_at(interval);
  const auto after = static_cast<std::size_t>((now - data_end) / interval.length());
  const Timestamp first_close = first_close_of(data_end, interval, before);
  ShiftedSymbols out;
  for (std::size_t symbol = 0; symbol < bars.symbols(); ++symbol) {
    const auto times = bars.open_times_of(symbol);
    const auto returns =
        returns_on_grid(times, std::span(bars.log_close).subspan(bars.symbol_begin[symbol], times.size()), first_close,
                        interval, before + after);
    const auto model = fit_regimes(std::span(returns).first(before), interval);
    if (!model) continue;
    ++out.known;
    out.shifted += check_regime(*model, returns, before).shifted() ? 1U : 0U;
  }
  return out;
}

}  // namespace clm
