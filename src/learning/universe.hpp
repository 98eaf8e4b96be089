#pragma once
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "features/candle_source.hpp"
#include "learning/learning_options.hpp"
#include "market/candle_store.hpp"

namespace clm {

/// The symbols of one venue and interval as known at one moment, with what cannot be learned from cut out
/// (usable_candles.hpp). A symbol belongs to it whatever its condition as a whole: to leave one out for what became of
/// it later would be survivorship bias, and would change earlier cross-sections. Borrows the store; thread-safe.
class StoredUniverse final : public CandleSource {
 public:
  /// `latest`: nothing known later is read. Errors: `universe.empty` (data: nothing stored), `universe.ambiguous`
  /// (usage: several venues or intervals and none chosen), `universe.unknown_symbol` (usage); those of the store.
  static Result<std::unique_ptr<StoredUniverse>> open(const CandleStore& store, const UniverseOptions& options,
                                                      Timestamp latest);

  Venue venue() const override { return venue_; }
  Interval interval() const override { return interval_; }
  const std::vector<Symbol>& symbols() const override { return symbols_; }
  Result<CandleSeries> load(std::size_t i) const override;

  /// Stored bars of all symbols that closed after `time` and until `as_of`, those that cannot be learned from included.
  /// Reads the files of that time alone.
  Result<std::int64_t> bars_since(Timestamp time) const;

  /// When the newest bar closed that was known at `latest`: what counts as now.
  Timestamp as_of() const { return as_of_; }
  /// Close of the newest bar that was met while looking for that one: later than `latest` where bars are stored that
  /// had not closed by then. Of symbols beyond the first that is up to date nothing is asked.
  Timestamp newest_met() const { return newest_met_; }

 private:
  StoredUniverse(const CandleStore& store, const UniverseOptions& options, const SeriesKey& series)
      : store_(&store), options_(options), venue_(series.venue), interval_(series.interval) {}
  Result<Timestamp> newest_close(Timestamp latest);

  const CandleStore* store_;
  UniverseOptions options_;
  Venue venue_;
  Interval interval_;
  std::vector<Symbol> symbols_;
  Timestamp as_of_ = Timestamp::max();
  Timestamp newest_met_ = Timestamp::min();
};

}  // namespace clm
