#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "evaluation/drift/trend_detector.hpp"
#include "evaluation/drift/volatility_states.hpp"

namespace clm {

/// What is said of a symbol, or of the market, after a bar. `since` counts bars seen, missing ones among them, at the
/// first that the state was said of; 0 while it is unknown.
struct Regime {
  VolatilityRegime volatility = VolatilityRegime::unknown;
  TrendRegime trend = TrendRegime::unknown;
  std::uint64_t volatility_since = 0, trend_since = 0;
  friend bool operator==(const Regime&, const Regime&) = default;
};

/// The regime of a symbol, or of the market (`market_return`), bar by bar: `VolatilityStates` and `TrendDetector`
/// beside each other, at their defaults. What it says of a bar was known at its close. Copyable; deterministic; not
/// thread-safe. Memory: 22 KiB of hours. Cost: some 80 ns a bar of an hour.
class RegimeDetector {
 public:
  /// `day_bars` >= 1: bars of a day.
  explicit RegimeDetector(std::size_t day_bars);

  /// The log return of the next bar; NaN: missing.
  const Regime& update(double bar_return);
  const Regime& regime() const { return now_; }
  /// The last states that have lasted three days; unknown until one has.
  const Regime& sustained() const { return sustained_; }
  static constexpr std::size_t kSustainDays = 3;

  const VolatilityStates& volatility() const { return volatility_; }
  const TrendDetector& trend() const { return trend_; }
  std::uint64_t bars() const { return bars_; }
  std::size_t day_bars() const { return day_bars_; }

 private:
  std::size_t day_bars_;
  VolatilityStates volatility_;
  TrendDetector trend_;
  std::uint64_t bars_ = 0;  ///< seen in all
  Regime now_, sustained_;
};

/// The market's bar return: the mean of what is known of the symbols'; NaN where nothing is.
double market_return(std::span<const double> symbol_returns);

}  // namespace clm
