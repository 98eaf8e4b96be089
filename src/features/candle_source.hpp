#pragma once
#include <vector>

#include "base/result.hpp"
#include "market/candle.hpp"
#include "market/candle_store.hpp"

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

/// Series of the candle store. Borrows the store.
class StoreCandleSource final : public CandleSource {
 public:
  /// The symbols of `venue` and `interval` that are stored, or of those the ones named in `only`. Errors as
  /// CandleStore::list; `features.no_candles` (data) if that leaves none, or a named symbol is not stored.
  static Result<StoreCandleSource> open(const CandleStore& store, const Venue& venue, Interval interval,
                                        const std::vector<Symbol>& only = {});
  /// Exactly these series, ascending without repetition (contract); a bar that closes after `as_of` is not loaded.
  StoreCandleSource(const CandleStore& store, Venue venue, Interval interval, std::vector<Symbol> symbols,
                    Timestamp as_of = Timestamp::max());

  Venue venue() const override { return venue_; }
  Interval interval() const override { return interval_; }
  const std::vector<Symbol>& symbols() const override { return symbols_; }
  Result<CandleSeries> load(std::size_t i) const override;

 private:
  const CandleStore* store_;
  Venue venue_;
  Interval interval_;
  std::vector<Symbol> symbols_;
  Timestamp as_of_;
};

}  // namespace clm
