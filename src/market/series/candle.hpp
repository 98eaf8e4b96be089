#pragma once
#include <limits>
#include <string>
#include <vector>

#include "base/strong_id.hpp"
#include "base/time.hpp"

namespace clm {

using Symbol = StrongId<struct SymbolTag>;
using Venue = StrongId<struct VenueTag>;

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// One bar. Prices in the quote currency, `volume` in the base currency. It is known at `open_time` + interval and
/// not a moment earlier. Fields that a source does not have are NaN, never 0.
struct Candle {
  Timestamp open_time;
  double open = kMissing, high = kMissing, low = kMissing, close = kMissing, volume = kMissing;
  double quote_volume = kMissing;
  double trades = kMissing;  ///< number of trades
  double taker_buy_volume = kMissing;
  double taker_buy_quote_volume = kMissing;
};

struct SeriesKey {
  Venue venue;
  Symbol symbol;
  Interval interval;
  auto operator<=>(const SeriesKey&) const = default;
};

/// "sim/1h/BTCUSDT"
std::string to_string(const SeriesKey& key);

/// The bars of one symbol, strictly ascending in open time; missing bars are simply not there.
struct CandleSeries {
  SeriesKey key;
  std::vector<Candle> candles;

  Timestamp known_at(std::size_t i) const { return candles[i].open_time + key.interval.length(); }
};

}  // namespace clm
