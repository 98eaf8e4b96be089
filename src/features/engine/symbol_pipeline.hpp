#pragma once
#include <memory>
#include <span>
#include <vector>

#include "features/sets/block_kernel.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {

/// What the universe phase needs of a symbol's bar once its candle is gone.
struct BarRecord {
  float log_return = 0.0F;    ///< NaN: no return
  float quote_volume = 0.0F;  ///< close times volume; NaN: not known
  float return_rank = 0.0F;   ///< of log_return in the universe, filled in between the phases
  bool usable = false;        ///< false: the candle cannot be used
  bool starts_stream = false;
};

/// Everything that is advanced bar by bar for one symbol. Both the batch engine and LiveFeatures consist of these,
/// which is why they agree to the bit. Not thread-safe; different symbols are independent.
class SymbolPipeline {
 public:
  SymbolPipeline(const FeatureSet& set, Interval interval, ContextCursor context);

  /// Feeds candles in order. Writes the symbol columns of row i to `rows + i * stride` (all NaN for an unusable
  /// candle) and what is to be remembered of candle i to `records[i]`.
  void advance_symbol(std::span<const Candle> candles, float* rows, std::size_t stride, BarRecord* records);
  /// Feeds the same bars again beside the universe's numbers and writes the market columns, likewise.
  void advance_market(std::span<const UniverseBar> bars, float* rows, std::size_t stride);
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

/// The bar of the universe phase that `record` and the numbers of its time make.
UniverseBar universe_bar(Timestamp open_time, Duration length, const BarRecord& record, double market_return,
                         double dispersion);

}  // namespace clm
