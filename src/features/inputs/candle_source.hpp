#pragma once
#include <vector>

#include "base/result.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// Where the engine gets candles from: one symbol at a time, so that a universe need not fit in memory.
class CandleSource {
 public:
  virtual ~CandleSource() = default;
  virtual Venue venue() const = 0;
  virtual Interval interval() const = 0;
  /// Ascending, without repetition.
  virtual const std::vector<Symbol>& symbols() const = 0;
  /// All bars of `symbols()[i]`, from the beginning of what is stored. Safe to call from several threads.
  virtual Result<CandleSeries> load(std::size_t i) const = 0;
};

/// Series that are in memory already: simulated ones, tests.
class MemoryCandleSource final : public CandleSource {
 public:
  /// Sorts the series by symbol. All must be of one venue and interval, symbols distinct (contract).
  explicit MemoryCandleSource(std::vector<CandleSeries> series);

  Venue venue() const override { return venue_; }
  Interval interval() const override { return interval_; }
  const std::vector<Symbol>& symbols() const override { return symbols_; }
  Result<CandleSeries> load(std::size_t i) const override { return series_[i]; }

 private:
  std::vector<CandleSeries> series_;
  std::vector<Symbol> symbols_;
  Venue venue_;
  Interval interval_;
};

}  // namespace clm
