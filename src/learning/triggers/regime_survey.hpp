#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "evaluation/drift/regime_detector.hpp"
#include "features/inputs/bar_history.hpp"
#include "features/inputs/candle_source.hpp"

namespace clm {

/// Where a symbol, or the market, stands.
struct StandingRegime {
  std::string symbol;  ///< empty: the market
  VolatilityRegime volatility = VolatilityRegime::unknown;
  TrendRegime trend = TrendRegime::unknown;
  /// Close of the first bar of which the state was said; none while it is unknown.
  std::optional<Timestamp> volatility_since, trend_since;
  std::optional<Timestamp> trend_began;  ///< of a trend: close of the bar before its first, by the detector's estimate
  double times_usual = kMissing;         ///< `VolatilityStates::times_usual`
  double trend_evidence = kMissing;      ///< `TrendDetector::evidence`; NaN while the trend is unknown
  std::string why_unknown;               ///< why volatility is; empty: it is known
};

struct RegimeSurvey {
  StandingRegime market;
  std::vector<StandingRegime> symbols;  ///< in the source's order
};

/// The regimes of all symbols and of the market (the mean of their returns) at the close `as_of`, from the bars of the
/// `kRegimeYears` before; nothing later is looked at. Errors: those of the source. Cost: some 1 ms a symbol of two
/// years of hours. Memory: 8 bytes a symbol and bar.
Result<RegimeSurvey> survey_regimes(const CandleSource& candles, Timestamp as_of, const RunContext& run);

/// A state and the closes between which it was said: of [from, to).
struct VolatilityStretch {
  VolatilityRegime state = VolatilityRegime::unknown;
  Timestamp from, to;
};
struct TrendStretch {
  TrendRegime state = TrendRegime::unknown;
  Timestamp from, to;
  Timestamp began;  ///< of a trend: `StandingRegime::trend_began`, as it was estimated when the trend was seen
};

/// What was said of a symbol or the market, bar by bar, each as it was known at that bar.
struct RegimeHistory {
  std::string symbol;  ///< empty: the market
  Timestamp first_close;
  std::vector<double> price;  ///< closes from `first_close` on, NaN where missing; of the market an index, 100 at first
  std::vector<VolatilityStretch> volatility;  ///< ascending, without gaps; the last one ends after the last bar
  std::vector<TrendStretch> trend;            ///< likewise
};

/// Of the market and then of each of `symbols`, as `survey_regimes` says it: the last stretches are its states. Errors:
/// those of the source; `regimes.unknown_symbol` (usage).
Result<std::vector<RegimeHistory>> trace_regimes(const CandleSource& candles, Timestamp as_of,
                                                 const std::vector<std::string>& symbols, const RunContext& run);

/// Bar returns of one symbol up to a close: of bars that follow one another, NaN where missing.
struct BarReturns {
  Timestamp first_close;
  std::vector<double> log_return;
};
/// Of every symbol, as the survey reads them.
Result<std::vector<BarReturns>> returns_of_symbols(const CandleSource& candles, Timestamp as_of, const RunContext& run);

/// Symbols whose regime has shifted by itself (`RegimeWatch`) between two moments.
struct ShiftedSymbols {
  std::size_t shifted = 0;
  std::size_t known = 0;  ///< of so many whose volatility was known at `data_end`
};
/// `data_end` and `now` are closes. Cost: some 1 ms a symbol.
ShiftedSymbols count_shifted(const BarHistory& bars, Interval interval, Timestamp data_end, Timestamp now);

/// Log returns from close to close of one symbol over `bars` bars that follow one another, the first closing at
/// `first_close`: NaN where the bar or the one before it is missing. `open_time_ms` ascending, `log_close` beside it.
std::vector<double> returns_on_grid(std::span<const std::int64_t> open_time_ms, std::span<const double> log_close,
                                    Timestamp first_close, Interval interval, std::size_t bars);

}  // namespace clm
