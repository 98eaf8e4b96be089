#pragma once
#include <memory>
#include <span>
#include <vector>

#include "features/feature_set.hpp"

namespace clm {

/// Everything that is advanced bar by bar for one symbol. Both the batch engine and LiveFeatures consist of these,
/// which is why they agree to the bit. Not thread-safe; different symbols are independent.
class SymbolPipeline {
 public:
  SymbolPipeline(const FeatureSet& set, Interval interval, ContextCursor context);

  /// Feeds candles in order. Writes the symbol columns of row i to `rows + i * stride` (all NaN for an unusable
  /// candle) and the log return of candle i to `returns[i]`.
  void advance_symbol(std::span<const Candle> candles, float* rows, std::size_t stride, double* returns);
  /// Feeds the same bars again with the market's return and writes the market columns.
  void advance_market(std::span<const MarketBar> bars, float* rows, std::size_t stride);
  ContextCursor& context() { return context_; }

 private:
  void flush(float* first_row, std::size_t stride);

  struct SymbolGroupStream {
    std::size_t first_column, width;
    std::unique_ptr<SymbolStream> stream;
  };
  struct MarketGroupStream {
    std::size_t first_column, width;
    std::unique_ptr<MarketStream> stream;
  };
  BarReader reader_;
  ContextCursor context_;
  std::vector<SymbolGroupStream> symbol_streams_;
  std::vector<MarketGroupStream> market_streams_;
  std::vector<Bar> bars_;
};

/// Bars that are worked on together: as many as keep their bars and rows in the first caches.
inline constexpr std::size_t kBlockBars = 64;

/// The mean of the returns that are there, in the order given; NaN if fewer than two are.
class MarketMean {
 public:
  void add(double own_return) {
    if (own_return != own_return) return;
    sum_ += own_return;
    ++count_;
  }
  double value() const { return count_ >= 2 ? sum_ / count_ : kMissing; }

 private:
  double sum_ = 0.0;
  int count_ = 0;
};

}  // namespace clm
