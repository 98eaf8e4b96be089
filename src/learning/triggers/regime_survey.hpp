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
  /// When the first day began of those by which the state counts; none while it is unknown.
  std::optional<Timestamp> volatility_since, trend_since;
  double volatility_probability = kMissing;  ///< of that state, by the newest bar; NaN while it is unknown
  double trend_probability = kMissing;
  std::string why_unknown;  ///< why nothing could be learned; empty: it could
};

struct RegimeSurvey {
  StandingRegime market;
  std::vector<StandingRegime> symbols;  ///< in the source's order
};

/// The regimes of all symbols and of the market (the mean of their returns) at the close `as_of`, each learned from its
/// own bars of the `kRegimeYears` before (`fit_regimes`); nothing later is looked at. Errors: those of the source.
/// Cost: some 5 ms a symbol of two years of hours. Memory: 8 bytes a symbol and bar.
Result<RegimeSurvey> survey_regimes(const CandleSource& candles, Timestamp as_of, const RunContext& run);

/// Symbols whose regime has shifted by itself (`check_regime`) between two moments.
struct ShiftedSymbols {
  std::size_t shifted = 0;
  std::size_t known = 0;  ///< of so many that regimes could be learned of, from bars up to `data_end`
};
/// `data_end` and `now` are closes. Cost: some 5 ms a symbol.
ShiftedSymbols count_shifted(const BarHistory& bars, Interval interval, Timestamp data_end, Timestamp now);

/// Log returns from close to close of one symbol over `bars` bars that follow one another, the first closing at
/// `first_close`: NaN where the bar or the one before it is missing. `open_time_ms` ascending, `log_close` beside it.
std::vector<double> returns_on_grid(std::span<const std::int64_t> open_time_ms, std::span<const double> log_close,
                                    Timestamp first_close, Interval interval, std::size_t bars);

}  // namespace clm
