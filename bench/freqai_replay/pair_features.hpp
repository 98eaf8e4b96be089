#pragma once
#include <cstddef>

#include "features/engine/feature_frame.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {

/// What freqtrade's test strategy computes of one symbol: RSI, MFI and ADX over 10 and 20 bars, change of the close,
/// volume and close; the same one and two bars earlier; weekday (0 = Monday) and hour of the bar's open. 29 columns.
/// Raw prices and volumes are FreqAI's choice, not ours: they are in no set of the engine.
FeatureSet freqai_feature_set();

/// Columns of a pair: 27 of its own, the same 27 of the other symbol, weekday and hour.
inline constexpr std::size_t kPairColumns = 56;

/// The rows of a pair with the other symbol's features beside its own, joined on the bar's open time; NaN where the
/// other has no such bar. `both` is a frame of `freqai_feature_set` over two symbols.
FeatureFrame join_pair(const FeatureFrame& both, std::size_t own, std::size_t other);

}  // namespace clm
