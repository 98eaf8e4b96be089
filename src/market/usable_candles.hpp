#pragma once
#include <cstdint>

#include "market/candle.hpp"

namespace clm {

/// The bars of a series that may be learned from; the others become gaps. Left out is a bar whose prices cannot be
/// (not finite, not positive, high or low not enclosing open and close, negative volume), and every bar that ends a run
/// of at least `min_frozen_bars` bars without a trade or at one and the same price.
///
/// Decided bar by bar from what was known at that bar's close, so that later candles change no earlier bar. (The report
/// of data_quality.hpp looks back instead and names a frozen stretch from its first bar.) Cost: O(bars).
CandleSeries usable_candles(CandleSeries series, std::int64_t min_frozen_bars);

}  // namespace clm
