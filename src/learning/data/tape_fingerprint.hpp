#pragma once
#include <string>

#include "learning/data/market_tape.hpp"

namespace clm {

/// SHA-256, 64 hex digits, of everything in a tape that a life cycle can see: symbols, closes, features, labels,
/// returns, volatilities, and the bars that networks read. Another tape in one bit has another. Cost: 2 ns a byte, 1.5
/// s for 60 symbols of 24,000 bars and 125 features.
std::string tape_fingerprint(const MarketTape& tape);

}  // namespace clm
