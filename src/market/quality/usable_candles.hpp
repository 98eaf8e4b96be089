#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "market/series/candle.hpp"

namespace clm {

/// Why a stored bar is not learned from.
enum class LeftOut {
  impossible,  ///< prices not finite, not positive, high or low not enclosing open and close; a negative volume
  no_trade,    ///< it ends a run of at least `min_frozen_bars` bars without a trade
  one_price,   ///< it ends such a run at one and the same price
  future       ///< its bar has not closed: the clock or the file is wrong
};
/// In words: "impossible prices", "no trade", "one price", "in the future".
std::string_view to_string(LeftOut reason);

/// The rows left out for one reason.
struct LeftOutRows {
  LeftOut reason = LeftOut::impossible;
  std::int64_t rows = 0;
  TimeRange range;  ///< open of the first of them .. close of the last; others may lie between
};

/// Which rows of a series are learned from.
struct CandleUse {
  std::int64_t used_rows = 0;
  std::vector<LeftOutRows> left_out;  ///< by reason, in the order of LeftOut; those that occur
  std::vector<TimeRange> unusable;    ///< stretches of rows left out, ascending and disjoint
};

/// The one rule about which bars may be learned from: usable_candles() keeps the bars that use_of() counts as used.
/// Each is decided from what was known at its close, so that later candles change no earlier bar. (The findings of
/// data_quality.hpp look back instead and name a frozen stretch from its first bar.) `now`: bars that close later are
/// in the future. Cost: O(bars).
CandleUse use_of(const CandleSeries& series, std::int64_t min_frozen_bars, Timestamp now = Timestamp::max());

/// The bars of a series that may be learned from; the others become gaps.
CandleSeries usable_candles(CandleSeries series, std::int64_t min_frozen_bars, Timestamp now = Timestamp::max());

}  // namespace clm
