#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "learning/data/market_tape.hpp"

namespace clm {

/// What the universe looked like at each bar of a tape: every feature's mean over the symbols, and the market's return.
/// Made bar by bar when first asked, then kept: a long history that is never looked at costs nothing. Borrows the tape,
/// whose frame must have its bars (contract, for `market_returns`). Not thread-safe. Memory: 4 bytes a bar and feature.
class BarMeans {
 public:
  explicit BarMeans(const MarketTape& tape);

  /// Of [first, end): a row of means per bar, one per feature, NaN where no symbol has a value. Valid until destroyed.
  /// Cost of a bar not asked before: symbols x features.
  std::span<const float> features(std::size_t first, std::size_t end);
  /// Mean log return from close to close of the symbols that have one, per bar of [first, end); NaN where none has.
  std::span<const double> market_returns(std::size_t first, std::size_t end);

 private:
  void fill(std::size_t bar);
  void fill_returns();

  const MarketTape& tape_;
  std::size_t columns_;
  std::vector<float> means_;
  std::vector<char> filled_;
  std::vector<double> returns_;
};

}  // namespace clm
